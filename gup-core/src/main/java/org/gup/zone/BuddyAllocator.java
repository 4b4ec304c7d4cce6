package org.gup.zone;

import static org.gup.page.Migratetype.CMA;
import static org.gup.page.Migratetype.ISOLATE;
import static org.gup.page.Migratetype.MOVABLE;
import static org.gup.zone.ZoneDescriptor.LOCK_OFFSET;
import static org.gup.zone.ZoneDescriptor.MAX_BLOCK_PAGES;
import static org.gup.zone.ZoneDescriptor.MAX_ORDER;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;

/**
 * Hands out and takes back the blocks of one zone. Models {@code __rmqueue()} and {@code __free_one_page()},
 * mm/page_alloc.c, v5.2.
 *
 * <p>Assumptions: the zone starts and ends at multiples of 1024 pages, and so does its CMA part, which is at its end; only
 * this class changes the migratetype of its pageblocks. Guarantees: a block is on exactly one list or belongs to exactly
 * one owner; a freed block is on the list of its pageblock's migratetype; no two free blocks that could be one, except
 * across the border of a CMA or isolated pageblock. Progress: blocking, under the zone's lock. Allocates no Java objects.
 */
final class BuddyAllocator {
    private final MemMap memMap;
    private final Pageblock pageblocks;
    private final Await await;
    private final long lock;
    private final FreeLists lists;
    private final Frontier ordinary;
    private final Frontier cma;
    private final FallbackStealing stealing;
    private final long cmaStartPfn;

    BuddyAllocator(
            final MemMap memMap,
            final Await await,
            final long zone,
            final long startPfn,
            final long cmaStartPfn,
            final long endPfn) {
        this.memMap = memMap;
        this.pageblocks = memMap.pageblocks();
        this.await = await;
        this.lock = zone + LOCK_OFFSET;
        this.lists = new FreeLists(memMap, zone);
        this.ordinary = new Frontier(zone + ZoneDescriptor.ORDINARY_FRONTIER_OFFSET, startPfn, cmaStartPfn);
        this.cma = new Frontier(zone + ZoneDescriptor.CMA_FRONTIER_OFFSET, cmaStartPfn, endPfn);
        this.stealing = new FallbackStealing(memMap, lists, ordinary);
        this.cmaStartPfn = cmaStartPfn;
    }

    /**
     * Takes a block.
     *
     * @return its first pfn, 0 if there is none
     */
    long allocate(final int order, final int migratetype) {
        lock();
        try {
            long pfn = takeSmallest(order, migratetype);
            if (pfn == 0 && migratetype == MOVABLE) {
                pfn = takeSmallest(order, CMA);
            }
            if (pfn == 0) {
                final long stolen = stealing.steal(order, migratetype);
                pfn = stolen == 0 ? 0 : takeListed(stolen, order);
            }
            return pfn;
        } finally {
            unlock();
        }
    }

    /** Takes a block back. Nobody refers to it any more. */
    void free(final long pfn, final int order) {
        lock();
        try {
            freeLocked(pfn, order);
        } finally {
            unlock();
        }
    }

    private long takeSmallest(final int order, final int migratetype) {
        for (int current = order; current < MAX_ORDER; current++) {
            final long pfn = lists.first(current, migratetype);
            if (pfn != 0) {
                return takeListed(pfn, order);
            }
        }
        if (migratetype == MOVABLE && !ordinary.isEmpty()) {
            return expand(ordinary.take(), order, MAX_ORDER - 1, MOVABLE);
        }
        if (migratetype == CMA && !cma.isEmpty()) {
            return expand(cma.take(), order, MAX_ORDER - 1, CMA);
        }
        return 0;
    }

    private long takeListed(final long pfn, final int order) {
        final int listedOrder = lists.order(pfn);
        final int migratetype = lists.migratetype(pfn);
        lists.unlink(pfn);
        return expand(pfn, order, listedOrder, migratetype);
    }

    /** Lists the upper halves of a block until what is left has the order wanted. Models {@code expand()}. */
    private long expand(final long pfn, final int wanted, final int order, final int migratetype) {
        for (int half = order - 1; half >= wanted; half--) {
            lists.link(pfn + (1L << half), half, migratetype);
        }
        return pfn;
    }

    private void freeLocked(final long freedPfn, final int freedOrder) {
        final int migratetype = pageblocks.migratetype(freedPfn);
        long pfn = freedPfn;
        int order = freedOrder;
        while (order < MAX_ORDER - 1) {
            final long buddy = pfn ^ (1L << order);
            if (!lists.isBlock(buddy) || lists.order(buddy) != order) {
                break;
            }
            if (order >= Pageblock.ORDER && !mayMerge(migratetype, pageblocks.migratetype(buddy))) {
                break;
            }
            lists.unlink(buddy);
            pfn &= buddy;
            order++;
        }
        lists.link(pfn, order, migratetype);
    }

    private static boolean mayMerge(final int one, final int other) {
        return one == other || !(one == CMA || one == ISOLATE || other == CMA || other == ISOLATE);
    }

    /**
     * Changes the migratetype of every pageblock of a range if all have the one expected. Models the core of
     * {@code start_isolate_page_range()} and {@code undo_isolate_page_range()}.
     *
     * @return whether it did; if not, nothing has changed
     */
    boolean retype(final long startPfn, final long endPfn, final int expected, final int migratetype) {
        lock();
        try {
            for (long block = startPfn; block < endPfn; block += Pageblock.PAGES) {
                if (pageblocks.migratetype(block) != expected) {
                    return false;
                }
            }
            takeInThrough(endPfn);
            for (long block = startPfn; block < endPfn; block += Pageblock.PAGES) {
                retypeBlock(block, migratetype);
            }
            return true;
        } finally {
            unlock();
        }
    }

    private void retypeBlock(final long blockPfn, final int migratetype) {
        final long around = lists.blockAround(blockPfn);
        if (around >= 0 && lists.order(around) > Pageblock.ORDER) {
            splitListed(around);
        }
        pageblocks.setMigratetype(blockPfn, migratetype);
        for (long pfn = blockPfn; pfn < blockPfn + Pageblock.PAGES; ) {
            if (lists.isBlock(pfn)) {
                final int order = lists.order(pfn);
                lists.unlink(pfn);
                freeLocked(pfn, order);
                pfn += 1L << order;
            } else {
                pfn++;
            }
        }
    }

    private void splitListed(final long pfn) {
        final int half = lists.order(pfn) - 1;
        final int migratetype = lists.migratetype(pfn);
        lists.unlink(pfn);
        lists.link(pfn, half, migratetype);
        lists.link(pfn + (1L << half), half, migratetype);
    }

    /** The deferred blocks up to a pfn go on the lists, so that they can be found there. */
    private void takeInThrough(final long endPfn) {
        while (ordinary.pfn() < Math.min(endPfn, cmaStartPfn)) {
            lists.link(ordinary.take(), MAX_ORDER - 1, MOVABLE);
        }
        while (endPfn > cmaStartPfn && cma.pfn() < endPfn) {
            lists.link(cma.take(), MAX_ORDER - 1, CMA);
        }
    }

    /**
     * The first page of a range that is not free. Models {@code test_pages_isolated()}.
     *
     * @return its pfn, -1 if all are free
     */
    long firstUsed(final long startPfn, final long endPfn) {
        lock();
        try {
            return firstUsedLocked(startPfn, endPfn);
        } finally {
            unlock();
        }
    }

    private long firstUsedLocked(final long startPfn, final long endPfn) {
        takeInThrough(endPfn);
        long pfn = startPfn;
        while (pfn < endPfn) {
            final long block = lists.blockAround(pfn);
            if (block < 0) {
                return pfn;
            }
            pfn = block + (1L << lists.order(block));
        }
        return -1;
    }

    /**
     * Takes a whole range if it is free, one reference for each page. Models {@code isolate_freepages_range()}; what the
     * blocks at its ends have outside of it stays free.
     *
     * @return whether it was taken; if not, nothing has changed
     */
    boolean takeRange(final long startPfn, final long endPfn) {
        lock();
        try {
            if (firstUsedLocked(startPfn, endPfn) >= 0) {
                return false;
            }
            for (long pfn = startPfn; pfn < endPfn; pfn++) {
                final long block = lists.blockAround(pfn);
                if (block >= 0) {
                    takeApart(block, startPfn, endPfn);
                }
                PageRef.init(memMap.page(pfn), 1);
            }
            return true;
        } finally {
            unlock();
        }
    }

    private void takeApart(final long block, final long startPfn, final long endPfn) {
        final long blockEnd = block + (1L << lists.order(block));
        lists.unlink(block);
        for (long pfn = block; pfn < startPfn; pfn++) {
            freeLocked(pfn, 0);
        }
        for (long pfn = Math.max(block, endPfn); pfn < blockEnd; pfn++) {
            freeLocked(pfn, 0);
        }
    }

    long freePages(final int migratetype) {
        long pages = 0;
        for (int order = 0; order < MAX_ORDER; order++) {
            pages += (long) lists.count(order, migratetype) << order;
        }
        return pages + deferredPages(migratetype);
    }

    long freePages() {
        long pages = 0;
        for (int migratetype = 0; migratetype < Migratetype.TYPES; migratetype++) {
            pages += freePages(migratetype);
        }
        return pages;
    }

    long freeBlocks(final int order, final int migratetype) {
        final long deferred = order == MAX_ORDER - 1 ? deferredPages(migratetype) / MAX_BLOCK_PAGES : 0;
        return lists.count(order, migratetype) + deferred;
    }

    private long deferredPages(final int migratetype) {
        return switch (migratetype) {
            case MOVABLE -> ordinary.pages();
            case CMA -> cma.pages();
            default -> 0;
        };
    }

    long cmaStartPfn() {
        return cmaStartPfn;
    }

    Frontier ordinary() {
        return ordinary;
    }

    Frontier cma() {
        return cma;
    }

    FreeLists lists() {
        return lists;
    }

    void lock() {
        SpinLock.lock(lock, await);
    }

    void unlock() {
        SpinLock.unlock(lock);
    }
}
