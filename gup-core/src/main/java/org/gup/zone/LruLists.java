package org.gup.zone;

import static org.gup.page.PageDescriptor.NEXT_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PREV_OFFSET;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;

/**
 * The LRU lists and their lock. Models {@code struct lruvec} and {@code pgdat->lru_lock}.
 *
 * <pre>
 *    0      4     128     132    136     144
 *   +------+-----+-------+------+-------+-----------+-----+-----+-----+
 *   | lock | pad | first | pad  | pages |  list 1   | ... |  4  | pad |   lists: inactive anon, active anon,
 *   +------+-----+-------+------+-------+-----------+-----+-----+-----+          inactive file, active file, unevictable
 * </pre>
 *
 * <p>A page is on the list that its PG_unevictable, PG_active and PG_swapbacked name, which therefore change only off the
 * lists or here. Counts are in base pages. Threading: everything under the lock but {@link #pages}.
 */
final class LruLists {
    static final int LISTS = 5;
    /** Pages that are not to be reclaimed, whatever else they are. */
    static final int UNEVICTABLE = 4;

    private static final int ACTIVE = 1;
    private static final int FILE = 2;

    static final int LOCK_OFFSET = 0;
    static final int LISTS_OFFSET = 128;
    static final int FIRST_OFFSET = 0;
    static final int PAGES_OFFSET = FIRST_OFFSET + Long.BYTES;
    static final int LIST_LENGTH = PAGES_OFFSET + Long.BYTES;
    /** Bytes of all lists: the next multiple of two cache lines. */
    static final int LENGTH = (LISTS_OFFSET + LISTS * LIST_LENGTH + 127) & -128;

    private final MemMap memMap;
    private final Await await;
    private final long base;

    LruLists(final MemMap memMap, final Await await, final long base) {
        this.memMap = memMap;
        this.await = await;
        this.base = base;
    }

    void lock() {
        SpinLock.lock(base + LOCK_OFFSET, await);
    }

    void unlock() {
        SpinLock.unlock(base + LOCK_OFFSET);
    }

    /** The list that flags name. Models {@code page_lru()}. */
    static int listOf(final int flags) {
        if ((flags & PG_UNEVICTABLE) != 0) {
            return UNEVICTABLE;
        }
        return ((flags & PG_ACTIVE) == 0 ? 0 : ACTIVE) | ((flags & PG_SWAPBACKED) == 0 ? FILE : 0);
    }

    static int listOf(final boolean active, final boolean file) {
        return (active ? ACTIVE : 0) | (file ? FILE : 0);
    }

    long pages(final int list) {
        return Words.longOpaque(list(list) + PAGES_OFFSET);
    }

    long first(final int list) {
        return Words.intOpaque(list(list) + FIRST_OFFSET);
    }

    long next(final long pfn) {
        return PageDescriptor.coldInt(memMap.cold(pfn), NEXT_OFFSET);
    }

    long previous(final long pfn) {
        return PageDescriptor.coldInt(memMap.cold(pfn), PREV_OFFSET);
    }

    /**
     * Puts a page on the list that its flags name, and sets PG_lru. A page that is locked into memory goes to the unevictable
     * list, any other away from there. Models {@code __pagevec_lru_add_fn()}.
     */
    void link(final long pfn) {
        int flags = PageDescriptor.setFlags(memMap.page(pfn), PG_LRU);
        if ((flags & PG_LRU) != 0) {
            throw new IllegalStateException("page is on an LRU list already: pfn=" + pfn);
        }
        if ((flags & (PG_MLOCKED | PG_UNEVICTABLE)) != 0) {
            flags = evictability(memMap.page(pfn), flags);
        }
        final long list = list(listOf(flags));
        final int first = Words.intOpaque(list + FIRST_OFFSET);
        final long cold = memMap.cold(pfn);
        PageDescriptor.coldInt(cold, NEXT_OFFSET, first);
        PageDescriptor.coldInt(cold, PREV_OFFSET, 0);
        if (first != 0) {
            PageDescriptor.coldInt(memMap.cold(first), PREV_OFFSET, (int) pfn);
        }
        Words.intOpaque(list + FIRST_OFFSET, (int) pfn);
        addPages(list, 1L << memMap.compoundOrder(pfn));
    }

    private static int evictability(final long page, final int flags) {
        if ((flags & PG_MLOCKED) == 0) {
            PageDescriptor.clearFlags(page, PG_UNEVICTABLE);
            return flags & ~PG_UNEVICTABLE;
        }
        PageDescriptor.setFlags(page, PG_UNEVICTABLE);
        PageDescriptor.clearFlags(page, PG_ACTIVE);
        return (flags | PG_UNEVICTABLE) & ~PG_ACTIVE;
    }

    /** Takes a page with PG_lru off its list, and clears PG_lru. */
    void unlink(final long pfn) {
        final int flags = PageDescriptor.clearFlags(memMap.page(pfn), PG_LRU);
        final long list = list(listOf(flags));
        final long cold = memMap.cold(pfn);
        final int next = PageDescriptor.coldInt(cold, NEXT_OFFSET);
        final int previous = PageDescriptor.coldInt(cold, PREV_OFFSET);
        if (previous != 0) {
            PageDescriptor.coldInt(memMap.cold(previous), NEXT_OFFSET, next);
        } else if (Words.intOpaque(list + FIRST_OFFSET) == (int) pfn) {
            Words.intOpaque(list + FIRST_OFFSET, next);
        } else {
            throw new IllegalStateException(
                    "PG_unevictable, PG_active or PG_swapbacked changed while on an LRU list: pfn=" + pfn + ", flags=0x"
                            + Integer.toHexString(flags));
        }
        if (next != 0) {
            PageDescriptor.coldInt(memMap.cold(next), PREV_OFFSET, previous);
        }
        PageDescriptor.coldInt(cold, NEXT_OFFSET, 0);
        PageDescriptor.coldInt(cold, PREV_OFFSET, 0);
        addPages(list, -(1L << memMap.compoundOrder(pfn)));
    }

    private void addPages(final long list, final long delta) {
        Words.longOpaque(list + PAGES_OFFSET, Words.longOpaque(list + PAGES_OFFSET) + delta);
    }

    private long list(final int list) {
        return base + LISTS_OFFSET + (long) list * LIST_LENGTH;
    }
}
