package org.gup.migrate;

import static org.gup.flags.Errno.EAGAIN;
import static org.gup.flags.Errno.EBUSY;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PG_WRITEBACK;

import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.rmap.Rmap;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.CompoundSplit;
import org.gup.zone.HugetlbPool;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Moves pages to other frames. Models {@code migrate_pages()} in MIGRATE_SYNC mode, mm/migrate.c, v5.2.
 *
 * <p>Order, for one page: both pages are locked; each mapping is cleared and flushed, and becomes a migration entry; then the
 * page's count is compared with what this migration accounts for, so that a fast walk that took a reference before its entry
 * was cleared is seen, and one that comes later finds the entry changed; then the contents are copied; then the migration
 * entries become mappings, of the new page if it was moved and of the old one if not; then both are unlocked, which wakes who
 * waits for the entry, and the old page is freed. So a page with any other reference stays where it is.
 *
 * <p>Assumptions: pages on a list were isolated by the caller, who counted them ({@link Lruvec#countIsolated}), hugetlb pages
 * by {@link HugetlbPool#isolate}, which counts nothing. Locks: those of {@link Rmap}; no lock is held from one page to the next.
 * Progress: blocking. Allocates no Java objects.
 */
public final class MigratePages {
    /** How often a page that is busy is tried. */
    public static final int PASSES = 10;
    /** From this pass on, page locks and writeback are waited for. */
    private static final int FIRST_FORCED_PASS = 3;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final Lruvec lruvec;
    private final Rmap rmap;
    private final HugetlbPool hugetlb;
    private final Await await;
    private final CompoundSplit splitter;
    private final MoveToNewPage mover;
    private final @Nullable MigrationListener listener;

    /**
     * Migration within a machine.
     *
     * @param memory the machine
     * @param listener hears of the phases; null for nobody
     */
    public MigratePages(final PhysicalMemory memory, final @Nullable MigrationListener listener) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.lruvec = memory.lruvec();
        this.rmap = memory.rmap();
        this.hugetlb = memory.hugetlb();
        this.await = memory.await();
        this.splitter = new CompoundSplit(memory);
        this.mover = new MoveToNewPage(memory);
        this.listener = listener;
    }

    /**
     * Moves the pages of a list.
     *
     * <p>A page that was moved is off the list, freed once nobody holds it, and its new page is on the LRU. One that cannot be
     * moved is off the list and back on the LRU. One that was busy in all ten passes stays on the list, and so does everything
     * not dealt with when a target could not be allocated, which ends the migration: the caller puts these back with
     * {@link #putbackMovablePages}.
     *
     * @param task who migrates
     * @param from isolated pages: base pages and heads
     * @param target where to
     * @return 0 if all were moved; how many were not, if positive; -ENOMEM if a target could not be allocated, and -EBUSY if
     *     the huge page it was for could not be split either
     * @throws IllegalStateException if the model is closed
     */
    public int migratePages(final Task task, final PageList from, final MigrationTarget target) {
        memory.epoch().enterCall(task);
        try {
            task.counters().add(Counter.MIGRATE_CALLS, 1);
            return migrateAll(task, from, target);
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    private int migrateAll(final Task task, final PageList from, final MigrationTarget target) {
        int succeeded = 0;
        int failed = 0;
        int retry = 1;
        int stopped = 0;
        long stoppedAt = 0;
        for (int pass = 0; pass < PASSES && retry > 0 && stopped == 0; pass++) {
            retry = 0;
            long pfn = from.first();
            while (pfn != 0 && stopped == 0) {
                final long next = from.next(pfn);
                final int result = migrateOne(task, from, pfn, target, pass);
                if (result == -ENOMEM && isTransparentHuge(pfn)) {
                    if (split(task, pfn, from)) {
                        continue;
                    }
                    stopped = -EBUSY;
                    failed++;
                    notMoved(task, pfn, MigrationFailure.NO_MEMORY, 0);
                } else if (result == -ENOMEM) {
                    stopped = result;
                    failed++;
                    notMoved(task, pfn, MigrationFailure.NO_MEMORY, 0);
                } else if (result == -EAGAIN) {
                    retry++;
                } else if (result == 0) {
                    succeeded++;
                } else {
                    failed++;
                }
                stoppedAt = pfn;
                pfn = next;
            }
        }
        if (stopped == 0) {
            failed += retry;
        } else {
            giveUp(task, from, stoppedAt);
        }
        task.counters().add(Counter.PGMIGRATE_SUCCESS, succeeded);
        task.counters().add(Counter.PGMIGRATE_FAIL, failed);
        return stopped != 0 ? stopped : failed;
    }

    /**
     * Puts isolated pages back where they were found. Models {@code putback_movable_pages()}.
     *
     * @param task who isolated them
     * @param list what {@link #migratePages} has left; empty afterwards
     * @throws IllegalStateException if the model is closed
     */
    public void putbackMovablePages(final Task task, final PageList list) {
        memory.epoch().enterCall(task);
        try {
            for (long pfn = list.first(); pfn != 0; pfn = list.first()) {
                list.remove(pfn);
                enter(task, MigrationPhase.PUTBACK);
                if (isHugetlb(pfn)) {
                    hugetlb.putbackActive(task, pfn);
                } else {
                    lruvec.countIsolated(isFile(pfn), -pagesOf(pfn));
                    lruvec.putback(task, pfn);
                }
            }
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    private int migrateOne(
            final Task task, final PageList from, final long pfn, final MigrationTarget target, final int pass) {
        enter(task, MigrationPhase.ALLOCATE);
        final long newPfn = target.allocate(task, pfn);
        if (newPfn < 0) {
            return -ENOMEM;
        }
        return isHugetlb(pfn) ? moveHugetlb(task, from, pfn, newPfn, pass) : move(task, from, pfn, newPfn, pass);
    }

    /** Models {@code unmap_and_move()}. */
    private int move(final Task task, final PageList from, final long pfn, final long newPfn, final int pass) {
        final long page = memMap.page(pfn);
        final boolean gone = PageRef.countVolatile(page) == 1;
        int result = 0;
        if (gone) {
            // Only the isolation holds it: freed under us.
            PageDescriptor.clearFlags(page, PG_ACTIVE | PG_UNEVICTABLE);
        } else {
            result = lockAndMove(task, pfn, newPfn, pass);
        }
        if (result != -EAGAIN) {
            from.remove(pfn);
            lruvec.countIsolated(isFile(pfn), -pagesOf(pfn));
        }
        if (result == 0 && !gone) {
            lruvec.putback(task, newPfn);
        } else {
            memMap.put(task, memMap.page(newPfn), 1);
        }
        if (result == 0) {
            memMap.put(task, page, 1);
        } else if (result != -EAGAIN) {
            enter(task, MigrationPhase.PUTBACK);
            lruvec.putback(task, pfn);
        }
        return result;
    }

    /** Models {@code __unmap_and_move()}. */
    private int lockAndMove(final Task task, final long pfn, final long newPfn, final int pass) {
        final long page = memMap.page(pfn);
        final boolean force = pass >= FIRST_FORCED_PASS;
        if (!lock(page, force)) {
            return busy(task, pfn, MigrationFailure.LOCKED, pass);
        }
        MigrationFailure failure = MigrationFailure.WRITEBACK;
        if (!isUnderWriteback(page, force)) {
            failure = MigrationFailure.LOCKED;
            if (PageLock.tryLock(memMap.page(newPfn))) {
                final boolean orphan = PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET) == 0;
                failure = orphan && (PageDescriptor.flagsVolatile(page) & PG_PRIVATE) != 0
                        ? MigrationFailure.ORPHANED
                        : unmapAndCopy(task, pfn, newPfn, orphan);
                PageLock.unlock(memMap.page(newPfn));
            }
        }
        PageLock.unlock(page);
        return failure == null ? 0 : busy(task, pfn, failure, pass);
    }

    /** A page whose lock is held by another is tried again later; from the fourth pass on, its lock is waited for. */
    private boolean lock(final long page, final boolean force) {
        if (PageLock.tryLock(page)) {
            return true;
        }
        if (force) {
            PageLock.lock(page, await);
        }
        return force;
    }

    private boolean isUnderWriteback(final long page, final boolean wait) {
        int tries = 0;
        while ((PageDescriptor.flagsVolatile(page) & PG_WRITEBACK) != 0) {
            if (!wait) {
                return true;
            }
            await.pause(tries++);
        }
        return false;
    }

    /** Both pages are locked. Null if the page was moved. */
    private @Nullable MigrationFailure unmapAndCopy(
            final Task task, final long pfn, final long newPfn, final boolean orphan) {
        final boolean mapped = !orphan && memMap.totalMapcount(pfn) != 0;
        boolean unmapped = true;
        if (mapped) {
            enter(task, MigrationPhase.UNMAP);
            unmapped = rmap.tryToUnmapForMigration(task, pfn);
        }
        boolean moved = false;
        if (unmapped) {
            enter(task, MigrationPhase.COPY);
            moved = mover.move(task, pfn, newPfn);
        }
        if (mapped) {
            enter(task, MigrationPhase.REMAP);
            rmap.removeMigrationPtes(task, pfn, moved ? newPfn : pfn);
        }
        return moved ? null : unmapped ? MigrationFailure.EXTRA_REFERENCE : MigrationFailure.STILL_MAPPED;
    }

    /** Models {@code unmap_and_move_huge_page()}. */
    private int moveHugetlb(final Task task, final PageList from, final long pfn, final long newPfn, final int pass) {
        final long page = memMap.page(pfn);
        MigrationFailure failure = MigrationFailure.LOCKED;
        if (lock(page, pass >= FIRST_FORCED_PASS)) {
            if (PageLock.tryLock(memMap.page(newPfn))) {
                failure = unmapAndCopy(task, pfn, newPfn, false);
                PageLock.unlock(memMap.page(newPfn));
            }
            if (failure == null) {
                hugetlb.moveState(pfn, newPfn);
            }
            PageLock.unlock(page);
        }
        if (failure == null) {
            from.remove(pfn);
            hugetlb.putbackActive(task, pfn);
        }
        hugetlb.putbackActive(task, newPfn);
        return failure == null ? 0 : busy(task, pfn, failure, pass);
    }

    /** Splits a huge page for whose move there is no memory; its other base pages go to the end of the list. */
    private boolean split(final Task task, final long headPfn, final PageList list) {
        final long head = memMap.page(headPfn);
        PageLock.lock(head, await);
        final long pages = pagesOf(headPfn);
        final boolean split = splitter.split(task, headPfn, 1);
        PageLock.unlock(head);
        for (long i = 1; split && i < pages; i++) {
            list.add(headPfn + i);
        }
        return split;
    }

    private boolean isTransparentHuge(final long pfn) {
        return (PageDescriptor.flagsVolatile(memMap.page(pfn)) & (PG_HEAD | PG_HUGETLB)) == PG_HEAD;
    }

    private boolean isHugetlb(final long pfn) {
        return (PageDescriptor.flagsVolatile(memMap.page(pfn)) & PG_HUGETLB) != 0;
    }

    /** Models {@code page_is_file_cache()}. */
    private boolean isFile(final long pfn) {
        return (PageDescriptor.flagsVolatile(memMap.page(pfn)) & PG_SWAPBACKED) == 0;
    }

    private long pagesOf(final long pfn) {
        return 1L << memMap.compoundOrder(pfn);
    }

    private int busy(final Task task, final long pfn, final MigrationFailure cause, final int pass) {
        notMoved(task, pfn, cause, PASSES - 1 - pass);
        return -EAGAIN;
    }

    /** What is left when a migration ends early, but for the page that ended it. */
    private void giveUp(final Task task, final PageList from, final long stoppedAt) {
        if (listener != null) {
            for (long pfn = from.first(); pfn != 0; pfn = from.next(pfn)) {
                if (pfn != stoppedAt) {
                    listener.notMoved(task, pfn, MigrationFailure.GIVEN_UP, 0);
                }
            }
        }
    }

    private void notMoved(final Task task, final long pfn, final MigrationFailure cause, final int triesLeft) {
        if (listener != null) {
            listener.notMoved(task, pfn, cause, triesLeft);
        }
    }

    private void enter(final Task task, final MigrationPhase phase) {
        if (listener != null) {
            listener.enter(task, phase);
        }
    }
}
