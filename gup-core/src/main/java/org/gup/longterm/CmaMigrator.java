package org.gup.longterm;

import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;

import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationFailure;
import org.gup.migrate.MigrationListener;
import org.gup.migrate.MigrationPhase;
import org.gup.migrate.MigrationTarget;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.slow.SlowWalker;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Moves pinned pages out of contiguous memory areas. Models {@code check_and_migrate_cma_pages()}, mm/gup.c, v5.2, with its
 * limits: a page that cannot be isolated or moved stays where it is, pinned, and the call succeeds.
 *
 * <p>One round: every page in a CMA pageblock is isolated, by its head, each base page being looked at. If there are any, all
 * references of the call are dropped, what was isolated is migrated, and the whole range is pinned again. Rounds are repeated
 * until one finds nothing to isolate, a migration was not complete, or the pin comes back short of its first page.
 *
 * <p>Threading: stateless. The caller holds mmap_sem throughout, so that mappings cannot change; entries can.
 */
final class CmaMigrator {
    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final SlowWalker slowWalker;
    private final MigratePages migrator;
    private final MigrationTarget target;
    private final @Nullable MigrationListener listener;
    private final boolean unsignedResult;

    CmaMigrator(
            final PhysicalMemory memory,
            final SlowWalker slowWalker,
            final @Nullable MigrationListener listener,
            final boolean unsignedResult) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.slowWalker = slowWalker;
        this.migrator = new MigratePages(memory, listener);
        this.target = new NonCmaTarget(memory);
        this.listener = listener;
        this.unsignedResult = unsignedResult;
    }

    /**
     * Looks at what a call has pinned, and moves what should not be there.
     *
     * @param task who pins
     * @param mm the address space
     * @param start first address
     * @param nrPages pages pinned
     * @param gupFlags {@code FOLL_*}
     * @param pages the pages
     * @param offset index of the first in both arrays
     * @param vmas where the mappings go when it pins again; null if they are not wanted
     * @param list an empty list, empty again afterwards
     * @return pages pinned now, or a negated errno with none pinned
     */
    long checkAndMigrate(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long[] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas,
            final PageList list) {
        long pinned = nrPages;
        boolean migrateAllow = true;
        while (true) {
            isolate(task, pages, offset, pinned, list);
            if (list.isEmpty()) {
                return pinned;
            }
            enter(task, MigrationPhase.PUT);
            for (int i = 0; i < pinned; i++) {
                memMap.put(task, memMap.page(pages[offset + i]), 1);
            }
            if (migrator.migratePages(task, list, target) != 0) {
                // Some pages do not move. One pin more, wherever they are.
                migrateAllow = false;
                migrator.putbackMovablePages(task, list);
            }
            enter(task, MigrationPhase.REPIN);
            pinned = slowWalker.getUserPagesLocked(task, mm, start, pinned, gupFlags, pages, offset, vmas, null);
            if (pinned < 0 && migrateAllow && unsignedResult) {
                throw new UnsignedResultException(pinned);
            }
            if (pinned <= 0 || !migrateAllow) {
                return pinned;
            }
        }
    }

    /**
     * Takes what lies in CMA pageblocks off the LRU. A page that waits on a pagevec has all of them drained, once in a round,
     * before it is tried; the second base page of a huge page looks the same, and costs a needless drain as in the kernel.
     */
    private void isolate(
            final Task task, final long[] pages, final int offset, final long nrPages, final PageList list) {
        boolean announced = false;
        boolean drainAllow = true;
        for (int i = 0; i < nrPages; i++) {
            final long pfn = pages[offset + i];
            if (memMap.pageblocks().migratetype(pfn) != Migratetype.CMA) {
                continue;
            }
            if (!announced) {
                enter(task, MigrationPhase.ISOLATE);
                announced = true;
            }
            final long head = memMap.head(memMap.page(pfn));
            final long headPfn = memMap.pfn(head);
            final int flags = PageDescriptor.flagsVolatile(head);
            if ((flags & PG_HUGETLB) != 0) {
                if (!memory.hugetlb().isolate(task, headPfn, list)) {
                    notIsolated(task, headPfn, list);
                }
                continue;
            }
            if ((flags & PG_LRU) == 0 && drainAllow) {
                enter(task, MigrationPhase.DRAIN);
                memory.lruvec().drainAll(task);
                drainAllow = false;
            }
            if (memory.lruvec().isolate(headPfn)) {
                list.add(headPfn);
                memory.lruvec().countIsolated((flags & PG_SWAPBACKED) == 0, 1L << memMap.compoundOrder(headPfn));
            } else {
                notIsolated(task, headPfn, list);
            }
        }
    }

    /** A page that is on the list is looked at again for each of its base pages, and is not one that failed. */
    private void notIsolated(final Task task, final long headPfn, final PageList list) {
        if (listener == null) {
            return;
        }
        for (long pfn = list.first(); pfn != 0; pfn = list.next(pfn)) {
            if (pfn == headPfn) {
                return;
            }
        }
        listener.notMoved(task, headPfn, MigrationFailure.NOT_ISOLATED, 0);
    }

    private void enter(final Task task, final MigrationPhase phase) {
        if (listener != null) {
            listener.enter(task, phase);
        }
    }
}
