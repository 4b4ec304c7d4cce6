package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.HUGE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that fault on the same pages, and threads that read while another unmaps. */
@Timeout(120)
class ConcurrentFaultTest {
    private static final int MEMBERS = 4;
    private static final int PAGES = 600;
    private static final int ROUNDS = 5_000;

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldInstallEachPageOnceWhenManyFaultOnIt(final int levels) throws Exception {
        final long seed = System.nanoTime();
        try (MmMachine machine = MmMachine.of(levels);
                Crew crew = new Crew(machine, MEMBERS)) {
            for (int round = 0; round < 40; round++) {
                final long base = BASE + (round % 3) * 37L * HUGE - 50 * PAGE;
                machine.map(base, PAGES, RW);
                final long before = machine.memory.freePages();
                final int roundNow = round;
                crew.run((task, member) -> {
                    final Random random = new Random(seed + roundNow * 31L + member);
                    for (int i = 0; i < 2 * PAGES; i++) {
                        final long address = base + random.nextInt(PAGES) * PAGE;
                        final int flags = random.nextInt(3) == 0 ? 0 : FAULT_FLAG_WRITE;
                        assertEquals(0, machine.fault(task, address, flags) & VM_FAULT_ERROR);
                    }
                    for (int i = 0; i < PAGES; i++) {
                        UserAccess.store(task, machine.mm, base + i * PAGE + 8L * member, base + i);
                    }
                });
                machine.memory.lruvec().drainAll(machine.task);
                assertEquals(PAGES, before - machine.memory.freePages(), "seed=" + seed + ", round=" + round);
                for (int i = 0; i < PAGES; i++) {
                    final long pfn = machine.pfn(base + i * PAGE);
                    assertEquals(1, machine.refcount(pfn), "seed=" + seed + ", page=" + i);
                    assertEquals(1, machine.mapcount(pfn), "seed=" + seed + ", page=" + i);
                    for (int member = 0; member < MEMBERS; member++) {
                        assertEquals(base + i, machine.load(base + i * PAGE + 8L * member), "a store was lost");
                    }
                }
                machine.unmap(base, PAGES);
            }
        }
    }

    @Test
    void shouldInstallEachHugePageOnceWhenManyFaultOnIt() throws Exception {
        final long seed = System.nanoTime();
        try (MmMachine machine = MmMachine.small();
                Crew crew = new Crew(machine, MEMBERS)) {
            for (int round = 0; round < 40; round++) {
                machine.mapHuge(BASE, 4 * 512, RW);
                final int roundNow = round;
                crew.run((task, member) -> {
                    final Random random = new Random(seed + roundNow * 31L + member);
                    for (int i = 0; i < 32; i++) {
                        final long address = BASE + random.nextInt(4 * 512) * PAGE;
                        final int flags = random.nextBoolean() ? 0 : FAULT_FLAG_WRITE;
                        assertEquals(0, machine.fault(task, address, flags) & VM_FAULT_ERROR);
                        if (random.nextInt(16) == 0) {
                            machine.mm.mmapReadLock(task);
                            assertTrue(machine.mm.splitHugePmd(task, machine.vma(address), address));
                            machine.mm.mmapReadUnlock(task);
                        }
                    }
                    for (int i = 0; i < 4 * 512; i += 64) {
                        UserAccess.store(task, machine.mm, BASE + i * PAGE + 8L * member, i);
                    }
                });
                machine.memory.lruvec().drainAll(machine.task);
                for (int i = 0; i < 4 * 512; i += 64) {
                    final long address = BASE + i * PAGE;
                    final long head = machine.memory
                            .memMap()
                            .pfn(machine.memory
                                    .memMap()
                                    .head(machine.memory.memMap().page(machine.pfn(address))));
                    if (machine.isHuge(address)) {
                        assertEquals(1, machine.compoundMapcount(head), "seed=" + seed);
                        assertEquals(1, machine.refcount(head), "seed=" + seed);
                    } else {
                        assertEquals(0, machine.compoundMapcount(head), "seed=" + seed);
                        assertEquals(1, machine.mapcount(machine.pfn(address)), "seed=" + seed);
                    }
                    for (int member = 0; member < MEMBERS; member++) {
                        assertEquals(i, machine.load(address + 8L * member), "a store was lost, seed=" + seed);
                    }
                }
                machine.unmap(BASE, 4 * 512);
                assertEquals(1, machine.memory.tables().allocated(), "only the top table is left");
            }
        }
    }

    /**
     * A mapping of 8 pages comes and goes; its pages are handed on to another one that holds other values. Readers look while it
     * is there, so that most of them are in the middle of a load when it goes.
     */
    @ParameterizedTest
    @EnumSource(TlbSync.class)
    void shouldNeverShowAReaderAnotherMappingsBytes(final TlbSync sync) throws Exception {
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().normalPages(1024).tlbSync(sync);
        try (MmMachine machine = new MmMachine(builder, 4);
                Crew crew = new Crew(machine, 4)) {
            final AtomicBoolean stop = new AtomicBoolean();
            final AtomicBoolean mapped = new AtomicBoolean();
            final AtomicInteger seen = new AtomicInteger();
            crew.run((task, member) -> {
                if (member == 0) {
                    try {
                        for (int round = 0; round < ROUNDS || seen.get() == 0; round++) {
                            remap(machine, task, mapped, round % 512 + 1);
                        }
                    } finally {
                        stop.set(true);
                    }
                    return;
                }
                for (int i = 0; !stop.get(); i++) {
                    if (mapped.get()) {
                        final long address = BASE + i % 8 * PAGE;
                        try {
                            final long value = UserAccess.load(task, machine.mm, address);
                            assertTrue(value == 0 || (value & -PAGE) == address, "bytes of another page");
                            seen.incrementAndGet();
                        } catch (final SegmentationFault unmapped) {
                            assertEquals(address, unmapped.address());
                        }
                    } else {
                        Thread.onSpinWait();
                    }
                }
            });
        }
    }

    private static void remap(final MmMachine machine, final Task task, final AtomicBoolean mapped, final long value) {
        final long other = BASE + 64 * HUGE;
        assertEquals(BASE, machine.mm.mmap(task, BASE, 8 * PAGE, RW, MmMachine.PRIVATE | Mman.MAP_FIXED));
        for (int i = 0; i < 8; i++) {
            UserAccess.store(task, machine.mm, BASE + i * PAGE, BASE + i * PAGE + value);
        }
        mapped.set(true);
        for (int i = 0; i < 100; i++) {
            Thread.onSpinWait();
        }
        mapped.set(false);
        assertEquals(0, machine.mm.munmap(task, BASE, 8 * PAGE));
        assertEquals(other, machine.mm.mmap(task, other, 8 * PAGE, RW, MmMachine.PRIVATE | Mman.MAP_FIXED));
        for (int i = 0; i < 8; i++) {
            UserAccess.store(task, machine.mm, other + i * PAGE, 0x666L << 40);
        }
        assertEquals(0, machine.mm.munmap(task, other, 8 * PAGE));
    }

    /** Where flushes wait, nothing lands after mprotect has returned. */
    @Test
    void shouldStopEveryStoreBeforeMprotectReturns() throws Exception {
        final PhysicalMemory.Builder builder = PhysicalMemory.builder().tlbSync(TlbSync.IPI_WAIT);
        try (MmMachine machine = new MmMachine(builder, 4);
                Crew crew = new Crew(machine, 3)) {
            machine.map(BASE, 4, RW);
            machine.mapHuge(BASE + HUGE, 512, RW);
            final AtomicBoolean stop = new AtomicBoolean();
            crew.run((task, member) -> {
                final long[] addresses = {BASE, BASE + 3 * PAGE, BASE + HUGE + 77 * PAGE};
                if (member > 0) {
                    for (long value = member; !stop.get(); value += 2) {
                        for (final long address : addresses) {
                            try {
                                UserAccess.store(task, machine.mm, address, value);
                            } catch (final SegmentationFault readOnly) {
                                assertTrue(readOnly.vmFault() != 0);
                            }
                        }
                    }
                    return;
                }
                try {
                    for (int round = 0; round < 800; round++) {
                        assertEquals(0, machine.mm.mprotect(task, BASE, 4 * PAGE, PROT_READ));
                        assertEquals(0, machine.mm.mprotect(task, BASE + HUGE, HUGE, PROT_READ));
                        final long[] values = new long[3];
                        for (int i = 0; i < 3; i++) {
                            values[i] = UserAccess.load(task, machine.mm, addresses[i]);
                        }
                        Thread.yield();
                        for (int i = 0; i < 3; i++) {
                            assertEquals(values[i], UserAccess.load(task, machine.mm, addresses[i]), "round " + round);
                        }
                        assertEquals(0, machine.mm.mprotect(task, BASE, 4 * PAGE, RW));
                        assertEquals(0, machine.mm.mprotect(task, BASE + HUGE, HUGE, RW));
                        Thread.yield();
                    }
                } finally {
                    stop.set(true);
                }
            });
        }
    }

    @Test
    void shouldKeepEveryByteWhileHugePagesAreSplitUnderReaders() throws Exception {
        try (MmMachine machine = MmMachine.small();
                Crew crew = new Crew(machine, 3)) {
            for (int round = 0; round < 200; round++) {
                machine.mapHuge(BASE, 512, RW);
                for (int i = 0; i < 512; i += 16) {
                    machine.store(BASE + i * PAGE, i);
                }
                crew.run((task, member) -> {
                    if (member == 0) {
                        machine.mm.mmapReadLock(task);
                        assertTrue(machine.mm.splitHugePmd(task, machine.vma(BASE), BASE));
                        machine.mm.mmapReadUnlock(task);
                        return;
                    }
                    for (int i = 0; i < 512; i += 16) {
                        assertEquals(i, UserAccess.load(task, machine.mm, BASE + i * PAGE));
                    }
                });
                assertEquals(512, machine.refcount(machine.pfn(BASE)));
                machine.unmap(BASE, 512);
            }
        }
    }

    @Test
    void shouldDropAndRefaultConcurrently() throws Exception {
        final long seed = System.nanoTime();
        try (MmMachine machine = MmMachine.small();
                Crew crew = new Crew(machine, MEMBERS)) {
            machine.mapHuge(BASE, 1024 + 256, RW);
            crew.run((task, member) -> {
                final Random random = new Random(seed + member);
                for (int i = 0; i < 1500; i++) {
                    final long address = BASE + random.nextInt(1024 + 256) * PAGE;
                    final int dice = random.nextInt(8);
                    if (dice == 0) {
                        final long start = random.nextBoolean() ? address : address & -HUGE;
                        final long pages = random.nextBoolean() ? 1 : 512;
                        machine.mm.madvise(task, start, pages * PAGE, Mman.MADV_DONTNEED);
                    } else if (dice < 4) {
                        final long value = UserAccess.load(task, machine.mm, address);
                        assertTrue(value == 0 || value == address, "seed=" + seed);
                    } else {
                        UserAccess.store(task, machine.mm, address, address);
                    }
                }
            });
        }
    }

    @Test
    void shouldGrowAStackForAllWhoUseIt() throws Exception {
        try (MmMachine machine = MmMachine.small();
                Crew crew = new Crew(machine, MEMBERS)) {
            final long stack = machine.mm.mmap(
                    machine.task, BASE, 4 * PAGE, RW, MmMachine.PRIVATE | MAP_GROWSDOWN | Mman.MAP_FIXED);
            crew.run((task, member) -> {
                for (int i = 0; i < 500; i++) {
                    UserAccess.store(task, machine.mm, stack - i * PAGE - 8L * (member + 1), i);
                }
            });
            assertEquals(stack - 500 * PAGE, machine.vma(stack).start());
            assertEquals(machine.vma(stack).start() >>> 12, machine.vma(stack).pgoff());
            for (int i = 0; i < 500; i++) {
                for (int member = 0; member < MEMBERS; member++) {
                    assertEquals(i, machine.load(stack - i * PAGE - 8L * (member + 1)));
                }
            }
        }
    }
}
