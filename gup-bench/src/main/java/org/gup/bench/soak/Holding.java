package org.gup.bench.soak;

import org.gup.bench.mutate.SharedSpace;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.zone.PhysicalMemory;

/**
 * Pages that a thread holds, and what must be true of them as long as it does.
 *
 * <p>The first word is the stamp of the page's address, or 0 if the process has not written it yet; never that of another address,
 * and never 0 again. Where the pages may be written, a word of its own in each of them holds a token that nobody else writes: if it
 * changes, the page was given to somebody else, or copied back.
 *
 * <p>Threading: the thread that holds; anybody while all threads pause.
 */
final class Holding {
    private final PhysicalMemory memory;
    private final FrameStore frames;
    private final int tokenOffset;
    private final boolean[] stamped;
    private final SharedSpace space;
    private final int first;
    private final long[] pages;
    private final int count;
    private final boolean written;
    private final int slot;
    private long token;

    /**
     * Pages just got.
     *
     * @param space where from
     * @param first page of its window
     * @param pages the pages; not to be changed while they are held
     * @param count how many of them
     * @param write whether they may be written
     * @param tokenOffset of the holder's own word
     * @param token what it writes there
     * @param slot which of the holder's sets of pages it is
     */
    Holding(
            final SharedSpace space,
            final int first,
            final long[] pages,
            final int count,
            final boolean write,
            final int tokenOffset,
            final long token,
            final int slot) {
        this.memory = space.machine().memory();
        this.frames = memory.frames();
        this.tokenOffset = tokenOffset;
        this.stamped = new boolean[count];
        this.space = space;
        this.first = first;
        this.pages = pages;
        this.count = count;
        this.written = write;
        this.slot = slot;
        this.token = token;
        if (write) {
            write(token);
        }
    }

    private void write(final long value) {
        token = value;
        for (int i = 0; i < count; i++) {
            frames.putLong(pages[i], tokenOffset, value);
        }
    }

    /** Writes another token, as a device that goes on working does. */
    void writeAgain(final long value) {
        if (written) {
            write(value);
        }
    }

    int slot() {
        return slot;
    }

    long[] pages() {
        return pages;
    }

    int count() {
        return count;
    }

    /** Looks at everything. */
    void check() {
        final MemMap memMap = memory.memMap();
        for (int i = 0; i < count; i++) {
            final String page = "held page " + (first + i) + ", pfn " + pages[i];
            final int references = PageRef.countVolatile(memMap.head(memMap.page(pages[i])));
            if (references <= 0) {
                throw new ViolationException(page + ": references expected at least 1, found " + references);
            }
            final long found = frames.getLong(pages[i], 0);
            if (found != 0 || stamped[i]) {
                ViolationException.expect(page + ": first word", space.stampOf(first + i), found);
                stamped[i] = true;
            }
            if (written) {
                ViolationException.expect(page + ": token", token, frames.getLong(pages[i], tokenOffset));
            }
        }
    }
}
