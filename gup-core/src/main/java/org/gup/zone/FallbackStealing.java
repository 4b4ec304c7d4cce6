package org.gup.zone;

import static org.gup.page.Migratetype.MOVABLE;
import static org.gup.page.Migratetype.RECLAIMABLE;
import static org.gup.page.Migratetype.UNMOVABLE;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.zone.ZoneDescriptor.MAX_ORDER;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.Pageblock;

/**
 * Which other migratetype's block a request gets when its own has none. Models {@code __rmqueue_fallback()} and
 * {@code steal_suitable_fallback()}, mm/page_alloc.c, v5.2.
 *
 * <p>The largest block is taken, so that requests of one kind stay together: what is left of it, and the free rest of its
 * pageblock if the block is large enough, moves to the thief's lists; the pageblock itself changes hands when at least
 * half of it is free or of the thief's kind. CMA and isolated pageblocks are never taken from here.
 *
 * <p>Threading: under the zone's lock.
 */
final class FallbackStealing {
    /** From this order on, a block lets even a movable request move the rest of its pageblock. */
    private static final int WHOLE_BLOCK_ORDER = Pageblock.ORDER / 2;

    /** How many other types each of the three has to take from. */
    private static final int CHOICES = 2;

    private final MemMap memMap;
    private final FreeLists lists;
    private final Frontier ordinary;

    FallbackStealing(final MemMap memMap, final FreeLists lists, final Frontier ordinary) {
        this.memMap = memMap;
        this.lists = lists;
        this.ordinary = ordinary;
    }

    /**
     * Moves a block to the lists of a migratetype.
     *
     * @return its pfn, 0 if there is none
     */
    long steal(final int order, final int thief) {
        for (int current = MAX_ORDER - 1; current >= order; current--) {
            final long largest = first(current, thief);
            if (largest == 0) {
                continue;
            }
            final boolean wholeBlock = current >= WHOLE_BLOCK_ORDER || thief != MOVABLE;
            final long pfn = wholeBlock || current == order ? largest : smallest(order, thief);
            convert(pfn, lists.order(pfn), thief, wholeBlock);
            return pfn;
        }
        return 0;
    }

    private long smallest(final int order, final int thief) {
        int current = order;
        while (first(current, thief) == 0) {
            current++;
        }
        return first(current, thief);
    }

    /** The first block of an order among the types to be taken from, in their order of preference; 0 if there is none. */
    private long first(final int order, final int thief) {
        for (int choice = 0; choice < CHOICES; choice++) {
            final int victim = victim(thief, choice);
            final long pfn = lists.first(order, victim);
            if (pfn != 0) {
                return pfn;
            }
            if (victim == MOVABLE && order == MAX_ORDER - 1 && !ordinary.isEmpty()) {
                final long taken = ordinary.take();
                lists.link(taken, order, MOVABLE);
                return taken;
            }
        }
        return 0;
    }

    static int victim(final int thief, final int choice) {
        return switch (thief) {
            case UNMOVABLE -> choice == 0 ? RECLAIMABLE : MOVABLE;
            case RECLAIMABLE -> choice == 0 ? UNMOVABLE : MOVABLE;
            case MOVABLE -> choice == 0 ? RECLAIMABLE : UNMOVABLE;
            default -> throw new IllegalArgumentException("no fallback for migratetype " + thief);
        };
    }

    private void convert(final long pfn, final int order, final int thief, final boolean wholeBlock) {
        final Pageblock pageblocks = memMap.pageblocks();
        if (order >= Pageblock.ORDER) {
            for (long block = pfn; block < pfn + (1L << order); block += Pageblock.PAGES) {
                pageblocks.setMigratetype(block, thief);
            }
        } else if (wholeBlock) {
            convertAround(pfn & -Pageblock.PAGES, thief);
            return;
        }
        lists.move(pfn, thief);
    }

    private void convertAround(final long blockPfn, final int thief) {
        int free = 0;
        int movable = 0;
        for (long pfn = blockPfn; pfn < blockPfn + Pageblock.PAGES; ) {
            if (lists.isBlock(pfn)) {
                final int pages = 1 << lists.order(pfn);
                lists.move(pfn, thief);
                free += pages;
                pfn += pages;
            } else {
                movable += (PageDescriptor.flagsOpaque(memMap.page(pfn)) & PG_LRU) == 0 ? 0 : 1;
                pfn++;
            }
        }
        final int alike;
        if (thief == MOVABLE) {
            alike = movable;
        } else if (memMap.pageblocks().migratetype(blockPfn) == MOVABLE) {
            alike = Pageblock.PAGES - free - movable;
        } else {
            alike = 0;
        }
        if (free + alike >= Pageblock.PAGES / 2) {
            memMap.pageblocks().setMigratetype(blockPfn, thief);
        }
    }
}
