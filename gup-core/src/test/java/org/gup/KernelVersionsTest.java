package org.gup;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.kernel.KernelVersion;
import org.gup.mm.Mman;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the patch series changed, step by step, and what the two configurations change. */
class KernelVersionsTest {
    private final long[] pages = new long[16];
    private final int[] locked = {1};

    private static TestMachine machine(final KernelVersion version) {
        return TestMachine.withCma(kernel -> kernel.version(version));
    }

    private static TestMachine configured(final boolean cma, final boolean fsDax) {
        return TestMachine.withCma(kernel -> kernel.configCma(cma).configFsDax(fsDax));
    }

    private long longterm(final TestMachine machine, final int nrPages, final long[] into) {
        machine.mm.mmapReadLock(machine.task);
        try {
            return machine.gup.kernelVersion().hasLongtermFlag()
                    ? machine.gup.getUserPages(machine.task, machine.mm, BASE, nrPages, FOLL_LONGTERM, into, null)
                    : machine.gup.getUserPagesLongterm(machine.task, machine.mm, BASE, nrPages, 0, into, null);
        } finally {
            machine.mm.mmapReadUnlock(machine.task);
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldRefuseOrIgnoreTheFlagWhereItDoesNotBelong(final KernelVersion version) { // A08 to A11, A34
        try (TestMachine machine = machine(version)) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final long expected = version == KernelVersion.V5_1 ? 1 : -EINVAL;
            machine.mm.mmapReadLock(machine.task);
            final GetUserPages gup = machine.gup;
            assertEquals(
                    expected, gup.getUserPagesLocked(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, locked));
            assertEquals(1, locked[0]);
            assertEquals(
                    expected,
                    gup.getUserPagesRemote(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, null, null));
            assertEquals(
                    expected,
                    gup.getUserPagesRemote(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM, pages, null, locked));
            assertEquals(
                    Math.min(expected, 0),
                    gup.getUserPagesLocked(machine.task, machine.mm, BASE, 0, FOLL_LONGTERM, pages, locked));
            machine.mm.mmapReadUnlock(machine.task);
            assertEquals(expected, gup.getUserPagesUnlocked(machine.task, machine.mm, BASE, 1, pages, FOLL_LONGTERM));
            assertFalse(machine.mm.isMmapLocked());
            final int warnings = version == KernelVersion.V5_1 ? 0 : 3;
            assertEquals(warnings, gup.warnings().size());
            assertEquals(warnings, machine.count(Counter.WARNINGS));
            for (long i = 0; i < 4 && expected > 0; i++) {
                gup.putPage(machine.task, pages[0]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldMovePagesByWhicheverCallIsForThat(final KernelVersion version) {
        try (TestMachine machine = machine(version)) {
            machine.lendCma();
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            assertEquals(2, longterm(machine, 2, pages));
            assertFalse(machine.isCma(pages[0]));
            assertFalse(machine.isCma(pages[1]));
            machine.gup.putPages(machine.task, pages, 2);
        }
    }

    @Test
    void shouldIgnoreTheBitInThePlainCallOfV51() { // A13
        try (TestMachine machine = machine(KernelVersion.V5_1)) {
            machine.lendCma();
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            assertEquals(2, machine.getUserPages(BASE, 2, FOLL_LONGTERM, pages));
            assertTrue(machine.isCma(pages[0]));
            machine.gup.putPages(machine.task, pages, 2);
        }
    }

    @ParameterizedTest
    @EnumSource(value = KernelVersion.class, names = "V5_1", mode = EnumSource.Mode.EXCLUDE)
    void shouldHaveNoCallOfItsOwnSinceTheFlagCame(final KernelVersion version) {
        try (TestMachine machine = machine(version)) {
            machine.map(BASE, 1, RW);
            machine.mm.mmapReadLock(machine.task);
            final UnsupportedOperationException thrown = assertThrows(
                    UnsupportedOperationException.class,
                    () -> machine.gup.getUserPagesLongterm(machine.task, machine.mm, BASE, 1, 0, pages, null));
            assertTrue(thrown.getMessage().contains(version.release()), thrown.getMessage());
            machine.mm.mmapReadUnlock(machine.task);
        }
    }

    @ParameterizedTest
    @CsvSource({"V5_1,-14", "SEED,-14", "V5_2,1"})
    void shouldTakeAnyBitForWriteBeforeV52(final KernelVersion version, final int expected) { // A16
        try (TestMachine machine = machine(version)) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            assertEquals(0, machine.mm.mprotect(machine.task, BASE, PAGE, Mman.PROT_READ));
            for (final int flags : new int[] {FOLL_TOUCH, FOLL_LONGTERM}) {
                final int got = machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 1, flags, pages);
                assertEquals(expected == 1 ? 1 : -EFAULT, got);
                machine.gup.putPages(machine.task, pages, Math.max(got, 0));
            }
            assertEquals(1, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 1, 0, pages));
            machine.gup.putPage(machine.task, pages[0]);
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldKnowLongtermInTheFastCallOfV52Only(final KernelVersion version) {
        try (TestMachine machine = machine(version)) {
            machine.lendCma();
            machine.map(BASE, 1, RW);
            assertEquals(
                    1,
                    machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 1, FOLL_LONGTERM | FOLL_WRITE, pages));
            assertEquals(version != KernelVersion.V5_2, machine.isCma(pages[0]), "its slow leg moves it");
            machine.gup.putPage(machine.task, pages[0]);
        }
    }

    @Test
    void shouldTestLongtermArgumentsInTheKernelsOrder() { // A04, A05, A35
        try (TestMachine machine = machine(KernelVersion.V5_2)) {
            machine.map(BASE, 1, RW);
            assertEquals(-EINVAL, longterm(machine, 1, null));
            assertEquals(-EINVAL, longterm(machine, 0, null), "before nrPages is looked at");
            assertEquals(0, longterm(machine, 0, pages));
            machine.task.failNth(FaultPoint.SCRATCH, 1);
            assertEquals(-ENOMEM, longterm(machine, 0, pages), "the array comes first");
            assertEquals(0, longterm(machine, 0, pages));
        }
    }

    @Test
    void shouldFailWithoutMemoryForTheMappings() {
        try (TestMachine machine = machine(KernelVersion.V5_2)) {
            machine.map(BASE, 2, RW);
            machine.task.failNth(FaultPoint.SCRATCH, 1);
            assertEquals(-ENOMEM, longterm(machine, 2, pages));
            machine.task.failNth(FaultPoint.SCRATCH, 1);
            assertEquals(
                    -ENOMEM, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 2, FOLL_LONGTERM, pages));
            // A caller with an array of its own needs none.
            machine.task.failNth(FaultPoint.SCRATCH, 1);
            machine.mm.mmapReadLock(machine.task);
            assertEquals(
                    2,
                    machine.gup.getUserPages(machine.task, machine.mm, BASE, 2, FOLL_LONGTERM, pages, new VmArea[2]));
            machine.mm.mmapReadUnlock(machine.task);
            machine.gup.putPages(machine.task, pages, 2);
            machine.task.failNth(FaultPoint.SCRATCH, 0);
        }
    }

    @Test
    void shouldRefuseMorePagesThanABlockHoldsPointers() {
        try (TestMachine machine = machine(KernelVersion.V5_2)) {
            machine.map(BASE, 2, RW);
            machine.mm.mmapReadLock(machine.task);
            for (final long nrPages : new long[] {-1, (1L << 19) + 1, 1L << 20, 1L << 31}) {
                assertEquals(
                        -ENOMEM,
                        machine.gup.getUserPages(machine.task, machine.mm, BASE, nrPages, FOLL_LONGTERM, pages, null));
                assertEquals(nrPages < 0 ? 0 : 1, machine.gup.warnings().size(), "nrPages " + nrPages);
            }
            machine.mm.mmapReadUnlock(machine.task);
            final long[] many = new long[1 << 19];
            assertEquals(
                    2, longterm(machine, 1 << 19, many), "this many are allowed, and stop at the end of the mapping");
            machine.gup.putPages(machine.task, many, 2);
        }
    }

    @Test
    void shouldKeepThePagesOfTheWalkWhenTheRestIsRefused() {
        try (TestMachine machine = machine(KernelVersion.V5_2)) {
            machine.map(BASE, 4, RW);
            machine.populate(BASE, 2);
            final long[] many = new long[1 << 20];
            assertEquals(
                    2, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, many.length, FOLL_LONGTERM, many));
            assertEquals(1, machine.gup.warnings().size());
            machine.gup.putPages(machine.task, many, 2);
        }
    }

    @Test
    void shouldLeavePagesInPlaceWithoutConfigCma() { // D27, E40
        try (TestMachine machine = configured(false, true)) {
            machine.lendCma();
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            assertEquals(2, longterm(machine, 2, pages));
            assertTrue(machine.isCma(pages[0]));
            machine.gup.putPages(machine.task, pages, 2);
            assertEquals(-EINVAL, longterm(machine, 2, null), "CONFIG_FS_DAX is there");
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldBeAnOrdinaryCallWithNeitherConfiguration(final KernelVersion version) {
        try (TestMachine machine = TestMachine.withCma(
                kernel -> kernel.version(version).configCma(false).configFsDax(false))) {
            machine.lendCma();
            machine.map(BASE, 2, RW);
            assertEquals(2, longterm(machine, 2, null), "faulted in, no references");
            assertEquals(2, longterm(machine, 2, pages));
            assertEquals(machine.memory.zeroPfn(), pages[0]);
            machine.gup.putPages(machine.task, pages, 2);
            machine.task.failNth(FaultPoint.SCRATCH, 1);
            assertEquals(2, longterm(machine, 2, pages), "there is no array of mappings");
            machine.gup.putPages(machine.task, pages, 2);
        }
    }
}
