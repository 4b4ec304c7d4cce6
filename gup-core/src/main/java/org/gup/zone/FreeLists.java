package org.gup.zone;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.NEXT_OFFSET;
import static org.gup.page.PageDescriptor.ORDER_OFFSET;
import static org.gup.page.PageDescriptor.PG_BUDDY;
import static org.gup.page.PageDescriptor.PREV_OFFSET;
import static org.gup.zone.ZoneDescriptor.COUNT_OFFSET;
import static org.gup.zone.ZoneDescriptor.FIRST_OFFSET;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;

/**
 * The free blocks of a zone, one doubly linked list for each order and migratetype. Models {@code struct free_area}.
 *
 * <p>The first page of a block carries PG_buddy, the block's order, its neighbours on the list, and, in {@code index}, the
 * migratetype of the list, which unlinking therefore need not guess. The last block added is the first to go.
 *
 * <p>Threading: under the zone's lock, except {@link #count}.
 */
final class FreeLists {
    private final MemMap memMap;
    private final long zone;

    FreeLists(final MemMap memMap, final long zone) {
        this.memMap = memMap;
        this.zone = zone;
    }

    /** Pfn of the first block of a list, 0 if it is empty. */
    long first(final int order, final int migratetype) {
        return Words.intOpaque(ZoneDescriptor.list(zone, order, migratetype) + FIRST_OFFSET);
    }

    /** Pfn of the block after this one on its list, 0 at the end. */
    long next(final long pfn) {
        return PageDescriptor.coldInt(memMap.cold(pfn), NEXT_OFFSET);
    }

    long previous(final long pfn) {
        return PageDescriptor.coldInt(memMap.cold(pfn), PREV_OFFSET);
    }

    int count(final int order, final int migratetype) {
        return Words.intOpaque(ZoneDescriptor.list(zone, order, migratetype) + COUNT_OFFSET);
    }

    /** Whether a page is the first of a free block. Models {@code PageBuddy()}. */
    boolean isBlock(final long pfn) {
        return (PageDescriptor.flagsOpaque(memMap.page(pfn)) & PG_BUDDY) != 0;
    }

    int order(final long blockPfn) {
        return PageDescriptor.coldInt(memMap.cold(blockPfn), ORDER_OFFSET);
    }

    int migratetype(final long blockPfn) {
        return (int) PageDescriptor.coldLong(memMap.cold(blockPfn), INDEX_OFFSET);
    }

    /** First pfn of the free block that a page is in, -1 if it is in none. */
    long blockAround(final long pfn) {
        for (int order = 0; order < ZoneDescriptor.MAX_ORDER; order++) {
            final long candidate = pfn & -(1L << order);
            if (isBlock(candidate)) {
                return pfn < candidate + (1L << order(candidate)) ? candidate : -1;
            }
        }
        return -1;
    }

    void link(final long pfn, final int order, final int migratetype) {
        if (isBlock(pfn)) {
            throw new IllegalStateException("free page freed again: pfn=" + pfn + ", order=" + order);
        }
        final long list = ZoneDescriptor.list(zone, order, migratetype);
        final int first = Words.intOpaque(list + FIRST_OFFSET);
        final long cold = memMap.cold(pfn);
        PageDescriptor.coldInt(cold, NEXT_OFFSET, first);
        PageDescriptor.coldInt(cold, PREV_OFFSET, 0);
        PageDescriptor.coldInt(cold, ORDER_OFFSET, order);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, migratetype);
        PageDescriptor.setFlags(memMap.page(pfn), PG_BUDDY);
        if (first != 0) {
            PageDescriptor.coldInt(memMap.cold(first), PREV_OFFSET, (int) pfn);
        }
        Words.intOpaque(list + FIRST_OFFSET, (int) pfn);
        Words.intOpaque(list + COUNT_OFFSET, Words.intOpaque(list + COUNT_OFFSET) + 1);
    }

    void unlink(final long pfn) {
        final long cold = memMap.cold(pfn);
        final long list = ZoneDescriptor.list(zone, order(pfn), migratetype(pfn));
        final int next = PageDescriptor.coldInt(cold, NEXT_OFFSET);
        final int previous = PageDescriptor.coldInt(cold, PREV_OFFSET);
        if (previous == 0) {
            Words.intOpaque(list + FIRST_OFFSET, next);
        } else {
            PageDescriptor.coldInt(memMap.cold(previous), NEXT_OFFSET, next);
        }
        if (next != 0) {
            PageDescriptor.coldInt(memMap.cold(next), PREV_OFFSET, previous);
        }
        PageDescriptor.coldInt(cold, NEXT_OFFSET, 0);
        PageDescriptor.coldInt(cold, PREV_OFFSET, 0);
        PageDescriptor.coldInt(cold, ORDER_OFFSET, 0);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, 0);
        PageDescriptor.clearFlags(memMap.page(pfn), PG_BUDDY);
        Words.intOpaque(list + COUNT_OFFSET, Words.intOpaque(list + COUNT_OFFSET) - 1);
    }

    void move(final long pfn, final int migratetype) {
        final int order = order(pfn);
        unlink(pfn);
        link(pfn, order, migratetype);
    }
}
