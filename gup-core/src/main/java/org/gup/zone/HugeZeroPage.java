package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_ZERO;

import java.util.concurrent.atomic.AtomicLong;
import org.gup.page.MemMap;
import org.gup.page.Pageblock;
import org.gup.task.Task;

/**
 * The shared huge zero page, allocated at its first use and kept. Of several threads that need it first, one wins and the
 * others give theirs back.
 */
final class HugeZeroPage {
    private static final long NOT_ALLOCATED = -1;

    private final PageAllocator allocator;
    private final MemMap memMap;
    private final AtomicLong pfn = new AtomicLong(NOT_ALLOCATED);

    HugeZeroPage(final PageAllocator allocator, final MemMap memMap) {
        this.allocator = allocator;
        this.memMap = memMap;
    }

    /** Its head, or -1 while it is not allocated. */
    long pfn() {
        return pfn.get();
    }

    /** Its head, allocated if need be; -1 if there is no memory for it. */
    long get(final Task task) {
        final long present = pfn.get();
        if (present != NOT_ALLOCATED) {
            return present;
        }
        final long fresh = allocator.allocate(GFP_ZERO | GFP_COMP, Pageblock.ORDER);
        if (fresh == -1 || pfn.compareAndSet(NOT_ALLOCATED, fresh)) {
            return fresh;
        }
        memMap.put(task, memMap.page(fresh), 1);
        return pfn.get();
    }
}
