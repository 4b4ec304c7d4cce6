package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.file.ShmemFile;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Mappings of tmpfs files; entries, counts and flags as a 5.2 kernel showed them for tmpfs, memfd and shared memory. */
class ShmemFaultTest {
    private static final int PLAIN = PG_UPTODATE | PG_LRU | PG_SWAPBACKED;

    private static ShmemFile file(final FileMachine m, final long pages) {
        return m.own(new ShmemFile(m.memory, "tmpfs", pages * PAGE));
    }

    @Test
    void pagesOfWriteAreReferencedAndDirtyAndMappedWritable() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = file(m, 2);
            file.write(m.task, 0, 8);
            file.write(m.task, 1, 9);
            m.drain();
            m.map(BASE, 4, RW, SHARED, file);
            assertEquals(0, m.read(BASE));
            assertEquals(0x8000000000000027L, m.pteBits(BASE));
            assertEquals(0x8000000000000027L, m.pteBits(BASE + PAGE));
            m.assertPage(BASE, 2, 1, PLAIN | PG_DIRTY | PG_REFERENCED);
            assertEquals(9, m.machine.load(BASE + PAGE));
            assertEquals(0, m.pte(BASE + 2 * PAGE));
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE + 2 * PAGE), "beyond the end");
            assertEquals(VM_FAULT_SIGBUS, m.write(BASE + 3 * PAGE));
        }
    }

    @Test
    void holeReadByAFaultIsCleanAndOneWrittenIsDirty() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = file(m, 2);
            m.map(BASE, 2, RW, SHARED, file);
            assertEquals(0, m.read(BASE));
            assertEquals(0, m.write(BASE + PAGE));
            m.drain();
            assertEquals(0x8000000000000027L, m.pteBits(BASE));
            assertEquals(0x8000000000000067L, m.pteBits(BASE + PAGE));
            m.assertPage(BASE, 2, 1, PLAIN);
            m.assertPage(BASE + PAGE, 2, 1, PLAIN | PG_DIRTY);
            assertEquals(0, m.machine.load(BASE));
            m.machine.store(BASE + PAGE, 5);
            assertEquals(5, file.read(m.task, 1));
        }
    }

    @Test
    void readOnlyMappingsHaveReadOnlyEntries() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = file(m, 1);
            m.map(BASE, 1, R, SHARED, file);
            assertEquals(0xf9, m.machine.vma(BASE).flags());
            m.map(BASE + HUGE, 1, RW, PRIVATE, file);
            m.read(BASE);
            m.read(BASE + HUGE);
            assertEquals(0x8000000000000025L, m.pteBits(BASE));
            assertEquals(0x8000000000000025L, m.pteBits(BASE + HUGE));
            m.drain();
            m.assertPage(BASE, 3, 2, PLAIN);
        }
    }

    @Test
    void onePageMappedTwiceHasTwoMappings() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = file(m, 1);
            m.map(BASE, 1, RW, SHARED, file);
            m.map(BASE + PAGE, 1, RW, SHARED, file);
            m.write(BASE);
            m.write(BASE + PAGE);
            m.drain();
            m.assertPage(BASE, 3, 2, PLAIN | PG_DIRTY);
            assertEquals(m.pte(BASE), m.pte(BASE + PAGE));
        }
    }

    @Test
    void anonymousSharedMemoryGoesWithItsLastMapping() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = (ShmemFile) FileOperations.newSharedMemory(m.memory, 4);
            m.map(BASE, 2, RW, SHARED, file);
            m.map(BASE + HUGE, 2, RW, SHARED, file);
            m.machine.store(BASE, 1);
            m.machine.store(BASE + PAGE, 2);
            assertEquals(2, file.cachedPages());
            m.unmap(BASE, 2);
            assertEquals(2, file.cachedPages());
            assertEquals(2, m.machine.load(BASE + HUGE + PAGE));
            m.unmap(BASE + HUGE, 2);
            assertEquals(0, file.cachedPages());
        }
    }

    @Test
    void pageGoesToSwapAndComesBack() {
        try (FileMachine m = new FileMachine(PhysicalMemory.builder().swapPages(4))) {
            final ShmemFile file = file(m, 1);
            file.write(m.task, 0, 4711);
            m.drain();
            final long pfn = file.lookup(0);
            m.lockPage(pfn);
            m.machine.get(pfn);
            assertFalse(file.swapOut(m.task, 0, pfn), "held by another");
            assertEquals(0, m.memory.swap().inUse());
            m.machine.put(pfn);
            assertTrue(file.swapOut(m.task, 0, pfn));
            m.unlockPage(pfn);
            m.machine.put(pfn);
            assertEquals(0, m.machine.refcount(pfn));
            assertEquals(0, file.cachedPages());
            assertTrue(file.swapSlot(0) > 0);
            assertEquals(1, m.memory.swap().inUse());
            m.map(BASE, 1, RW, SHARED, file);
            assertEquals(VM_FAULT_MAJOR, m.read(BASE));
            assertEquals(1, m.machine.count(Counter.PSWPIN));
            assertEquals(1, m.machine.count(Counter.PSWPOUT));
            assertEquals(0x8000000000000027L, m.pteBits(BASE));
            m.assertPage(BASE, 2, 1, PLAIN | PG_DIRTY);
            assertEquals(4711, m.machine.load(BASE));
            assertEquals(0, m.memory.swap().inUse());
        }
    }

    @Test
    void closingAFileFreesItsSwapSlots() {
        try (FileMachine m = new FileMachine(PhysicalMemory.builder().swapPages(4))) {
            final ShmemFile file = file(m, 1);
            file.write(m.task, 0, 1);
            m.drain();
            final long pfn = file.lookup(0);
            m.lockPage(pfn);
            assertTrue(file.swapOut(m.task, 0, pfn));
            m.unlockPage(pfn);
            m.machine.put(pfn);
            file.close(m.task);
            assertEquals(0, m.memory.swap().inUse());
        }
    }

    @Test
    void hugePageIsMappedByOneLeaf() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = m.own(new ShmemFile(m.memory, "huge", 512 * PAGE, true));
            m.map(BASE, 512, RW, SHARED, file);
            assertEquals(0, m.write(BASE + 7 * PAGE));
            assertEquals(0x80000000000000e7L, m.pmdBits(BASE));
            m.assertPage(BASE, 513, 1, PLAIN | PG_DIRTY | PG_HEAD);
            assertEquals(512, file.cachedPages());
            m.machine.store(BASE + 9 * PAGE, 6);
            assertEquals(6, file.read(m.task, 9));
            m.map(BASE + HUGE, 512, R, PRIVATE, file);
            assertEquals(0, m.read(BASE + HUGE));
            assertEquals(0x80000000000000a5L, m.pmdBits(BASE + HUGE));
            m.assertPage(BASE, 514, 2, PLAIN | PG_DIRTY | PG_HEAD);
        }
    }

    @Test
    void partOfAHugePageIsMappedByEntries() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = m.own(new ShmemFile(m.memory, "huge", 512 * PAGE, true));
            m.map(BASE, 8, RW, SHARED, file);
            assertEquals(0, m.write(BASE + PAGE));
            assertEquals(0x8000000000000067L, m.pteBits(BASE + PAGE));
            m.assertPage(BASE + PAGE, 513, 1, PLAIN | PG_DIRTY | PG_HEAD);
            assertEquals(0, m.read(BASE + 2 * PAGE));
            m.assertPage(BASE + PAGE, 513 + 7, 1, PLAIN | PG_DIRTY | PG_HEAD);
        }
    }

    @Test
    void unmappingPartOfALeafClearsItAndTheRestFaultsIn() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = m.own(new ShmemFile(m.memory, "huge", 512 * PAGE, true));
            m.map(BASE, 512, RW, SHARED, file);
            m.machine.store(BASE + 4 * PAGE, 4);
            final long pfn = m.pfn(BASE);
            m.unmap(BASE, 3);
            assertEquals(512, m.machine.refcount(pfn));
            assertEquals(4, m.machine.load(BASE + 4 * PAGE));
            assertEquals(0x8000000000000027L, m.pteBits(BASE + 4 * PAGE));
            assertEquals(1, m.machine.mapcount(pfn + 4));
        }
    }
}
