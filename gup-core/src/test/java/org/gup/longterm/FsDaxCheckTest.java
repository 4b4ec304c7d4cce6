package org.gup.longterm;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.Errno.EOPNOTSUPP;
import static org.gup.flags.FollFlags.FOLL_ANON;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.Map;
import org.gup.GetUserPages;
import org.gup.GetUserPagesBuilder;
import org.gup.TestMachine;
import org.gup.file.DaxFile;
import org.gup.kernel.FsDaxCheck;
import org.gup.kernel.KernelVersion;
import org.gup.mm.UserAccess;
import org.gup.mm.VmArea;
import org.gup.page.DevPagemap;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mappings of DAX file systems refused after the walk, as in v5.2, and before it, as in v5.11: one machine, one address space,
 * two kernels. Row ids are those of the conformance table, whose later outcomes are those of the check before the walk.
 */
class FsDaxCheckTest {
    private static final int CALL = 8;

    private final TestMachine machine = new TestMachine(
            PhysicalMemory.builder().cma("area", 4096).device(DevPagemap.Type.FS_DAX, 2048), 4, kernel -> {});
    private final PhysicalMemory memory = machine.memory;
    private final Task task = machine.task;
    private final DevPagemap pmem = memory.devices().get(0);
    private final DaxFile file = new DaxFile(memory, "file", pmem, pmem.startPfn() + 3, 64 * PAGE);
    private final long[] pages = new long[1024];
    private final Map<FsDaxCheck, GetUserPages> kernels = new EnumMap<>(FsDaxCheck.class);

    FsDaxCheckTest() {
        for (final FsDaxCheck check : FsDaxCheck.values()) {
            kernels.put(check, kernel(check).build());
        }
    }

    private GetUserPagesBuilder kernel(final FsDaxCheck check) {
        return GetUserPages.builder(memory).fsDaxCheck(check);
    }

    @AfterEach
    void closeMachine() {
        machine.mm.munmap(task, BASE, 4096 * PAGE);
        file.close();
        machine.close();
    }

    private GetUserPages of(final FsDaxCheck check) {
        return kernels.getOrDefault(check, machine.gup);
    }

    private long slow(final GetUserPages gup, final long start, final int nrPages, final int flags) {
        machine.mm.mmapReadLock(task);
        try {
            return gup.getUserPages(task, machine.mm, start, nrPages, flags, pages, null);
        } finally {
            machine.mm.mmapReadUnlock(task);
        }
    }

    private void mapDax(final long address, final int nrPages, final int flags) {
        assertEquals(address, machine.mm.mmapFile(task, address, nrPages * PAGE, RW, flags | MAP_FIXED, file, 0));
    }

    /** Eight pages, written: anonymous ones before and after those of the file. */
    private void mapAround(final int first, final int nrDax) {
        file.allocate(task, 0, nrDax);
        machine.map(BASE, CALL, RW);
        if (nrDax > 0) {
            mapDax(BASE + first * PAGE, nrDax, MAP_SHARED);
        }
        for (int i = 0; i < CALL; i++) {
            UserAccess.store(task, machine.mm, BASE + i * PAGE, i + 1);
        }
        memory.lruvec().drainAll(task);
    }

    /** References that nobody took: one for each anonymous page's mapping, one for each idle page of the device. */
    private void assertIdle(final int first, final int nrDax) {
        final long[] mapped = new long[CALL];
        assertEquals(CALL, machine.gup.getUserPagesFastOnly(task, machine.mm, BASE, CALL, true, mapped));
        machine.gup.putPages(task, mapped, CALL);
        for (int i = 0; i < CALL; i++) {
            final boolean dax = i >= first && i < first + nrDax;
            assertEquals(1, machine.refcount(mapped[i]), "page " + i);
            assertEquals(dax, mapped[i] >= pmem.startPfn() && mapped[i] < pmem.endPfn(), "page " + i);
        }
    }

    private void assertHeldAndPut(final GetUserPages gup, final int nrPages) {
        for (int i = 0; i < nrPages; i++) {
            assertEquals(2, machine.refcount(pages[i]), "its mapping and this pin: page " + i);
            assertEquals(i + 1, memory.frames().getLong(pages[i], 0), "contents of page " + i);
        }
        gup.putPages(task, pages, nrPages);
    }

    @ParameterizedTest
    @CsvSource({
        "AFTER_WALK, 0, 8, -95, 0, 0+8",
        "AFTER_WALK, 0, 1, -95, 0, 0+8",
        "AFTER_WALK, 3, 2, -95, 0, 0+8",
        "AFTER_WALK, 7, 1, -95, 0, 0+8",
        "AFTER_WALK, 8, 0,   8, 8, 0+8",
        "BEFORE_WALK, 0, 8, -95, 0, 0+8",
        "BEFORE_WALK, 0, 1, -95, 0, 0+8",
        "BEFORE_WALK, 3, 2,   3, 3, 0+8",
        "BEFORE_WALK, 7, 1,   7, 7, 0+8",
        "BEFORE_WALK, 8, 0,   8, 8, 0+8",
    })
    void shouldRefuseTheCallOrReturnThePrefix(
            final FsDaxCheck check,
            final int first,
            final int nrDax,
            final long expected,
            final int held,
            final String inner) { // D03, D05
        mapAround(first, nrDax);
        for (final int flags : new int[] {FOLL_LONGTERM, FOLL_LONGTERM | FOLL_WRITE}) {
            task.innerCalls().clear();
            assertEquals(expected, slow(of(check), BASE, CALL, flags));
            assertEquals(inner, task.innerCalls().toString());
            assertHeldAndPut(of(check), held);
            assertIdle(first, nrDax);
        }
        if (expected > 0 && nrDax > 0) {
            assertEquals(-EOPNOTSUPP, slow(of(check), BASE + first * PAGE, 1, FOLL_LONGTERM), "the next call says why");
            assertIdle(first, nrDax);
        }
    }

    @ParameterizedTest
    @EnumSource(FsDaxCheck.class)
    void shouldLetEveryOtherCallIn(final FsDaxCheck check) {
        mapAround(2, 3);
        final GetUserPages gup = of(check);
        assertEquals(CALL, slow(gup, BASE, CALL, FOLL_WRITE));
        assertHeldAndPut(gup, CALL);
        assertEquals(CALL, gup.getUserPagesFast(task, machine.mm, BASE, CALL, FOLL_WRITE, pages));
        assertHeldAndPut(gup, CALL);
        assertEquals(CALL, gup.getUserPagesUnlocked(task, machine.mm, BASE, CALL, pages, 0));
        assertHeldAndPut(gup, CALL);
        assertEquals(-EINVAL, gup.getUserPagesUnlocked(task, machine.mm, BASE, CALL, pages, FOLL_LONGTERM));
        assertIdle(2, 3);
    }

    @ParameterizedTest
    @CsvSource({
        // The walk ends before the file's pages: what it has is kept, and the error of the slow leg hidden. D02, D06
        "AFTER_WALK, 0, 2, -95",
        "AFTER_WALK, 3, 2, 3",
        "AFTER_WALK, 7, 1, 7",
        "BEFORE_WALK, 0, 2, -95",
        "BEFORE_WALK, 3, 2, 3",
        "BEFORE_WALK, 7, 1, 7",
    })
    void shouldKeepWhatTheFastWalkHas(final FsDaxCheck check, final int first, final int nrDax, final int expected) {
        mapAround(first, nrDax);
        final long slowPages = machine.count(Counter.SLOW_PAGES);
        final GetUserPages gup = of(check);
        assertEquals(expected, gup.getUserPagesFast(task, machine.mm, BASE, CALL, FOLL_LONGTERM | FOLL_WRITE, pages));
        assertHeldAndPut(gup, Math.max(expected, 0));
        assertEquals(slowPages, machine.count(Counter.SLOW_PAGES));
        assertIdle(first, nrDax);
    }

    @ParameterizedTest
    @CsvSource({"AFTER_WALK, -95", "BEFORE_WALK, 4"})
    void shouldRefuseInTheSlowLegOfAFastCall(final FsDaxCheck check, final int expected) { // D07
        machine.map(BASE, 4, RW);
        mapDax(BASE + 4 * PAGE, 4, MAP_SHARED);
        final GetUserPages gup = of(check);
        assertEquals(expected, gup.getUserPagesFast(task, machine.mm, BASE, CALL, FOLL_LONGTERM | FOLL_WRITE, pages));
        assertFalse(machine.mm.isMmapLocked());
        memory.lruvec().drainAll(task);
        for (int i = 0; i < expected; i++) {
            assertEquals(2, machine.refcount(pages[i]));
        }
        gup.putPages(task, pages, Math.max(expected, 0));
        assertEquals(check == FsDaxCheck.AFTER_WALK ? pmem.startPfn() + 3 : -1, file.block(0), "blocks allocated");
        assertEquals(
                4, machine.gup.getUserPagesFast(task, machine.mm, BASE, 4, 0, pages), "the others were faulted in");
        assertEquals(2, machine.refcount(pages[0]));
        machine.gup.putPages(task, pages, 4);
    }

    @ParameterizedTest
    @EnumSource(FsDaxCheck.class)
    void shouldFaultInOnlyAfterTheWalkHasBegun(final FsDaxCheck check) { // D04
        mapDax(BASE, 1, MAP_SHARED);
        assertEquals(-EOPNOTSUPP, slow(of(check), BASE, 1, FOLL_LONGTERM | FOLL_WRITE));
        final boolean walked = check == FsDaxCheck.AFTER_WALK;
        assertEquals(walked ? pmem.startPfn() + 3 : -1, file.block(0));
        assertEquals(walked ? 1 : 0, machine.count(Counter.GUP_MINFLT) + machine.count(Counter.GUP_MAJFLT));
        assertEquals(1, machine.refcount(pmem.startPfn() + 3));
    }

    @ParameterizedTest
    @CsvSource({"AFTER_WALK, -95", "BEFORE_WALK, 2"})
    void shouldTestTheMappingAndNotThePage(final FsDaxCheck check, final long expected) { // D09
        machine.map(BASE, 2, RW);
        mapDax(BASE + 2 * PAGE, 2, MAP_PRIVATE);
        machine.populate(BASE, 4);
        assertEquals(expected, slow(of(check), BASE, 4, FOLL_LONGTERM));
        of(check).putPages(task, pages, (int) Math.max(expected, 0));
        assertEquals(-EOPNOTSUPP, slow(of(check), BASE + 2 * PAGE, 2, FOLL_LONGTERM), "its own copies");
    }

    /** Before the walk the file's kind is asked after the mapping's, and before what it permits. */
    @ParameterizedTest
    @CsvSource({"AFTER_WALK, -14, -14", "BEFORE_WALK, -95, -14"})
    void shouldAskInTheOrderOfTheKernel(final FsDaxCheck check, final long readOnly, final long notAnonymous) {
        file.allocate(task, 0, 2);
        mapDax(BASE, 2, MAP_SHARED);
        assertEquals(notAnonymous, slow(of(check), BASE, 1, FOLL_LONGTERM | FOLL_ANON));
        assertEquals(0, machine.mm.mprotect(task, BASE, 2 * PAGE, PROT_READ));
        assertEquals(readOnly, slow(of(check), BASE, 1, FOLL_LONGTERM | FOLL_WRITE));
        assertEquals(-EOPNOTSUPP, slow(of(check), BASE, 1, FOLL_LONGTERM));
        assertEquals(-EFAULT, slow(of(check), BASE + 2 * PAGE, 1, FOLL_LONGTERM), "no mapping");
    }

    @ParameterizedTest
    @EnumSource(FsDaxCheck.class)
    void shouldMoveThePrefixOutOfContiguousMemoryIfItIsKept(final FsDaxCheck check) {
        machine.lendCma();
        mapAround(5, 3);
        final long[] before = new long[5];
        assertEquals(5, machine.gup.getUserPagesFastOnly(task, machine.mm, BASE, 5, false, before));
        machine.gup.putPages(task, before, 5);
        for (final long pfn : before) {
            assertTrue(machine.isCma(pfn));
        }
        task.innerCalls().clear();
        final long got = slow(of(check), BASE, CALL, FOLL_LONGTERM);
        memory.lruvec().drainAll(task);
        if (check == FsDaxCheck.AFTER_WALK) {
            assertEquals(-EOPNOTSUPP, got);
            assertEquals(0, machine.count(Counter.MIGRATE_CALLS));
            for (final long pfn : before) {
                assertEquals(1, machine.refcount(pfn), "its mapping: it stays where it is");
            }
        } else {
            assertEquals(5, got);
            assertEquals("0+8/0+5", task.innerCalls().toString(), "what is pinned again is the prefix");
            assertEquals(5, machine.count(Counter.PGMIGRATE_SUCCESS));
            for (int i = 0; i < 5; i++) {
                assertFalse(machine.isCma(pages[i]));
                assertEquals(0, machine.refcount(before[i]), "the old page is free");
            }
            assertHeldAndPut(of(check), 5);
        }
        assertIdle(5, 3);
    }

    @Test
    void shouldFillTheCallersMappings() {
        mapAround(2, 6);
        for (final FsDaxCheck check : FsDaxCheck.values()) {
            final VmArea[] vmas = new VmArea[CALL];
            machine.mm.mmapReadLock(task);
            final long got = of(check).getUserPages(task, machine.mm, BASE, CALL, FOLL_LONGTERM, pages, vmas);
            assertSame(machine.mm.findVma(BASE), vmas[1]);
            if (check == FsDaxCheck.BEFORE_WALK) {
                assertEquals(2, got);
                assertNull(vmas[2], "never walked");
            } else {
                assertEquals(-EOPNOTSUPP, got);
                assertSame(machine.mm.findVma(BASE + 2 * PAGE), vmas[2]);
            }
            machine.mm.mmapReadUnlock(task);
            of(check).putPages(task, pages, (int) Math.max(got, 0));
        }
        assertIdle(2, 6);
    }

    /** What cannot be had is not wanted: no array of mappings, no failure to get one, no limit to its size. */
    @Test
    void shouldNotNeedAnArrayOfMappingsBeforeTheWalk() {
        machine.map(BASE, 1, RW);
        machine.populate(BASE, 1);
        task.failNth(FaultPoint.SCRATCH, 1);
        assertEquals(-ENOMEM, slow(of(FsDaxCheck.AFTER_WALK), BASE, 1, FOLL_LONGTERM));
        task.failNth(FaultPoint.SCRATCH, 1);
        assertEquals(1, slow(of(FsDaxCheck.BEFORE_WALK), BASE, 1, FOLL_LONGTERM));
        assertTrue(task.shouldFail(FaultPoint.SCRATCH), "it did not ask");
        of(FsDaxCheck.BEFORE_WALK).putPages(task, pages, 1);
        final long[] many = new long[(1 << 19) + 1];
        machine.mm.mmapReadLock(task);
        final GetUserPages after = of(FsDaxCheck.AFTER_WALK);
        assertEquals(-ENOMEM, after.getUserPages(task, machine.mm, BASE, many.length, FOLL_LONGTERM, many, null));
        assertEquals(1, after.warnings().size());
        final GetUserPages before = of(FsDaxCheck.BEFORE_WALK);
        assertEquals(1, before.getUserPages(task, machine.mm, BASE, many.length, FOLL_LONGTERM, many, null));
        assertEquals(0, before.warnings().size());
        machine.mm.mmapReadUnlock(task);
        before.putPages(task, many, 1);
    }

    @ParameterizedTest
    @EnumSource(FsDaxCheck.class)
    void shouldWantAnArrayForPages(final FsDaxCheck check) { // A05
        machine.map(BASE, 1, RW);
        machine.mm.mmapReadLock(task);
        assertEquals(-EINVAL, of(check).getUserPages(task, machine.mm, BASE, 1, FOLL_LONGTERM, null, null));
        machine.mm.mmapReadUnlock(task);
    }

    @ParameterizedTest
    @CsvSource({
        "AFTER_WALK, true, true, -95",
        "AFTER_WALK, true, false, -95",
        "AFTER_WALK, false, true, 8",
        "AFTER_WALK, false, false, 8",
        "BEFORE_WALK, true, true, 2",
        "BEFORE_WALK, true, false, 2",
        "BEFORE_WALK, false, true, 8",
        "BEFORE_WALK, false, false, 8",
    })
    void shouldRefuseWithTheConfigurationAlone(
            final FsDaxCheck check, final boolean fsDax, final boolean cma, final long expected) {
        mapAround(2, 6);
        final GetUserPages gup = kernel(check).configFsDax(fsDax).configCma(cma).build();
        assertEquals(expected, slow(gup, BASE, CALL, FOLL_LONGTERM));
        assertHeldAndPut(gup, (int) Math.max(expected, 0));
        assertIdle(2, 6);
    }

    @Test
    void shouldNotBeAskedOfAKernelWithoutTheFlag() {
        final GetUserPagesBuilder builder = kernel(FsDaxCheck.BEFORE_WALK).version(KernelVersion.V5_1);
        final String message =
                assertThrows(IllegalStateException.class, builder::build).getMessage();
        assertTrue(message.contains("v5.1") && message.contains("BEFORE_WALK"), message);
        mapAround(2, 6);
        final GetUserPages seed =
                kernel(FsDaxCheck.BEFORE_WALK).version(KernelVersion.SEED).build();
        assertEquals(2, slow(seed, BASE, CALL, FOLL_LONGTERM));
        assertHeldAndPut(seed, 2);
    }
}
