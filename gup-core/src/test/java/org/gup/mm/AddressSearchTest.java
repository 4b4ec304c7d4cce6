package org.gup.mm;

import static org.gup.mm.MmMachine.BASE;
import static org.gup.mm.MmMachine.PAGE;
import static org.gup.mm.MmMachine.PRIVATE;
import static org.gup.mm.MmMachine.RW;
import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_FIXED_NOREPLACE;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.flags.Errno;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where mmap puts things, and what the calls refuse. */
class AddressSearchTest {
    private static final long TOP = (1L << 47) - PAGE - (128L << 20);

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldFillGapsFromTheTopDown(final int levels) {
        try (MmMachine machine = MmMachine.of(levels)) {
            assertEquals(TOP - 4 * PAGE, mmap(machine, 0, 4));
            assertEquals(TOP - 10 * PAGE, mmap(machine, 0, 6));
            machine.unmap(TOP - 8 * PAGE, 2);
            assertEquals(TOP - 13 * PAGE, mmap(machine, 0, 3), "the gap of two pages is too small");
            assertEquals(TOP - 8 * PAGE, mmap(machine, 0, 2), "the gap of two pages fits");
        }
    }

    @Test
    void shouldTakeAHintWhereItFits() {
        try (MmMachine machine = MmMachine.small()) {
            assertEquals(BASE, mmap(machine, BASE + 5, 2));
            assertEquals(BASE + 2 * PAGE, mmap(machine, BASE + 2 * PAGE, 2));
            assertEquals(TOP - 2 * PAGE, mmap(machine, BASE + 3 * PAGE, 2), "taken, so anywhere");
            assertEquals(AddressSearch.MMAP_MIN_ADDR, mmap(machine, PAGE, 1));
            assertEquals(TOP - 3 * PAGE, mmap(machine, -PAGE, 1), "a hint outside user space is none");
        }
    }

    @Test
    void shouldKeepTheGuardGapBelowAStack() {
        try (MmMachine machine = MmMachine.small()) {
            final long stack = machine.mm.mmap(machine.task, 0, 4 * PAGE, RW, PRIVATE | MAP_GROWSDOWN);
            assertEquals(TOP - 4 * PAGE, stack);
            assertEquals(stack - AddressSearch.STACK_GUARD_GAP - PAGE, mmap(machine, 0, 1));
            final long near = stack - AddressSearch.STACK_GUARD_GAP;
            assertEquals(near - 2 * PAGE, mmap(machine, near, 1), "a hint inside the gap is not taken");
        }
    }

    @Test
    void shouldGoAbove47BitsOnlyForAHintThere() {
        try (MmMachine machine = MmMachine.of(5)) {
            final long high = 1L << 50;
            assertEquals(high, mmap(machine, high, 4));
            assertEquals(TOP - PAGE, mmap(machine, 0, 1));
            final long top5 = (1L << 56) - PAGE - (128L << 20);
            assertEquals(top5 - PAGE, mmap(machine, high + PAGE, 1), "taken, so from the top of what the hint opens");
        }
    }

    @Test
    void shouldLookFromBelowWhenNothingIsFreeBelowTheTop() {
        try (MmMachine machine = MmMachine.small()) {
            machine.map(PAGE, (TOP - PAGE) / PAGE, RW);
            final long found = mmap(machine, 0, 1);
            assertEquals(TOP, found);
            assertEquals(-Errno.ENOMEM, machine.mm.mmap(machine.task, 0, 1L << 40, RW, PRIVATE));
        }
    }

    @Test
    void shouldRefuseWhatLinuxRefuses() {
        try (MmMachine machine = MmMachine.small()) {
            final long taskSize = (1L << 47) - PAGE;
            machine.map(BASE, 2, RW);
            assertEquals(-Errno.EINVAL, call(machine, 0, 0, PRIVATE));
            assertEquals(-Errno.ENOMEM, call(machine, 0, -1, PRIVATE));
            assertEquals(-Errno.ENOMEM, call(machine, 0, 1L << 48, PRIVATE));
            assertEquals(-Errno.EINVAL, call(machine, BASE + 1, PAGE, PRIVATE | MAP_FIXED));
            assertEquals(-Errno.ENOMEM, call(machine, taskSize, PAGE, PRIVATE | MAP_FIXED));
            assertEquals(-Errno.EEXIST, call(machine, BASE + PAGE, PAGE, PRIVATE | MAP_FIXED_NOREPLACE));
            assertEquals(-Errno.EINVAL, call(machine, 0, PAGE, MAP_ANONYMOUS));
            assertEquals(-Errno.EINVAL, call(machine, 0, PAGE, MAP_ANONYMOUS | Mman.MAP_SHARED_VALIDATE));
            assertEquals(-Errno.EINVAL, call(machine, 0, PAGE, PRIVATE | Mman.MAP_SHARED));
            assertEquals(-Errno.EINVAL, call(machine, 0, PAGE, MAP_ANONYMOUS | Mman.MAP_SHARED | Mman.MAP_GROWSDOWN));
            assertEquals(-Errno.EINVAL, call(machine, 0, PAGE, MAP_PRIVATE));
            assertEquals(taskSize - PAGE, call(machine, taskSize - PAGE, PAGE, PRIVATE | MAP_FIXED));

            final MmStruct mm = machine.mm;
            assertEquals(-Errno.EINVAL, mm.munmap(machine.task, BASE + 1, PAGE));
            assertEquals(-Errno.EINVAL, mm.munmap(machine.task, BASE, 0));
            assertEquals(-Errno.EINVAL, mm.munmap(machine.task, BASE, 1L << 48));
            assertEquals(-Errno.EINVAL, mm.munmap(machine.task, 1L << 48, PAGE));
            assertEquals(-Errno.EINVAL, mm.mprotect(machine.task, BASE + 1, PAGE, RW));
            assertEquals(-Errno.EINVAL, mm.mprotect(machine.task, BASE, PAGE, 0x10));
            assertEquals(0, mm.mprotect(machine.task, BASE, 0, RW));
            assertEquals(-Errno.ENOMEM, mm.mprotect(machine.task, BASE, -PAGE, RW));
            assertEquals(-Errno.ENOMEM, mm.mprotect(machine.task, BASE, 3 * PAGE, RW));
            assertEquals(-Errno.ENOMEM, mm.mprotect(machine.task, BASE - PAGE, 3 * PAGE, RW));
            assertEquals(-Errno.EINVAL, mm.pkeyMprotect(machine.task, BASE, PAGE, RW, 16));
            assertEquals(-Errno.EINVAL, mm.mprotect(machine.task, BASE, PAGE, RW | Mman.PROT_GROWSDOWN));
            assertEquals(-Errno.EINVAL, mm.madvise(machine.task, BASE, PAGE, 99));
            assertEquals(-Errno.EINVAL, mm.madvise(machine.task, BASE + 1, PAGE, Mman.MADV_HUGEPAGE));
            assertEquals(-Errno.ENOMEM, mm.madvise(machine.task, BASE, 3 * PAGE, Mman.MADV_HUGEPAGE));
            assertEquals(0, mm.madvise(machine.task, BASE, 0, Mman.MADV_HUGEPAGE));
            assertTrue(machine.layout().startsWith("0-2rwh "), machine.layout());
        }
    }

    private static long call(final MmMachine machine, final long address, final long bytes, final int flags) {
        return machine.mm.mmap(machine.task, address, bytes, RW, flags);
    }

    private static long mmap(final MmMachine machine, final long hint, final long pages) {
        return machine.mm.mmap(machine.task, hint, pages * PAGE, RW, PRIVATE);
    }
}
