package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_HWPOISON_LARGE;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_HUGE_ACTIVE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.file.HugetlbFile;
import org.gup.flags.Errno;
import org.gup.pgtable.PteLayout;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.HugetlbPool;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Mappings of hugetlbfs; entries and counts as a 5.2 kernel showed them. */
class HugetlbFaultTest {
    private static final long READ_ONLY = 0x80000000000000a5L;
    private static final long WRITTEN = 0x80000000000000e7L;
    private static final int PRIVATE_PAGE = PG_HEAD | PG_HUGETLB | PG_HUGE_ACTIVE | PG_UPTODATE | PG_ANON;
    private static final int SHARED_PAGE = PG_HEAD | PG_HUGETLB | PG_HUGE_ACTIVE | PG_UPTODATE | PG_DIRTY;
    private static final int POOL = 4;

    private static FileMachine machine() {
        return new FileMachine(PhysicalMemory.builder().hugetlbPages(POOL));
    }

    private static HugetlbFile file(final FileMachine m, final long hugePages) {
        return m.own(new HugetlbFile(m.memory, "huge", hugePages));
    }

    private static HugetlbPool pool(final FileMachine m) {
        return m.memory.hugetlb();
    }

    private static MmStruct fork(final FileMachine m) {
        final MmStruct child = m.mm.fork(m.task);
        assertTrue(child != null);
        return child;
    }

    @Test
    void privatePageIsReadOnlyUntilItIsWritten() {
        try (FileMachine m = machine()) {
            m.map(BASE, 1024, RW, PRIVATE, file(m, 2));
            assertEquals(0x440073, m.machine.vma(BASE).flags());
            assertEquals(2, pool(m).reservedPages());
            assertEquals(0, m.read(BASE + 5 * PAGE));
            assertEquals(READ_ONLY, m.pmdBits(BASE));
            m.assertPage(BASE, 1, 1, PRIVATE_PAGE);
            assertEquals(1, pool(m).reservedPages());
            final long pfn = m.pfn(BASE);
            assertEquals(0, m.write(BASE + 6 * PAGE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
            assertEquals(pfn, m.pfn(BASE), "its own: reused");
            assertEquals(1, m.machine.count(Counter.COW_REUSES));
            assertEquals(0, m.write(BASE + HUGE));
            assertEquals(WRITTEN, m.pmdBits(BASE + HUGE));
            m.assertPage(BASE + HUGE, 1, 1, PRIVATE_PAGE);
            assertEquals(POOL - 2, pool(m).freePages());
            m.machine.store(BASE + 8, 1);
            assertEquals(0, m.machine.load(BASE + HUGE + 8));
            m.unmap(BASE, 1024);
            assertEquals(POOL, pool(m).freePages());
        }
    }

    @Test
    void sharedPageIsInTheCacheAndWritableAtOnce() {
        try (FileMachine m = machine()) {
            final HugetlbFile file = file(m, 1);
            m.map(BASE, 512, RW, SHARED, file);
            m.map(BASE + HUGE, 512, R, SHARED, file);
            assertEquals(0x4400fb, m.machine.vma(BASE).flags());
            assertEquals(1, pool(m).reservedPages(), "reserved once for both");
            assertEquals(0, m.read(BASE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
            m.assertPage(BASE, 2, 1, SHARED_PAGE);
            assertEquals(0, m.read(BASE + HUGE));
            assertEquals(READ_ONLY, m.pmdBits(BASE + HUGE));
            m.assertPage(BASE, 3, 2, SHARED_PAGE);
            assertEquals(0, pool(m).reservedPages());
            m.machine.store(BASE, 42);
            assertEquals(42, m.machine.load(BASE + HUGE));
            m.unmap(BASE, 512);
            m.unmap(BASE + HUGE, 512);
            assertEquals(POOL - 1, pool(m).freePages(), "the cache keeps it");
            file.close(m.task);
            assertEquals(POOL, pool(m).freePages());
        }
    }

    @Test
    void privateMappingOfACachedPageCopiesAtTheFirstWrite() {
        try (FileMachine m = machine()) {
            final HugetlbFile file = file(m, 1);
            m.map(BASE, 512, RW, SHARED, file);
            m.machine.store(BASE, 42);
            m.map(BASE + HUGE, 512, RW, PRIVATE, file);
            assertEquals(0, m.read(BASE + HUGE));
            assertEquals(m.pfn(BASE), m.pfn(BASE + HUGE));
            assertEquals(READ_ONLY, m.pmdBits(BASE + HUGE));
            m.machine.store(BASE + HUGE + 8, 7);
            assertNotEquals(m.pfn(BASE), m.pfn(BASE + HUGE));
            assertEquals(42, m.machine.load(BASE + HUGE));
            assertEquals(0, m.machine.load(BASE + 8));
            m.assertPage(BASE, 2, 1, SHARED_PAGE);
            m.assertPage(BASE + HUGE, 1, 1, PRIVATE_PAGE);
            assertEquals(0, pool(m).reservedPages());
        }
    }

    @Test
    void poolWithoutEnoughPagesRefusesTheMapping() {
        try (FileMachine m = machine()) {
            assertEquals(-Errno.ENOMEM, m.tryMap(BASE, (POOL + 1) * 512L, RW, PRIVATE, file(m, POOL + 1)));
            assertEquals(0, pool(m).reservedPages());
            m.map(BASE, POOL * 512L, RW, PRIVATE, file(m, POOL));
            assertEquals(POOL, pool(m).reservedPages());
            assertEquals(-Errno.ENOMEM, m.tryMap(BASE + 16 * HUGE, 512, RW, SHARED, file(m, 1)));
            m.unmap(BASE, POOL * 512L);
            assertEquals(0, pool(m).reservedPages());
        }
    }

    @Test
    void emptyPoolWithoutReservationIsSigbus() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE | Mman.MAP_NORESERVE, file(m, 1));
            assertEquals(0x640073, m.machine.vma(BASE).flags());
            assertTrue(pool(m).reserve(POOL));
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE));
            assertEquals(VM_FAULT_SIGBUS, m.write(BASE));
            assertEquals(0, m.pmd(BASE));
            pool(m).unreserve(POOL);
            assertEquals(0, m.write(BASE));
        }
    }

    @Test
    void beyondTheEndIsSigbus() {
        try (FileMachine m = machine()) {
            m.map(BASE, 1024, RW, SHARED, file(m, 1));
            assertEquals(0, m.read(BASE));
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE + HUGE));
        }
    }

    @Test
    void forkSharesPrivatePagesReadOnlyAndAWriteCopies() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE, file(m, 1));
            m.machine.store(BASE, 5);
            final MmStruct child = fork(m);
            assertEquals(0x80000000000000e5L, m.pmdBits(BASE));
            m.assertPage(BASE, 2, 2, PRIVATE_PAGE);
            final long shared = m.pfn(BASE);
            assertEquals(0, m.write(BASE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
            assertNotEquals(shared, m.pfn(BASE));
            m.machine.store(BASE, 6);
            assertEquals(5, UserAccess.load(m.task, child, BASE));
            m.assertPage(BASE, 1, 1, PRIVATE_PAGE);
            assertEquals(1, m.machine.refcount(shared));
            assertEquals(1, m.machine.compoundMapcount(shared));
            child.close(m.task);
            assertEquals(POOL - 1, pool(m).freePages());
        }
    }

    @Test
    void ownerTakesThePageFromItsChildIfThePoolIsEmpty() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE, file(m, 1));
            m.machine.store(BASE, 5);
            final MmStruct child = fork(m);
            assertTrue(pool(m).reserve(POOL - 1));
            final long pfn = m.pfn(BASE);
            assertEquals(0, m.write(BASE));
            assertEquals(pfn, m.pfn(BASE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
            m.assertPage(BASE, 1, 1, PRIVATE_PAGE | PG_DIRTY);
            assertEquals(5, m.machine.load(BASE));
            pool(m).unreserve(POOL - 1);
            assertThrows(SegmentationFault.class, () -> UserAccess.load(m.task, child, BASE));
            child.close(m.task);
        }
    }

    @Test
    void childIsNotServedByAnEmptyPool() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE, file(m, 1));
            m.machine.store(BASE, 5);
            final MmStruct child = fork(m);
            assertTrue(pool(m).reserve(POOL - 1));
            assertThrows(SegmentationFault.class, () -> UserAccess.store(m.task, child, BASE, 6));
            m.assertPage(BASE, 2, 2, PRIVATE_PAGE);
            pool(m).unreserve(POOL - 1);
            UserAccess.store(m.task, child, BASE, 6);
            assertEquals(5, m.machine.load(BASE));
            m.assertPage(BASE, 1, 1, PRIVATE_PAGE);
            child.close(m.task);
        }
    }

    @Test
    void forkSharesSharedPagesAsTheyAre() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, SHARED, file(m, 1));
            m.machine.store(BASE, 5);
            final MmStruct child = fork(m);
            assertEquals(WRITTEN, m.pmdBits(BASE));
            m.assertPage(BASE, 3, 2, SHARED_PAGE);
            UserAccess.store(m.task, child, BASE, 6);
            assertEquals(6, m.machine.load(BASE));
            child.close(m.task);
            m.assertPage(BASE, 2, 1, SHARED_PAGE);
        }
    }

    @Test
    void protectionChangesWholeLeaves() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE, file(m, 1));
            m.machine.store(BASE, 5);
            m.machine.protect(BASE, 512, R);
            assertEquals(0x80000000000000e5L, m.pmdBits(BASE));
            assertThrows(SegmentationFault.class, () -> m.machine.store(BASE, 6));
            m.machine.protect(BASE, 512, Mman.PROT_NONE);
            assertThrows(SegmentationFault.class, () -> m.machine.load(BASE));
            m.machine.protect(BASE, 512, RW);
            m.machine.store(BASE, 6);
            assertEquals(6, m.machine.load(BASE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
            assertEquals(-Errno.EINVAL, m.mm.mprotect(m.task, BASE, PAGE, R), "not a part of a page");
        }
    }

    @Test
    void writeFaultInAMappingThatMayNotBeWrittenMakesTheLeafWritable() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, R, PRIVATE, file(m, 1));
            assertEquals(0, m.read(BASE));
            assertEquals(READ_ONLY, m.pmdBits(BASE));
            assertEquals(0, m.write(BASE));
            assertEquals(WRITTEN, m.pmdBits(BASE));
        }
    }

    @Test
    void poisonedLeafIsReported() {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE | Mman.MAP_NORESERVE, file(m, 1));
            assertEquals(0, m.read(BASE));
            final long entry = m.pmd(BASE);
            m.machine.plant(BASE, 2, PteLayout.V5_2.hwpoisonEntry(m.pfn(BASE)));
            assertEquals(VM_FAULT_HWPOISON_LARGE, m.read(BASE));
            m.machine.plant(BASE, 2, entry);
        }
    }

    @Test
    void faultOnALeafThatMigratesWaitsForThePageLock() throws InterruptedException {
        try (FileMachine m = machine()) {
            m.map(BASE, 512, RW, PRIVATE | Mman.MAP_NORESERVE, file(m, 1));
            assertEquals(0, m.write(BASE));
            final long entry = m.pmd(BASE);
            final long pfn = m.pfn(BASE);
            m.lockPage(pfn);
            m.machine.plant(BASE, 2, PteLayout.V5_2.migrationEntry(pfn, true));
            final Task other = m.memory.newTask(1);
            final Thread waiter = new Thread(() -> {
                m.machine.fault(other, BASE, 1);
                assertEquals(entry, m.pmd(BASE));
            });
            final boolean[] failed = new boolean[1];
            waiter.setUncaughtExceptionHandler((thread, thrown) -> failed[0] = true);
            waiter.start();
            while (other.counters().get(Counter.MIGRATION_ENTRY_WAITS) == 0) {
                Thread.onSpinWait();
            }
            assertTrue(waiter.isAlive());
            m.machine.plant(BASE, 2, entry);
            m.unlockPage(pfn);
            waiter.join();
            assertFalse(failed[0]);
            assertEquals(1, m.machine.refcount(pfn));
            m.memory.exitTask(other);
        }
    }

    @Test
    void replaceMovesACachedPage() {
        try (FileMachine m = machine()) {
            final HugetlbFile file = file(m, 2);
            m.map(BASE, 1024, RW, SHARED, file);
            m.machine.store(BASE + HUGE, 5);
            m.unmap(BASE, 1024);
            final long oldPfn = file.lookup(1);
            final long newPfn = pool(m).allocateFresh(m.task);
            assertFalse(file.replace(m.task, 512, oldPfn, newPfn, 3));
            assertTrue(file.replace(m.task, 512, oldPfn, newPfn, 2));
            assertEquals(1, m.machine.refcount(oldPfn));
            assertEquals(2, m.machine.refcount(newPfn));
            assertTrue(file.isCached(1, newPfn));
            pool(m).moveState(oldPfn, newPfn);
            m.machine.put(oldPfn);
            m.machine.put(newPfn);
            assertEquals(POOL - 1, pool(m).freePages());
        }
    }

    @Test
    void anonymousHugeMemoryGoesWithItsLastMapping() {
        try (FileMachine m = machine()) {
            m.map(BASE, 1024, RW, SHARED, FileOperations.newHugetlb(m.memory, 2));
            assertEquals(0, m.write(BASE));
            assertEquals(1, pool(m).reservedPages());
            m.unmap(BASE, 1024);
            assertEquals(POOL, pool(m).freePages());
            assertEquals(0, pool(m).reservedPages());
        }
    }
}
