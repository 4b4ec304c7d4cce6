package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_ZERO;

import org.gup.page.Pageblock;
import org.gup.task.Task;

/**
 * The shared huge zero page, allocated at its first use and kept. Of several threads that need it first, one allocates it
 * and the others wait, so that none fails for want of memory that another has just taken for the same page.
 */
final class HugeZeroPage {
    private static final long NOT_ALLOCATED = -1;

    private final PageAllocator allocator;
    private volatile long pfn = NOT_ALLOCATED;

    HugeZeroPage(final PageAllocator allocator) {
        this.allocator = allocator;
    }

    /** Its head, or -1 while it is not allocated. */
    long pfn() {
        return pfn;
    }

    /** Its head, allocated if need be; -1 if there is no memory for it. */
    long get(final Task task) {
        final long present = pfn;
        if (present != NOT_ALLOCATED) {
            return present;
        }
        return allocate(task);
    }

    private synchronized long allocate(final Task task) {
        if (pfn == NOT_ALLOCATED) {
            pfn = allocator.allocate(task, GFP_ZERO | GFP_COMP, Pageblock.ORDER);
        }
        return pfn;
    }
}
