package org.gup.zone;

import static org.gup.zone.ZoneDescriptor.MAX_ORDER;

import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.Pageblock;
import org.gup.tlb.WalkerEpoch;

/**
 * A range of pages that the buddy allocator hands out. Models {@code struct zone}.
 *
 * <p>Threading: any thread. Counts are read without the zone's lock: exact when nobody allocates or frees meanwhile.
 */
public final class Zone {
    /** Index of ZONE_NORMAL: everything, the CMA areas included. */
    public static final int NORMAL = 0;
    /** Index of ZONE_MOVABLE: only what can be migrated. */
    public static final int MOVABLE = 1;
    /** Index of ZONE_DEVICE: pages of devices, which no allocator owns. */
    public static final int DEVICE = 2;

    private final String name;
    private final int index;
    private final long startPfn;
    private final long endPfn;
    private final WalkerEpoch epoch;
    private final BuddyAllocator buddy;

    Zone(
            final String name,
            final int index,
            final MemMap memMap,
            final WalkerEpoch epoch,
            final Await await,
            final long record,
            final long startPfn,
            final long cmaStartPfn,
            final long endPfn) {
        this.name = name;
        this.index = index;
        this.startPfn = startPfn;
        this.endPfn = endPfn;
        this.epoch = epoch;
        final Pageblock pageblocks = memMap.pageblocks();
        for (long pfn = startPfn; pfn < endPfn; pfn += Pageblock.PAGES) {
            pageblocks.setZone(pfn, index);
            pageblocks.setMigratetype(pfn, pfn < cmaStartPfn ? Migratetype.MOVABLE : Migratetype.CMA);
        }
        this.buddy = new BuddyAllocator(memMap, await, record, startPfn, cmaStartPfn, endPfn);
    }

    /**
     * The kernel's name.
     *
     * @return such as {@code Normal}
     */
    public String name() {
        return name;
    }

    /**
     * What {@link Pageblock#zone} says of its pages.
     *
     * @return {@link #NORMAL} or {@link #MOVABLE}
     */
    public int index() {
        return index;
    }

    /**
     * First pfn.
     *
     * @return a multiple of 1024
     */
    public long startPfn() {
        return startPfn;
    }

    /**
     * One past the last pfn.
     *
     * @return a multiple of 1024
     */
    public long endPfn() {
        return endPfn;
    }

    /**
     * Pages of the zone, free or not.
     *
     * @return how many
     */
    public long managedPages() {
        return endPfn - startPfn;
    }

    /**
     * Free pages, those not taken in yet included.
     *
     * @return how many
     * @throws IllegalStateException if the model is closed
     */
    public long freePages() {
        epoch.enterInspection();
        try {
            return buddy.freePages();
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * Free pages on the lists of one migratetype, those not taken in yet included.
     *
     * @param migratetype a {@link Migratetype}
     * @return how many
     * @throws IllegalStateException if the model is closed
     */
    public long freePages(final int migratetype) {
        checkMigratetype(migratetype);
        epoch.enterInspection();
        try {
            return buddy.freePages(migratetype);
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * Free blocks of one order and migratetype, as {@code /proc/pagetypeinfo} shows; those not taken in yet included.
     *
     * @param order 0 to 10
     * @param migratetype a {@link Migratetype}
     * @return how many
     * @throws IllegalStateException if the model is closed
     */
    public long freeBlocks(final int order, final int migratetype) {
        if (order < 0 || order >= MAX_ORDER) {
            throw new IllegalArgumentException("order out of range: order=" + order + ", allowed 0 to 10");
        }
        checkMigratetype(migratetype);
        epoch.enterInspection();
        try {
            return buddy.freeBlocks(order, migratetype);
        } finally {
            epoch.exitInspection();
        }
    }

    private static void checkMigratetype(final int migratetype) {
        if (migratetype < 0 || migratetype >= Migratetype.TYPES) {
            throw new IllegalArgumentException("no such migratetype: migratetype=" + migratetype);
        }
    }

    BuddyAllocator buddy() {
        return buddy;
    }

    @Override
    public String toString() {
        return name + " [" + startPfn + ", " + endPfn + ")";
    }
}
