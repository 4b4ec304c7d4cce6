package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.PROT_NONE;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Life of an address space: building, tables, stacks, locks, closing. */
class AddressSpaceTest {
    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldFreeTablesAsSoonAsNoMappingNeedsThem(final int levels) {
        try (MmMachine machine = MmMachine.of(levels)) {
            final long far = BASE + (1L << 39);
            machine.map(BASE, 1024, RW);
            machine.map(far, 1, RW);
            machine.store(BASE, 1);
            machine.store(BASE + HUGE, 1);
            machine.store(far, 1);
            final int top = 1;
            assertEquals(
                    top + (levels == 5 ? 1 : 0) + 3 + 1 + 3,
                    machine.memory.tables().allocated());
            machine.unmap(BASE, 512);
            assertEquals(0, machine.entryAddress(BASE, 1), "the PTE table is gone");
            assertEquals(1, machine.load(BASE + HUGE));
            machine.unmap(BASE + HUGE + PAGE, 511);
            assertTrue(machine.entryAddress(BASE + HUGE, 1) != 0, "a mapping still needs it");
            machine.unmap(BASE + HUGE, 1);
            assertEquals(0, machine.entryAddress(BASE, 2));
            assertEquals(1, machine.load(far));
            machine.unmap(far, 1);
            assertEquals(top, machine.memory.tables().allocated());
        }
    }

    @Test
    void shouldGrowAStackToTheAddressUsed() {
        try (MmMachine machine = MmMachine.small()) {
            final Task task = machine.task;
            assertEquals(
                    BASE, machine.mm.mmap(task, BASE, 4 * PAGE, RW, MmMachine.PRIVATE | MAP_GROWSDOWN | MAP_FIXED));
            machine.store(BASE - 10 * PAGE + 8, 42);
            assertEquals(BASE - 10 * PAGE, machine.vma(BASE).start());
            assertEquals(42, machine.load(BASE - 10 * PAGE + 8));
            final long lowest = BASE + 4 * PAGE - (8L << 20);
            machine.store(lowest, 43);
            assertThrows(SegmentationFault.class, () -> machine.store(lowest - 8, 44));

            machine.mm.mmapReadLock(task);
            assertNull(machine.mm.findExtendVma(task, lowest - PAGE), "beyond the limit of 8 MiB");
            assertEquals(lowest, machine.mm.findExtendVma(task, lowest + 5).start());
            machine.mm.mmapReadUnlock(task);
        }
    }

    @Test
    void shouldKeepAStackAwayFromWhatLiesBelow() {
        try (MmMachine machine = MmMachine.small()) {
            final Task task = machine.task;
            machine.mm.mmap(task, BASE, PAGE, RW, MmMachine.PRIVATE | MAP_GROWSDOWN | MAP_FIXED);
            machine.map(BASE - 300 * PAGE, 1, RW);
            machine.store(BASE - 43 * PAGE, 1);
            assertThrows(SegmentationFault.class, () -> machine.store(BASE - 44 * PAGE, 1));
            machine.protect(BASE - 300 * PAGE, 1, PROT_NONE);
            machine.store(BASE - 44 * PAGE, 1);
            assertThrows(SegmentationFault.class, () -> machine.store(BASE - 301 * PAGE, 1));
            // mprotect reaches down to the start when told so.
            assertEquals(0, machine.mm.mprotect(task, BASE - 10 * PAGE, PAGE, PROT_READ | Mman.PROT_GROWSDOWN));
            assertEquals("-300--299- -44--9r -9-1rw", machine.layout());
        }
    }

    @Test
    void shouldBuildWhatItIsTold() {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final Task task = memory.newTask(0);
            final long free = memory.freePages();
            final MmStruct mm = AddressSpaceBuilder.on(memory, task)
                    .levels(5)
                    .anonymous(BASE, 100, RW)
                    .populate()
                    .anonymous(BASE + HUGE, 1024, RW)
                    .hugePages()
                    .populateEvery(512)
                    .anonymous(BASE + 8 * HUGE, 100, PROT_READ)
                    .populateRead()
                    .anonymous(BASE + 16 * HUGE, 100, RW)
                    .populateEvery(3)
                    .protect(PROT_READ)
                    .build();
            assertEquals(PageTableGeometry.FIVE_LEVEL, mm.walkRoot().geometry());
            assertEquals(100 + 1024 + 34, free - memory.freePages());
            assertEquals(4, mm.vmAreas().size());
            assertEquals(0, UserAccess.load(task, mm, BASE + 8 * HUGE));
            mm.close();
            memory.lruvec().drainAll(task);
            assertEquals(free, memory.freePages());
            assertEquals(0, memory.tables().allocated());
        }
    }

    @Test
    void shouldCloseWhatItHasBuiltWhenAStepFails() {
        try (PhysicalMemory memory = PhysicalMemory.builder().normalPages(1024).build()) {
            final Task task = memory.newTask(0);
            final AddressSpaceBuilder builder =
                    AddressSpaceBuilder.on(memory, task).anonymous(BASE, 4096, RW);
            final IllegalStateException failed = assertThrows(IllegalStateException.class, builder::populate);
            assertTrue(failed.getMessage().contains("free pages=0"), failed.getMessage());
            memory.lruvec().drainAll(task);
            assertEquals(1024, memory.freePages());
            assertEquals(0, memory.tables().allocated());
            assertThrows(IllegalStateException.class, builder::build);

            final AddressSpaceBuilder bad = AddressSpaceBuilder.on(memory, task);
            final String message = assertThrows(IllegalStateException.class, () -> bad.anonymous(BASE + 1, 1, RW))
                    .getMessage();
            assertEquals("mmap failed: -EINVAL, address=0x700000000001, pages=1", message);
            final AddressSpaceBuilder readOnly =
                    AddressSpaceBuilder.on(memory, task).anonymous(BASE, 1, PROT_READ);
            assertThrows(IllegalStateException.class, readOnly::populate);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> AddressSpaceBuilder.on(memory, task).levels(3));
            assertEquals(0, memory.tables().allocated());
        }
    }

    @Test
    void shouldRefuseEverythingOnceClosed() {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final Task task = memory.newTask(0);
            final MmStruct mm = AddressSpaceBuilder.on(memory, task)
                    .anonymous(BASE, 4, RW)
                    .populate()
                    .build();
            mm.close();
            assertTrue(mm.walkRoot().isDead());
            assertFalse(mm.isMmapLocked());
            assertEquals("the address space is closed", refusal(() -> mm.mmapReadLock(task)));
            assertEquals("the address space is closed", refusal(() -> mm.mmapWriteLock(task)));
            assertEquals("the address space is closed", refusal(() -> mm.munmap(task, BASE, PAGE)));
            assertEquals("the address space is closed", refusal(() -> UserAccess.load(task, mm, BASE)));
            assertEquals("the address space is closed", refusal(mm::close));
            assertFalse(mm.isMmapLocked());
        }
        final PhysicalMemory memory = PhysicalMemory.builder().build();
        final Task task = memory.newTask(0);
        final MmStruct mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        memory.close();
        assertEquals("the model is closed", refusal(() -> mm.mmapReadLock(task)));
        assertEquals("the model is closed", refusal(() -> UserAccess.load(task, mm, BASE)));
        assertEquals("the model is closed", refusal(mm::close));
    }

    private static String refusal(final org.junit.jupiter.api.function.Executable call) {
        return assertThrows(IllegalStateException.class, call).getMessage();
    }

    @Test
    void shouldSayThatThereIsNoFrameForATopTable() {
        try (PhysicalMemory memory = PhysicalMemory.builder().tablePages(1).build();
                MmStruct mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL)) {
            assertNotNull(mm);
            assertThrows(IllegalStateException.class, () -> new MmStruct(memory, PageTableGeometry.FOUR_LEVEL));
        }
    }

    @Test
    @Timeout(60)
    void shouldWaitWithClosingForWhoHoldsMmapSem() throws Exception {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final Task task = memory.newTask(0);
            final Task other = memory.newTask(1);
            final MmStruct mm = AddressSpaceBuilder.on(memory, task)
                    .anonymous(BASE, 4, RW)
                    .populate()
                    .build();
            final CountDownLatch started = new CountDownLatch(1);
            final AtomicReference<Throwable> failed = new AtomicReference<>();
            mm.mmapReadLock(task);
            final Thread closer = new Thread(() -> {
                started.countDown();
                try {
                    mm.close(other);
                } catch (final Throwable thrown) {
                    failed.set(thrown);
                }
            });
            closer.start();
            started.await();
            for (int i = 0; i < 1000; i++) {
                assertFalse(mm.walkRoot().isDead());
                assertEquals(0, mm.handleMmFault(task, mm.findVma(BASE), BASE, FAULT_FLAG_WRITE));
            }
            mm.mmapReadUnlock(task);
            closer.join();
            assertNull(failed.get());
            assertEquals(0, memory.tables().allocated());
        }
    }

    @Test
    void shouldTellWhetherMmapSemIsHeld() {
        try (MmMachine machine = MmMachine.small()) {
            assertFalse(machine.mm.isMmapLocked());
            machine.mm.mmapReadLock(machine.task);
            assertTrue(machine.mm.isMmapLocked());
            machine.mm.mmapReadUnlock(machine.task);
            machine.mm.mmapWriteLock(machine.task);
            assertTrue(machine.mm.isMmapLocked());
            machine.mm.mmapWriteUnlock(machine.task);
            assertFalse(machine.mm.isMmapLocked());
        }
    }

    @Test
    void shouldAllocateNothingOnAFault() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final int pages = 8192;
        try (MmMachine machine = new MmMachine(PhysicalMemory.builder().normalPages(32768), 4)) {
            machine.map(BASE, 3 * pages, RW);
            // The identity of the mapping, the classes, and the first passes of the compiler.
            touch(machine, BASE, pages);
            touch(machine, BASE + pages * PAGE, pages);
            final long before = threads.getCurrentThreadAllocatedBytes();
            touch(machine, BASE + 2L * pages * PAGE, pages);
            final long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < pages / 8, () -> "bytes allocated in " + 2 * pages + " faults: " + allocated);
        }
    }

    private static void touch(final MmMachine machine, final long start, final int pages) {
        machine.mm.mmapReadLock(machine.task);
        final VmArea vma = machine.mm.findVma(start);
        for (int i = 0; i < pages; i++) {
            machine.mm.handleMmFault(machine.task, vma, start + i * PAGE, i % 2 == 0 ? 0 : FAULT_FLAG_WRITE);
            machine.mm.handleMmFault(machine.task, vma, start + i * PAGE, FAULT_FLAG_WRITE);
        }
        machine.mm.mmapReadUnlock(machine.task);
    }

    @Test
    void shouldKeepMovablePagesOfAnonymousMemoryOutOfCmaUntilTheRestIsUsedUp() {
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().normalPages(2048).cma("test", 1024);
        try (MmMachine machine = new MmMachine(builder, 4)) {
            machine.map(BASE, 2048, RW);
            for (int i = 0; i < 2048; i++) {
                machine.store(BASE + i * PAGE, i);
            }
            int cma = 0;
            for (int i = 0; i < 2048; i++) {
                cma += machine.memory.isCma(machine.pfn(BASE + i * PAGE)) ? 1 : 0;
            }
            assertEquals(1024, cma);
            assertFalse(machine.memory.isCma(machine.pfn(BASE)));
            assertTrue(Pte.isWritable(machine.pte(BASE)));
        }
    }
}
