package org.gup.longterm;

import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;

import org.gup.migrate.MigrationTarget;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;

/**
 * A frame of the same size that is in no contiguous memory area. Models {@code new_non_cma_page()}, mm/gup.c, v5.2: no request
 * is a movable one, so none is served from CMA pageblocks or ZONE_MOVABLE; a hugetlb page comes from the buddy allocator, not
 * from the pool.
 */
final class NonCmaTarget implements MigrationTarget {
    private final PhysicalMemory memory;
    private final MemMap memMap;

    NonCmaTarget(final PhysicalMemory memory) {
        this.memory = memory;
        this.memMap = memory.memMap();
    }

    @Override
    public long allocate(final Task task, final long headPfn) {
        if ((PageDescriptor.flagsOpaque(memMap.page(headPfn)) & PG_HUGETLB) != 0) {
            // A page of 1 GiB has no target: alloc_migrate_huge_page() gives none.
            return memMap.compoundOrder(headPfn) == HPAGE_PMD_ORDER
                    ? memory.hugetlb().allocateFresh(task)
                    : -1;
        }
        return memMap.compoundOrder(headPfn) == 0
                ? memory.allocPages(task, 0, 0)
                : memory.allocPages(task, Gfp.GFP_COMP, HPAGE_PMD_ORDER);
    }
}
