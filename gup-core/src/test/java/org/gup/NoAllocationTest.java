package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.IntSupplier;
import org.gup.fast.LeafGuard;
import org.gup.file.DaxFile;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.kernel.FsDaxCheck;
import org.gup.mm.Mman;
import org.gup.page.DevPagemap;
import org.gup.stat.Counter;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A path that returns pages allocates nothing: not a byte in 100,000 warm calls. */
class NoAllocationTest {
    private static final int CALLS = 100_000;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static void assertAllocatesNothing(final int expected, final IntSupplier call) {
        final long thread = Thread.currentThread().getId();
        long measuring = 0;
        for (int i = 0; i < 20_000; i++) {
            assertEquals(expected, call.getAsInt());
            measuring += THREADS.getThreadAllocatedBytes(thread) & 1; // the measuring call allocates when it is new
        }
        assertEquals(0, measuring);
        // The JVM itself allocates for a thread now and then, when it links or recompiles; what the calls allocate
        // shows in
        // every batch.
        long least = Long.MAX_VALUE;
        for (int batch = 0; batch < 3 && least > 0; batch++) {
            long wrong = 0;
            final long before = THREADS.getThreadAllocatedBytes(thread);
            for (int i = 0; i < CALLS; i++) {
                wrong += call.getAsInt() - expected;
            }
            least = Math.min(least, THREADS.getThreadAllocatedBytes(thread) - before);
            assertEquals(0, wrong);
        }
        assertEquals(0, least, "bytes in " + CALLS + " calls");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fused", "check-by-check"})
    void shouldAllocateNothingFast(final String shape) {
        final LeafGuard guard = shape.equals("fused") ? LeafGuard.fused() : LeafGuard.checkByCheck();
        try (TestMachine machine = TestMachine.of(5, guard)) {
            machine.map(BASE, 16, RW);
            machine.populate(BASE, 16);
            final long[] pages = new long[16];
            assertAllocatesNothing(16, () -> {
                final int got =
                        machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 16, FollFlags.FOLL_WRITE, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
        }
    }

    @Test
    void shouldAllocateNothingSlow() {
        try (TestMachine machine = TestMachine.small()) {
            machine.map(BASE, 8, RW);
            machine.populate(BASE, 4);
            final long[] pages = new long[8];
            assertAllocatesNothing(4, () -> {
                final int got = (int) machine.getUserPages(BASE, 4, FollFlags.FOLL_WRITE, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
            // Zero pages: the walk stops at once, the slow leg returns them.
            assertAllocatesNothing(2, () -> {
                final int got = machine.gup.getUserPagesFast(machine.task, machine.mm, BASE + 4 * PAGE, 2, 0, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
        }
    }

    @Test
    void shouldAllocateNothingWhenFaultingIn() {
        try (TestMachine machine = TestMachine.small()) {
            final long[] pages = new long[4];
            final long thread = Thread.currentThread().getId();
            long least = Long.MAX_VALUE;
            long inBatch = 0;
            for (int round = 1; round <= 40_000 && least > 0; round++) {
                machine.map(BASE, 4, RW);
                final long before = THREADS.getThreadAllocatedBytes(thread);
                final int got =
                        machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 4, FollFlags.FOLL_WRITE, pages);
                machine.gup.putPages(machine.task, pages, got);
                inBatch += THREADS.getThreadAllocatedBytes(thread) - before;
                assertEquals(4, got);
                assertEquals(0, machine.mm.munmap(machine.task, BASE, 4 * PAGE));
                if (round % 5_000 == 0) {
                    least = round <= 10_000 ? Long.MAX_VALUE : Math.min(least, inBatch);
                    inBatch = 0;
                }
            }
            assertEquals(0, least, "bytes in 20,000 warm faults");
        }
    }

    @Test
    void shouldAllocateNothingOnHugePages() {
        try (TestMachine machine = TestMachine.small()) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            assertEquals(0, machine.mm.mprotect(machine.task, BASE, 512 * PAGE, Mman.PROT_READ));
            final long[] pages = new long[512];
            assertAllocatesNothing(512, () -> {
                final int got = machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 512, 0, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
        }
    }

    @Test
    void shouldAllocateNothingInAWarmLongtermPin() {
        try (TestMachine machine = TestMachine.withCma(kernel -> {})) {
            machine.map(BASE, 16, RW);
            machine.populate(BASE, 16);
            final long[] pages = new long[16];
            assertAllocatesNothing(16, () -> {
                final int got = (int) machine.getUserPages(BASE, 16, FollFlags.FOLL_LONGTERM, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
            // The slow leg of the fast call.
            assertEquals(0, machine.mm.munmap(machine.task, BASE + 4 * PAGE, 12 * PAGE));
            machine.map(BASE + 4 * PAGE, 12, RW);
            assertAllocatesNothing(8, () -> {
                final int got =
                        machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 8, FollFlags.FOLL_LONGTERM, pages);
                machine.gup.putPages(machine.task, pages, got);
                return got;
            });
        }
    }

    @ParameterizedTest
    @EnumSource(FsDaxCheck.class)
    void shouldAllocateNothingWhereverFilesAreRefused(final FsDaxCheck check) {
        final PhysicalMemory.Builder options = PhysicalMemory.builder().device(DevPagemap.Type.FS_DAX, 512);
        try (TestMachine machine = new TestMachine(options, 4, kernel -> kernel.fsDaxCheck(check))) {
            final DevPagemap device = machine.memory.devices().get(0);
            try (DaxFile file = new DaxFile(machine.memory, "file", device, device.startPfn(), 8 * PAGE)) {
                machine.map(BASE, 8, RW);
                final long mapped = machine.mm.mmapFile(
                        machine.task, BASE + 8 * PAGE, 8 * PAGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, file, 0);
                assertEquals(BASE + 8 * PAGE, mapped);
                machine.populate(BASE, 16);
                final long[] pages = new long[16];
                final int refused = check == FsDaxCheck.AFTER_WALK ? -Errno.EOPNOTSUPP : 8;
                for (final int nrPages : new int[] {8, 16}) {
                    assertAllocatesNothing(nrPages == 8 ? 8 : refused, () -> {
                        final int got = (int) machine.getUserPages(BASE, nrPages, FollFlags.FOLL_LONGTERM, pages);
                        machine.gup.putPages(machine.task, pages, Math.max(got, 0));
                        return got;
                    });
                }
                assertEquals(0, machine.mm.munmap(machine.task, BASE, 16 * PAGE));
            }
        }
    }

    @Test
    void shouldAllocateNothingWhenPinningMovesPages() {
        try (TestMachine machine = TestMachine.withCma(kernel -> {})) {
            machine.lendCma();
            final long[] pages = new long[4];
            final long thread = Thread.currentThread().getId();
            long least = Long.MAX_VALUE;
            long inBatch = 0;
            machine.map(BASE, 4, RW);
            for (int round = 1; round <= 40_000 && least > 0; round++) {
                final long moved = machine.count(Counter.PGMIGRATE_SUCCESS);
                final long before = THREADS.getThreadAllocatedBytes(thread);
                final int got = machine.gup.getUserPagesFast(
                        machine.task, machine.mm, BASE, 4, FollFlags.FOLL_WRITE | FollFlags.FOLL_LONGTERM, pages);
                machine.gup.putPages(machine.task, pages, got);
                inBatch += THREADS.getThreadAllocatedBytes(thread) - before;
                assertEquals(4, got);
                assertEquals(4, machine.count(Counter.PGMIGRATE_SUCCESS) - moved);
                assertEquals(0, machine.mm.madvise(machine.task, BASE, 4 * PAGE, Mman.MADV_DONTNEED));
                if (round % 5_000 == 0) {
                    least = round <= 10_000 ? Long.MAX_VALUE : Math.min(least, inBatch);
                    inBatch = 0;
                }
            }
            assertEquals(0, least, "bytes in 5,000 warm calls, four pages moved in each");
        }
    }
}
