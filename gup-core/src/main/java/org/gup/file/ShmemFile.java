package org.gup.file;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UPTODATE;

import org.gup.page.PageDescriptor;
import org.gup.page.Pageblock;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.SwapArea;

/**
 * Memory that files and shared anonymous mappings are made of: tmpfs, memfd, {@code MAP_SHARED | MAP_ANONYMOUS}. Its pages
 * are zero when first used, count as anonymous for the LRU, and go to swap. Models mm/shmem.c, v5.2.
 *
 * <p>With huge pages, a page that is missing in a 2 MiB range of which nothing is there yet comes as a part of one, as under
 * {@code huge=always}; it may reach beyond the end of the file.
 *
 * <p>Differs: a page on its way to or from swap is not found in the swap cache. Threading: any thread.
 */
public final class ShmemFile extends CachedFile {
    private final boolean hugePages;

    /**
     * A file full of holes.
     *
     * @param memory where its pages come from
     * @param name for messages
     * @param sizeBytes its size, positive
     */
    public ShmemFile(final PhysicalMemory memory, final String name, final long sizeBytes) {
        this(memory, name, sizeBytes, false);
    }

    /**
     * A file full of holes.
     *
     * @param memory where its pages come from
     * @param name for messages
     * @param sizeBytes its size, positive
     * @param hugePages whether it is made of huge pages where it can be
     */
    public ShmemFile(final PhysicalMemory memory, final String name, final long sizeBytes, final boolean hugePages) {
        super(memory, name, sizeBytes, hugePages ? Pageblock.PAGES : 1);
        this.hugePages = hugePages;
    }

    @Override
    public boolean wantsWriteNotify() {
        return false;
    }

    @Override
    public boolean needsRead(final long index) {
        return slot(index) < EMPTY;
    }

    @Override
    long fillMissing(final Task task, final long index) {
        final int slot = slot(index);
        if (slot > EMPTY) {
            return AGAIN;
        }
        if (slot < EMPTY) {
            return swapIn(task, index, slot);
        }
        final long huge = hugePages ? fillHuge(task, index) : AGAIN;
        return huge != AGAIN ? huge : fillZero(task, index);
    }

    private long fillZero(final Task task, final long index) {
        final long pfn = memory().allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_ZERO, 0);
        return pfn < 0 ? -1 : add(task, index, index, 1, pfn, EMPTY);
    }

    /** A huge page around an index; {@link #AGAIN} if there is none or the range is not empty. */
    private long fillHuge(final Task task, final long index) {
        final long first = index & -Pageblock.PAGES;
        for (int i = 0; i < Pageblock.PAGES; i++) {
            if (slot(first + i) != EMPTY) {
                return AGAIN;
            }
        }
        final long headPfn = memory().allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_ZERO | Gfp.GFP_COMP, Pageblock.ORDER);
        return headPfn < 0 ? AGAIN : add(task, index, first, Pageblock.PAGES, headPfn, EMPTY);
    }

    /** Models {@code shmem_swapin_page()}; the pagevec is drained as {@code swap_cluster_readahead()} drains it. */
    private long swapIn(final Task task, final long index, final int slot) {
        final long pfn = memory().allocPages(task, Gfp.GFP_MOVABLE, 0);
        if (pfn < 0) {
            return -1;
        }
        memory().swap().read(-slot, pfn);
        PageDescriptor.setFlags(memMap().page(pfn), PG_DIRTY);
        final long added = add(task, index, index, 1, pfn, slot);
        if (added >= 0) {
            memory().swap().freeOne(task, -slot);
            memory().lruvec().drainCpu(task.cpu(), task);
            task.counters().add(Counter.PSWPIN, 1);
        }
        return added;
    }

    private long add(
            final Task task,
            final long index,
            final long firstIndex,
            final int nr,
            final long headPfn,
            final int expected) {
        final long head = memMap().page(headPfn);
        PageDescriptor.setFlags(head, PG_SWAPBACKED | PG_UPTODATE);
        if (!insert(firstIndex, nr, headPfn, expected)) {
            memMap().put(task, head, 1);
            return AGAIN;
        }
        memory().lruvec().add(task, headPfn, false);
        return headPfn + (index - firstIndex);
    }

    /** {@inheritDoc} Nothing to do. */
    @Override
    public void prepareWrite(final Task task, final long pfn) {}

    /** A page that write(2) made has PG_referenced from the start; one that was there is marked. Models SGP_WRITE. */
    @Override
    void written(final Task task, final long headPfn) {
        final int flags = PageDescriptor.flagsVolatile(memMap().page(headPfn));
        if ((flags & (PG_DIRTY | PG_REFERENCED)) == 0) {
            PageDescriptor.setFlags(memMap().page(headPfn), PG_REFERENCED);
        } else {
            memory().lruvec().markAccessed(task, headPfn);
        }
    }

    /**
     * Moves a page to swap. The caller has a base page locked and one reference to it, and nothing maps it any more. Models
     * {@code shmem_writepage()} and the freeing of the page that follows.
     *
     * @param task who swaps
     * @param index the page's index
     * @param pfn the page
     * @return whether the file has a swap slot in its place now, and the caller's reference is the last one; false, nothing
     *     changed, without a free slot, or if somebody else holds the page
     */
    public boolean swapOut(final Task task, final long index, final long pfn) {
        final SwapArea swap = memory().swap();
        if (memMap().compoundOrder(memMap().pfn(memMap().head(memMap().page(pfn)))) != 0) {
            return false;
        }
        final long slot = swap.allocateSlot();
        if (slot < 0) {
            return false;
        }
        swap.write(slot, pfn);
        if (!remove(task, index, pfn, cacheReferences(pfn) + 1, (int) -slot)) {
            swap.freeOne(task, slot);
            return false;
        }
        task.counters().add(Counter.PSWPOUT, 1);
        return true;
    }

    /**
     * Where in swap a page is.
     *
     * @param index the page
     * @return a slot; 0 if it is not in swap
     */
    public long swapSlot(final long index) {
        return Math.max(0, -slot(index));
    }

    @Override
    void dropOther(final Task task, final int slot) {
        memory().swap().freeOne(task, -slot);
    }
}
