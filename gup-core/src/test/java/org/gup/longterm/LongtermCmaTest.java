package org.gup.longterm;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.ERESTARTSYS;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.gup.GetUserPagesBuilder;
import org.gup.MmPopulate;
import org.gup.TestMachine;
import org.gup.kernel.KernelVersion;
import org.gup.migrate.MigrationPhase;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.mm.VmArea;
import org.gup.page.Migratetype;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Longterm pins of pages that really lie in contiguous memory: contents, counts, frames. */
class LongtermCmaTest {
    private final List<MigrationPhase> phases = new ArrayList<>();
    private final long[] pages = new long[1024];
    private Runnable atPhase = () -> {};
    private MigrationPhase phaseOfInterest = MigrationPhase.REPIN;

    private TestMachine machine() {
        return TestMachine.withCma(this::listen);
    }

    private void listen(final GetUserPagesBuilder kernel) {
        kernel.migrationListener(this::enter);
    }

    private void enter(final Task task, final MigrationPhase phase) {
        phases.add(phase);
        if (phase == phaseOfInterest) {
            atPhase.run();
        }
    }

    private void at(final MigrationPhase phase, final Runnable what) {
        phaseOfInterest = phase;
        atPhase = what;
    }

    private long times(final MigrationPhase phase) {
        return phases.stream().filter(phase::equals).count();
    }

    private static long pin(final TestMachine machine, final int nrPages, final int flags, final long[] pages) {
        return machine.getUserPages(BASE, nrPages, flags | FOLL_LONGTERM, pages);
    }

    /** Populated memory in the area, one page after another. */
    private static long[] inCma(final TestMachine machine, final long address, final int nrPages) {
        machine.lendCma();
        machine.map(address, nrPages, RW);
        machine.populate(address, nrPages);
        return frames(machine, address, nrPages, true);
    }

    private static long[] frames(
            final TestMachine machine, final long address, final int nrPages, final boolean expectCma) {
        final long[] frames = new long[nrPages];
        assertEquals(
                nrPages, machine.gup.getUserPagesFastOnly(machine.task, machine.mm, address, nrPages, false, frames));
        machine.gup.putPages(machine.task, frames, nrPages);
        for (final long pfn : frames) {
            assertEquals(expectCma, machine.isCma(pfn), "pfn " + pfn);
        }
        return frames;
    }

    private static void assertContents(final TestMachine machine, final int nrPages) {
        for (int i = 0; i < nrPages; i++) {
            assertEquals(BASE + i * PAGE, UserAccess.load(machine.task, machine.mm, BASE + i * PAGE), "page " + i);
        }
    }

    private void give(final TestMachine machine, final int nrPages) {
        machine.gup.putPages(machine.task, pages, nrPages);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, FOLL_WRITE})
    void shouldMovePagesOutOfContiguousMemory(final int flags) { // E01, E32
        try (TestMachine machine = machine()) {
            final long[] before = inCma(machine, BASE, 4);
            machine.task.innerCalls().clear();
            final long allocations = machine.count(Counter.ALLOC_ORDER_0);
            assertEquals(4, pin(machine, 4, flags, pages));
            machine.memory.lruvec().drainAll(machine.task);
            for (int i = 0; i < 4; i++) {
                assertFalse(machine.isCma(pages[i]));
                assertEquals(2, machine.refcount(pages[i]), "one mapping and the pin");
                assertEquals(0, machine.refcount(before[i]), "the old page is free");
                assertEquals(BASE + i * PAGE, machine.memory.frames().getLong(pages[i], 0));
            }
            assertContents(machine, 4);
            assertEquals(1, machine.count(Counter.MIGRATE_CALLS));
            assertEquals(4, machine.count(Counter.PGMIGRATE_SUCCESS));
            assertEquals(0, machine.count(Counter.PGMIGRATE_FAIL));
            assertEquals(4, machine.count(Counter.ALLOC_ORDER_0) - allocations);
            assertEquals("0+4/0+4", machine.task.innerCalls().toString());
            assertEquals(
                    List.of(MigrationPhase.ISOLATE, MigrationPhase.PUT, MigrationPhase.ALLOCATE), phases.subList(0, 3));
            assertEquals(MigrationPhase.REPIN, phases.get(phases.size() - 1));
            assertEquals(4, times(MigrationPhase.COPY));
            assertEquals(0, times(MigrationPhase.DRAIN));
            give(machine, 4);
            // The second time there is nothing to do.
            phases.clear();
            assertEquals(4, pin(machine, 4, flags, pages));
            assertEquals(List.of(), phases);
            give(machine, 4);
        }
    }

    @Test
    void shouldPinPopulatedPagesInPlaceThroughTheFastCall() { // E03, E04, E06
        try (TestMachine machine = machine()) {
            final long[] before = inCma(machine, BASE, 4);
            for (final int flags : new int[] {0, FOLL_LONGTERM, FOLL_LONGTERM | FOLL_WRITE}) {
                assertEquals(4, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 4, flags, pages));
                for (int i = 0; i < 4; i++) {
                    assertEquals(before[i], pages[i]);
                }
                give(machine, 4);
            }
            assertEquals(0, machine.count(Counter.SLOW_CALLS));
        }
    }

    @Test
    void shouldMoveOnlyWhatTheFastWalkLeft() {
        try (TestMachine machine = machine()) {
            final long[] before = inCma(machine, BASE, 4);
            // The walk stops at the first page that is not there, and the slow path sees the rest only.
            machine.map(BASE + 4 * PAGE, 2, RW);
            machine.task.innerCalls().clear();
            final int flags = FOLL_LONGTERM | FOLL_WRITE;
            assertEquals(6, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 6, flags, pages));
            machine.memory.lruvec().drainAll(machine.task);
            for (int i = 0; i < 4; i++) {
                assertEquals(before[i], pages[i], "gathered by the walk, in place");
            }
            for (int i = 4; i < 6; i++) {
                assertFalse(machine.isCma(pages[i]), "faulted into the area, then moved");
                assertEquals(2, machine.refcount(pages[i]));
            }
            assertEquals("4+2/4+2", machine.task.innerCalls().toString());
            assertEquals(2, machine.count(Counter.PGMIGRATE_SUCCESS));
            give(machine, 6);
        }
    }

    @Test
    void shouldDropEveryReferenceBeforeItMigrates() { // E05
        try (TestMachine machine = machine()) {
            machine.map(BASE, 4, RW);
            machine.populate(BASE, 3);
            final long[] ordinary = frames(machine, BASE, 3, false);
            machine.lendCma();
            machine.populate(BASE + 3 * PAGE, 1);
            final long last = frames(machine, BASE + 3 * PAGE, 1, true)[0];
            at(MigrationPhase.ALLOCATE, () -> {
                for (final long pfn : ordinary) {
                    assertEquals(1, machine.refcount(pfn), "only its mapping");
                }
                assertEquals(2, machine.refcount(last), "its mapping and its isolation");
            });
            assertEquals(4, pin(machine, 4, FOLL_WRITE, pages));
            assertEquals(1, times(MigrationPhase.ALLOCATE));
            for (int i = 0; i < 3; i++) {
                assertEquals(ordinary[i], pages[i]);
                assertEquals(2, machine.refcount(pages[i]));
            }
            assertFalse(machine.isCma(pages[3]));
            assertContents(machine, 4);
            give(machine, 4);
        }
    }

    @Test
    void shouldPinInPlaceWhatSomebodyElseHolds() { // E07, E08, E33
        try (TestMachine machine = machine()) {
            final long[] before = inCma(machine, BASE, 2);
            final long held = machine.memory.memMap().page(before[1]);
            PageRef.get(held, 1);
            assertEquals(2, pin(machine, 2, 0, pages));
            machine.memory.lruvec().drainAll(machine.task);
            assertFalse(machine.isCma(pages[0]), "this one has moved");
            assertEquals(before[1], pages[1], "this one is in the area still");
            assertEquals(3, machine.refcount(pages[1]), "its mapping, the other, the pin");
            assertEquals(1, machine.count(Counter.PGMIGRATE_SUCCESS));
            assertEquals(1, machine.count(Counter.PGMIGRATE_FAIL));
            assertEquals(1, machine.count(Counter.MIGRATE_CALLS), "a failure ends the rounds");
            assertEquals(11, times(MigrationPhase.ALLOCATE), "once for one, ten times for the other");
            assertContents(machine, 2);
            give(machine, 2);
            machine.memory.memMap().put(machine.task, held, 1);
            assertEquals(1, machine.refcount(before[1]));
            // Nobody holds it now.
            assertEquals(1, machine.getUserPages(BASE + PAGE, 1, FOLL_LONGTERM, pages));
            assertFalse(machine.isCma(pages[0]));
            give(machine, 1);
        }
    }

    @Test
    void shouldPinInPlaceWhatSomebodyElseHasIsolated() { // E09
        try (TestMachine machine = machine()) {
            final long pfn = inCma(machine, BASE, 1)[0];
            assertTrue(machine.memory.lruvec().isolate(pfn));
            assertEquals(1, pin(machine, 1, 0, pages));
            assertEquals(pfn, pages[0]);
            assertEquals(1, times(MigrationPhase.DRAIN), "it could have been on a pagevec");
            assertEquals(0, machine.count(Counter.MIGRATE_CALLS));
            give(machine, 1);
            machine.memory.lruvec().putback(machine.task, pfn);
        }
    }

    @Test
    void shouldDrainPagevecsOnceInARound() { // E10, E11
        try (TestMachine machine = machine()) {
            machine.lendCma();
            machine.map(BASE, 5, RW);
            for (int i = 0; i < 5; i++) {
                UserAccess.store(machine.task, machine.mm, BASE + i * PAGE, BASE + i * PAGE);
            }
            assertEquals(5, machine.memory.lruvec().pagevecPages(machine.task.cpu()));
            final long drains = machine.count(Counter.LRU_ADD_DRAIN_ALL);
            assertEquals(5, pin(machine, 5, FOLL_WRITE, pages));
            assertEquals(1, machine.count(Counter.LRU_ADD_DRAIN_ALL) - drains);
            assertEquals(1, times(MigrationPhase.DRAIN));
            for (int i = 0; i < 5; i++) {
                assertFalse(machine.isCma(pages[i]));
            }
            assertContents(machine, 5);
            give(machine, 5);
        }
    }

    @Test
    void shouldLeaveTheRestWhenATargetCannotBeHad() { // E12
        try (TestMachine machine = machine()) {
            final long[] before = inCma(machine, BASE, 4);
            machine.task.failNth(FaultPoint.PAGE_ALLOC, 3);
            assertEquals(4, pin(machine, 4, 0, pages));
            assertFalse(machine.isCma(pages[0]));
            assertFalse(machine.isCma(pages[1]));
            assertEquals(before[2], pages[2]);
            assertEquals(before[3], pages[3]);
            assertEquals(2, machine.count(Counter.PGMIGRATE_SUCCESS));
            assertContents(machine, 4);
            give(machine, 4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 512})
    void shouldMoveAHugePageWhole(final int nrPages) { // E13, E14
        try (TestMachine machine = machine()) {
            machine.lendCma();
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            final long head = frames(machine, BASE, 512, true)[0];
            UserAccess.store(machine.task, machine.mm, BASE + 511 * PAGE, 77);
            final long allocations = machine.count(Counter.ALLOC_ORDER_9);
            final long drains = machine.count(Counter.LRU_ADD_DRAIN_ALL);
            final long first = nrPages == 1 ? 7 : 0;
            assertEquals(
                    nrPages, machine.getUserPages(BASE + first * PAGE, nrPages, FOLL_LONGTERM | FOLL_WRITE, pages));
            assertFalse(machine.isCma(pages[0]));
            for (int i = 0; i < nrPages; i++) {
                assertEquals(pages[0] + i, pages[i]);
            }
            assertEquals(9, machine.memory.memMap().compoundOrder(pages[0] - first), "still one huge page");
            assertEquals(1, machine.memory.memMap().compoundMapcount(pages[0] - first), "mapped by one PMD");
            assertEquals(1 + nrPages, machine.refcount(pages[0]));
            assertEquals(0, machine.refcount(head));
            assertEquals(1, machine.count(Counter.ALLOC_ORDER_9) - allocations);
            assertEquals(1, machine.count(Counter.PGMIGRATE_SUCCESS), "a huge page counts once");
            // The second base page of a huge page finds PG_lru clear: a needless drain.
            assertEquals(nrPages == 1 ? 0 : 1, machine.count(Counter.LRU_ADD_DRAIN_ALL) - drains);
            assertEquals(BASE, UserAccess.load(machine.task, machine.mm, BASE));
            assertEquals(77, UserAccess.load(machine.task, machine.mm, BASE + 511 * PAGE));
            give(machine, nrPages);
        }
    }

    @Test
    void shouldWaitForALockedPageFromTheFourthPassOn() { // E22
        try (TestMachine machine = machine()) {
            final long pfn = inCma(machine, BASE, 1)[0];
            final long page = machine.memory.memMap().page(pfn);
            PageLock.lock(page, machine.memory.await());
            at(MigrationPhase.ALLOCATE, () -> {
                if (times(MigrationPhase.ALLOCATE) == 4) {
                    PageLock.unlock(page);
                }
            });
            assertEquals(1, pin(machine, 1, 0, pages));
            assertFalse(machine.isCma(pages[0]));
            assertEquals(4, times(MigrationPhase.ALLOCATE));
            give(machine, 1);
        }
    }

    @Test
    void shouldLeavePagesOfTheMovableZone() { // E23
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().movablePages(1024).cma("area", 1024);
        try (TestMachine machine = new TestMachine(builder, 4, this::listen)) {
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            final long[] before = frames(machine, BASE, 2, false);
            assertEquals(
                    "Movable",
                    machine.memory
                            .zones()
                            .get(machine.memory.memMap().pageblocks().zone(before[0]))
                            .name());
            assertEquals(2, pin(machine, 2, 0, pages));
            assertEquals(before[0], pages[0]);
            assertEquals(before[1], pages[1]);
            assertEquals(List.of(), phases);
            give(machine, 2);
        }
    }

    @Test
    void shouldLeavePagesOfAnIsolatedBlock() { // E25
        try (TestMachine machine = machine()) {
            final long pfn = inCma(machine, BASE, 1)[0];
            final long block = pfn & -1024;
            assertTrue(machine.memory.isolation().start(machine.task, block, block + 1024, Migratetype.CMA));
            assertEquals(1, pin(machine, 1, 0, pages));
            assertEquals(pfn, pages[0], "its block is not one of contiguous memory at the moment");
            assertEquals(List.of(), phases);
            give(machine, 1);
            machine.memory.isolation().undo(machine.task, block, block + 1024, Migratetype.CMA);
        }
    }

    @Test
    void shouldMoveAPageOfTheSwapCache() { // E37
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().cma("area", 4096).swapPages(64);
        try (TestMachine machine = new TestMachine(builder, 4, this::listen)) {
            inCma(machine, BASE, 1);
            assertEquals(1, machine.mm.swapOut(machine.task, BASE, 1));
            assertEquals(BASE, UserAccess.load(machine.task, machine.mm, BASE), "read back, its slot kept");
            assertEquals(1, machine.memory.swap().inUse());
            machine.memory.lruvec().drainAll(machine.task);
            final long before = frames(machine, BASE, 1, true)[0];
            assertEquals(1, pin(machine, 1, 0, pages));
            machine.memory.lruvec().drainAll(machine.task);
            assertNotEquals(before, pages[0]);
            assertFalse(machine.isCma(pages[0]));
            assertEquals(3, machine.refcount(pages[0]), "the swap cache, a mapping, the pin");
            assertEquals(1, machine.memory.swap().inUse());
            assertContents(machine, 1);
            give(machine, 1);
        }
    }

    @Test
    void shouldLeaveThePageThatItSwappedIn() { // E01, narrowed
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().cma("area", 4096).swapPages(64);
        try (TestMachine machine = new TestMachine(builder, 4, this::listen)) {
            inCma(machine, BASE, 1);
            assertEquals(1, machine.mm.swapOut(machine.task, BASE, 1));
            assertEquals(1, pin(machine, 1, 0, pages));
            assertTrue(machine.isCma(pages[0]), "the fault queued its activation, which holds it");
            assertEquals(1, machine.count(Counter.PGMIGRATE_FAIL));
            give(machine, 1);
        }
    }

    @Test
    void shouldLeaveTheZeroPage() { // E26
        try (TestMachine machine = machine()) {
            machine.lendCma();
            machine.map(BASE, 2, RW);
            assertEquals(2, pin(machine, 2, 0, pages));
            assertEquals(machine.memory.zeroPfn(), pages[0]);
            assertEquals(machine.memory.zeroPfn(), pages[1]);
            assertEquals(List.of(), phases);
            give(machine, 2);
        }
    }

    @Test
    void shouldMoveWhatItsOwnFaultPutThere() { // E27
        try (TestMachine machine = machine()) {
            machine.lendCma();
            machine.map(BASE, 3, RW);
            final long allocations = machine.count(Counter.ALLOC_ORDER_0);
            assertEquals(3, pin(machine, 3, FOLL_WRITE, pages));
            assertEquals(1, machine.count(Counter.LRU_ADD_DRAIN_ALL));
            machine.memory.lruvec().drainAll(machine.task);
            for (int i = 0; i < 3; i++) {
                assertFalse(machine.isCma(pages[i]));
                assertEquals(2, machine.refcount(pages[i]));
                assertEquals(0, machine.memory.frames().getLong(pages[i], 0));
            }
            assertEquals(6, machine.count(Counter.ALLOC_ORDER_0) - allocations, "a page and a target for each");
            give(machine, 3);
        }
    }

    @Test
    void shouldNotMigrateWhileThereIsOtherMemory() { // E28, E35
        try (TestMachine machine = machine()) {
            machine.map(BASE, 600, RW);
            final int flags = FOLL_LONGTERM | FOLL_WRITE;
            assertEquals(8, machine.gup.getUserPagesFast(machine.task, machine.mm, BASE, 8, flags, pages));
            give(machine, 8);
            machine.task.innerCalls().clear();
            assertEquals(512, pin(machine, 512, FOLL_WRITE, pages));
            assertEquals("0+512", machine.task.innerCalls().toString(), "pinned once");
            assertEquals(List.of(), phases);
            give(machine, 512);
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldReturnTheErrorOfPinningAgain(final KernelVersion version) { // E30
        try (TestMachine machine = TestMachine.withCma(kernel -> {
            listen(kernel);
            kernel.version(version);
        })) {
            inCma(machine, BASE, 4);
            at(MigrationPhase.REPIN, machine.task::sendSigkill);
            assertEquals(-ERESTARTSYS, longterm(machine, version));
            machine.task.clearSignals();
            machine.memory.lruvec().drainAll(machine.task);
            for (final long pfn : frames(machine, BASE, 4, false)) {
                assertEquals(1, machine.refcount(pfn), "only its mapping");
            }
        }
    }

    private long longterm(final TestMachine machine, final KernelVersion version) {
        if (version.hasLongtermFlag()) {
            return pin(machine, 4, FOLL_WRITE, pages);
        }
        machine.mm.mmapReadLock(machine.task);
        try {
            return machine.gup.getUserPagesLongterm(machine.task, machine.mm, BASE, 4, FOLL_WRITE, pages, null);
        } finally {
            machine.mm.mmapReadUnlock(machine.task);
        }
    }

    @ParameterizedTest
    @EnumSource(KernelVersion.class)
    void shouldReportWhereTheKernelRunsAway(final KernelVersion version) {
        try (TestMachine machine = TestMachine.withCma(kernel -> {
            listen(kernel);
            kernel.version(version).unsignedMigrationResult(true);
        })) {
            inCma(machine, BASE, 4);
            at(MigrationPhase.REPIN, machine.task::sendSigkill);
            if (version == KernelVersion.V5_1) {
                assertEquals(-ERESTARTSYS, longterm(machine, version), "a long there");
            } else {
                final UnsignedResultException thrown =
                        assertThrows(UnsignedResultException.class, () -> longterm(machine, version));
                assertEquals(-ERESTARTSYS, thrown.result());
                assertTrue(thrown.getMessage().contains("18446744073709551104"), thrown.getMessage());
            }
            machine.task.clearSignals();
            assertFalse(machine.mm.isMmapLocked());
            assertEquals(4, longterm(machine, version));
            give(machine, 4);
        }
    }

    @Test
    void shouldNotRunAwayAfterAFailedMigration() {
        try (TestMachine machine = TestMachine.withCma(kernel -> {
            listen(kernel);
            kernel.unsignedMigrationResult(true);
        })) {
            final long page = machine.memory.memMap().page(inCma(machine, BASE, 1)[0]);
            PageRef.get(page, 1);
            at(MigrationPhase.REPIN, machine.task::sendSigkill);
            assertEquals(-ERESTARTSYS, pin(machine, 1, 0, pages), "no round follows: nothing to run away in");
            machine.task.clearSignals();
            machine.memory.memMap().put(machine.task, page, 1);
        }
    }

    @Test
    void shouldGoOnWithWhatItCouldPinAgain() { // E31
        try (TestMachine machine = machine()) {
            inCma(machine, BASE, 4);
            assertEquals(0, machine.mm.pkeyMprotect(machine.task, BASE + 2 * PAGE, 2 * PAGE, RW, 3));
            at(MigrationPhase.REPIN, () -> machine.task.setPkru(1 << 6));
            assertEquals(2, pin(machine, 4, 0, pages));
            machine.task.setPkru(Task.PKRU_ALLOW_ALL);
            machine.memory.lruvec().drainAll(machine.task);
            for (final long pfn : frames(machine, BASE, 4, false)) {
                assertEquals(pfn == pages[0] || pfn == pages[1] ? 2 : 1, machine.refcount(pfn));
            }
            give(machine, 2);
        }
    }

    @Test
    void shouldFillTheMappingsFromTheLastPin() { // E39
        try (TestMachine machine = machine()) {
            inCma(machine, BASE, 3);
            final VmArea[] vmas = new VmArea[3];
            at(MigrationPhase.REPIN, () -> vmas[1] = null);
            machine.mm.mmapReadLock(machine.task);
            assertEquals(3, machine.gup.getUserPages(machine.task, machine.mm, BASE, 3, FOLL_LONGTERM, pages, vmas));
            for (final VmArea vma : vmas) {
                assertSame(machine.mm.findVma(BASE), vma);
            }
            machine.mm.mmapReadUnlock(machine.task);
            give(machine, 3);
        }
    }

    @Test
    void shouldMoveLockedPages() { // E41
        try (TestMachine machine = machine()) {
            inCma(machine, BASE, 2);
            assertEquals(0, new MmPopulate(machine.gup).mlock(machine.task, machine.mm, BASE, 2 * PAGE));
            machine.memory.lruvec().drainAll(machine.task);
            assertEquals(2, pin(machine, 2, 0, pages));
            for (int i = 0; i < 2; i++) {
                assertFalse(machine.isCma(pages[i]));
            }
            assertContents(machine, 2);
            give(machine, 2);
        }
    }

    @Test
    void shouldAvoidContiguousMemoryOnlyWhileItPinsFirst() {
        final List<String> seen = new ArrayList<>();
        try (TestMachine machine = machine()) {
            inCma(machine, BASE, 1);
            final Task task = machine.task;
            at(MigrationPhase.ISOLATE, () -> seen.add("isolate " + task.isMemallocNocma()));
            assertEquals(1, pin(machine, 1, 0, pages));
            assertEquals(List.of("isolate false"), seen);
            assertFalse(task.isMemallocNocma());
            give(machine, 1);
        }
    }

    @Test
    void shouldLookAtEveryPieceOfAHugePage() { // E42
        try (TestMachine machine = machine()) {
            machine.lendCma();
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            final long head = frames(machine, BASE, 512, true)[0];
            // Pieces 5 and 9 side by side, then a base page.
            final long to = BASE + (64L << 21);
            machine.map(to, 3, RW);
            for (int i = 0; i < 2; i++) {
                final int flags = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
                final long from = BASE + (i == 0 ? 5 : 9) * PAGE;
                assertEquals(to + i * PAGE, machine.mm.mremap(machine.task, from, PAGE, PAGE, flags, to + i * PAGE));
            }
            machine.populate(to + 2 * PAGE, 1);
            final long[] before = frames(machine, to, 3, true);
            assertEquals(head + 5, before[0]);
            assertEquals(head + 9, before[1]);
            assertEquals(3, machine.getUserPages(to, 3, FOLL_LONGTERM, pages));
            for (int i = 0; i < 3; i++) {
                assertFalse(machine.isCma(pages[i]), "page " + i);
                assertNotEquals(before[i], pages[i]);
            }
            assertEquals(pages[0] + 4, pages[1], "pieces of one page still");
            give(machine, 3);
        }
    }

    @Test
    void shouldSurviveTwoPinnersOfOnePage() throws InterruptedException { // E38
        try (TestMachine machine = TestMachine.withCma(kernel -> {})) {
            inCma(machine, BASE, 8);
            final Task[] tasks = {machine.task, machine.memory.newTask(1)};
            final long[][] got = {new long[8], new long[8]};
            final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            final List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                final Task task = tasks[t];
                final long[] mine = got[t];
                threads.add(new Thread(() -> {
                    try {
                        for (int round = 0; round < 200; round++) {
                            machine.mm.mmapReadLock(task);
                            final long n = machine.gup.getUserPages(
                                    task, machine.mm, BASE, 8, FOLL_LONGTERM | FOLL_WRITE, mine, null);
                            machine.mm.mmapReadUnlock(task);
                            assertEquals(8, n);
                            for (int i = 0; i < 8; i++) {
                                assertEquals(
                                        BASE + i * PAGE, machine.memory.frames().getLong(mine[i], 0));
                            }
                            machine.gup.putPages(task, mine, 8);
                        }
                    } catch (final Throwable failed) {
                        failures.add(failed);
                    }
                }));
            }
            threads.forEach(Thread::start);
            for (final Thread thread : threads) {
                thread.join();
            }
            assertEquals("", failures.stream().map(Throwable::toString).collect(Collectors.joining("\n")));
            // What either left in place moves now.
            assertEquals(8, pin(machine, 8, 0, got[0]));
            machine.memory.lruvec().drainAll(machine.task);
            for (int i = 0; i < 8; i++) {
                assertFalse(machine.isCma(got[0][i]));
                assertEquals(2, machine.refcount(got[0][i]));
            }
            machine.gup.putPages(machine.task, got[0], 8);
            machine.memory.exitTask(tasks[1]);
        }
    }
}
