package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.gup.zone.Gfp.GFP_ZERO;
import static org.gup.zone.ZoneDescriptor.MAX_ORDER;

import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a zone, takes a block and makes it ready for its owner. Models {@code get_page_from_freelist()} and
 * {@code prep_new_page()}, mm/page_alloc.c, v5.2.
 *
 * <p>Allocates no Java objects.
 */
final class PageAllocator {
    private final MemMap memMap;
    private final FrameStore frames;
    private final Zone normal;
    private final @Nullable Zone movable;

    PageAllocator(final MemMap memMap, final FrameStore frames, final Zone normal, final @Nullable Zone movable) {
        this.memMap = memMap;
        this.frames = frames;
        this.normal = normal;
        this.movable = movable;
    }

    /** The same as below for a task: counted, and made to fail when the task's turn to fail has come. */
    long allocate(final Task task, final int gfp, final int order) {
        if (task.shouldFail(FaultPoint.PAGE_ALLOC)) {
            return -1;
        }
        final long pfn = allocate(gfp, order);
        if (pfn != -1) {
            if (order == 0) {
                task.counters().add(Counter.ALLOC_ORDER_0, 1);
            } else if (order == Pageblock.ORDER) {
                task.counters().add(Counter.ALLOC_ORDER_9, 1);
            }
        }
        return pfn;
    }

    /** First pfn of a block, -1 if there is none. */
    long allocate(final int gfp, final int order) {
        if (order < 0) {
            throw new IllegalArgumentException("order is negative: order=" + order);
        }
        final int migratetype = Gfp.migratetype(gfp);
        if (order >= MAX_ORDER) {
            return -1;
        }
        long pfn = 0;
        if ((gfp & GFP_MOVABLE) != 0 && movable != null) {
            pfn = movable.buddy().allocate(order, migratetype);
        }
        if (pfn == 0) {
            pfn = normal.buddy().allocate(order, migratetype);
        }
        if (pfn == 0) {
            return -1;
        }
        prepare(pfn, gfp, order);
        return pfn;
    }

    /** The counts last: until then nobody, not even a walker with a stale entry, gets a reference. */
    private void prepare(final long headPfn, final int gfp, final int order) {
        final MemMap memMap = this.memMap;
        final long endPfn = headPfn + (1L << order);
        if ((gfp & GFP_ZERO) != 0) {
            for (long pfn = headPfn; pfn < endPfn; pfn++) {
                frames.clear(pfn);
            }
        }
        if (order > 0 && (gfp & GFP_COMP) != 0) {
            memMap.prepCompound(headPfn, order);
            PageRef.init(memMap.page(headPfn), 1);
            return;
        }
        for (long pfn = headPfn; pfn < endPfn; pfn++) {
            PageRef.init(memMap.page(pfn), 1);
        }
    }
}
