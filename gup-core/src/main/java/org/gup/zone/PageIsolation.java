package org.gup.zone;

import static org.gup.page.Migratetype.ISOLATE;

import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.Pageblock;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;

/**
 * Sets a range of pageblocks aside, and takes it once everything in it is free. Models mm/page_isolation.c and the parts of
 * {@code alloc_contig_range()} that need the zone's lock, v5.2. Moving the pages in use away is the caller's.
 *
 * <p>Order of use: {@link #start}; migrate and drain; {@link #take}, which fails while a page is in use; {@link #undo}. Pages
 * taken have one reference each and go back with it.
 *
 * <p>Progress: blocking, under the zone's lock for the length of the range.
 */
public final class PageIsolation {
    private final MemMap memMap;
    private final WalkerEpoch epoch;
    private final Zone[] zones;

    PageIsolation(final MemMap memMap, final WalkerEpoch epoch, final Zone[] zones) {
        this.memMap = memMap;
        this.epoch = epoch;
        this.zones = zones;
    }

    /**
     * Makes pageblocks MIGRATE_ISOLATE, so that nothing more is allocated from them. Models
     * {@code start_isolate_page_range()}.
     *
     * @param task who wants them
     * @param startPfn first pfn, a multiple of 512
     * @param endPfn one past the last, a multiple of 512
     * @param migratetype what all of them must be now
     * @return whether they are isolated; false if one had another migratetype, isolated already for one: the kernel's
     *     {@code -EBUSY}; then nothing has changed
     * @throws IllegalArgumentException if the range is not whole pageblocks of one zone
     * @throws IllegalStateException if the model is closed
     */
    public boolean start(final Task task, final long startPfn, final long endPfn, final int migratetype) {
        return retype(task, startPfn, endPfn, migratetype, ISOLATE);
    }

    /**
     * Gives pageblocks their migratetype back. Models {@code undo_isolate_page_range()}.
     *
     * @param task who isolated them
     * @param startPfn first pfn, a multiple of 512
     * @param endPfn one past the last, a multiple of 512
     * @param migratetype what they become
     * @return whether they were all isolated; if not, nothing has changed
     * @throws IllegalArgumentException if the range is not whole pageblocks of one zone
     * @throws IllegalStateException if the model is closed
     */
    public boolean undo(final Task task, final long startPfn, final long endPfn, final int migratetype) {
        return retype(task, startPfn, endPfn, ISOLATE, migratetype);
    }

    private boolean retype(final Task task, final long startPfn, final long endPfn, final int from, final int to) {
        if (from < 0 || from >= Migratetype.TYPES || to < 0 || to >= Migratetype.TYPES) {
            throw new IllegalArgumentException("no such migratetype: from=" + from + ", to=" + to);
        }
        final BuddyAllocator buddy = buddy(startPfn, endPfn);
        if (((startPfn | endPfn) & (Pageblock.PAGES - 1)) != 0) {
            throw new IllegalArgumentException("not whole pageblocks: startPfn=" + startPfn + ", endPfn=" + endPfn);
        }
        epoch.enterCall(task);
        try {
            return buddy.retype(startPfn, endPfn, from, to);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * The first page of a range that is in use. Models {@code test_pages_isolated()}.
     *
     * @param task who asks
     * @param startPfn first pfn
     * @param endPfn one past the last
     * @return its pfn, -1 if all are free
     * @throws IllegalArgumentException if the range is empty or not within one zone
     * @throws IllegalStateException if the model is closed
     */
    public long firstUsed(final Task task, final long startPfn, final long endPfn) {
        final BuddyAllocator buddy = buddy(startPfn, endPfn);
        epoch.enterCall(task);
        try {
            return buddy.firstUsed(startPfn, endPfn);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Takes every page of a range, one reference each, if all are free. Models {@code isolate_freepages_range()}.
     *
     * @param task who takes them
     * @param startPfn first pfn
     * @param endPfn one past the last
     * @return whether they were taken; if not, nothing has changed: see {@link #firstUsed}
     * @throws IllegalArgumentException if the range is empty or not within one zone
     * @throws IllegalStateException if the model is closed
     */
    public boolean take(final Task task, final long startPfn, final long endPfn) {
        final BuddyAllocator buddy = buddy(startPfn, endPfn);
        epoch.enterCall(task);
        try {
            return buddy.takeRange(startPfn, endPfn);
        } finally {
            epoch.exitCall(task);
        }
    }

    private BuddyAllocator buddy(final long startPfn, final long endPfn) {
        if (startPfn >= 0 && startPfn < endPfn && endPfn <= memMap.nrPages()) {
            for (final Zone zone : zones) {
                if (startPfn >= zone.startPfn() && endPfn <= zone.endPfn()) {
                    return zone.buddy();
                }
            }
        }
        throw new IllegalArgumentException("not a range within one zone: startPfn=" + startPfn + ", endPfn=" + endPfn);
    }
}
