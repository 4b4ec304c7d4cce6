package org.gup.fast;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.gup.TestMachine;
import org.gup.page.DevPagemap;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the walk stops, why, and what it holds then: for both shapes of the guard and both depths of table. */
class FastWalkTest {
    private static final long DEVMAP = PteLayout.V5_2.devmap();
    private static final long LEAF = Pte.PRESENT | Pte.RW | Pte.USER | Pte.ACCESSED | Pte.DIRTY;

    private final long[] pages = new long[1024];
    /** What tests have overwritten: address of the entry, entry before. */
    private final List<long[]> overwritten = new ArrayList<>();

    static Stream<Arguments> walkers() {
        return Stream.of(LeafGuard.fused(), LeafGuard.checkByCheck(), LeafGuard.marksAlways())
                .flatMap(guard -> Stream.of(4, 5).map(levels -> Arguments.of(guard, levels)));
    }

    private void overwrite(final long entryAddress, final LongUnaryOperator change) {
        final long before = TablePages.entryAcquire(entryAddress);
        overwritten.add(new long[] {entryAddress, before});
        TablePages.getAndSet(entryAddress, change.applyAsLong(before));
    }

    private void restore() {
        for (int i = overwritten.size() - 1; i >= 0; i--) {
            TablePages.getAndSet(overwritten.get(i)[0], overwritten.get(i)[1]);
        }
        overwritten.clear();
    }

    private int walk(final TestMachine machine, final long start, final int nrPages, final int flags) {
        return machine.gup.getUserPagesFastOnly(
                machine.task, machine.mm, start, nrPages, (flags & FOLL_WRITE) != 0, pages);
    }

    /** A walk with any flags, by a walker of its own over the same memory. */
    private int walk(
            final TestMachine machine, final LeafGuard guard, final long start, final int nrPages, final int flags) {
        final PhysicalMemory memory = machine.memory;
        return new FastWalker(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard)
                .walk(machine.task, machine.mm.walkRoot(), start, nrPages, flags, pages);
    }

    private void put(final TestMachine machine, final int nrPages) {
        machine.gup.putPages(machine.task, pages, nrPages);
    }

    private record BadEntry(String what, LongUnaryOperator change, boolean write, StopReason reason) {}

    private static List<BadEntry> badEntries() {
        return List.of(
                new BadEntry("empty", e -> 0, false, StopReason.PTE_NONE),
                new BadEntry("empty but for A and D", e -> Pte.ACCESSED | Pte.DIRTY, false, StopReason.PTE_NONE),
                new BadEntry("swap", e -> Pte.swapEntry(1, 77), false, StopReason.SWAP),
                new BadEntry("migration", e -> PteLayout.V5_2.migrationEntry(77, true), false, StopReason.SWAP),
                new BadEntry("poisoned", e -> PteLayout.V5_2.hwpoisonEntry(77), true, StopReason.SWAP),
                new BadEntry(
                        "protnone", e -> Pte.of(Pte.pfn(e), Pte.PROTNONE | Pte.ACCESSED), false, StopReason.PROTNONE),
                new BadEntry("read-only", e -> e & ~Pte.RW, true, StopReason.READ_ONLY),
                new BadEntry("kernel", e -> e & ~Pte.USER, false, StopReason.NOT_USER),
                new BadEntry("special", e -> e | Pte.SPECIAL, false, StopReason.SPECIAL),
                new BadEntry("special, written", e -> e | Pte.SPECIAL, true, StopReason.SPECIAL));
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldStopAtEachKindOfEntryAndKeepWhatItHas(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.map(BASE, 16, RW);
            machine.populate(BASE, 16);
            for (final BadEntry bad : badEntries()) {
                overwrite(machine.entryAddress(BASE + 5 * PAGE, 1), bad.change());
                final long stops = machine.task.counters().get(bad.reason());
                assertEquals(5, walk(machine, BASE, 16, bad.write() ? FOLL_WRITE : 0), bad.what());
                assertEquals(bad.reason(), machine.task.walkState().stop(), bad.what());
                assertEquals(stops + 1, machine.task.counters().get(bad.reason()), bad.what());
                for (int i = 0; i < 5; i++) {
                    assertEquals(2, machine.refcount(pages[i]), bad.what());
                }
                put(machine, 5);
                assertEquals(0, walk(machine, BASE + 5 * PAGE, 1, bad.write() ? FOLL_WRITE : 0), bad.what());
                restore();
            }
            assertEquals(16, walk(machine, BASE, 16, 0));
            put(machine, 16);
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldReadThroughReadOnlyAndCleanEntries(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            overwrite(machine.entryAddress(BASE, 1), e -> e & ~(Pte.RW | Pte.DIRTY | Pte.ACCESSED));
            overwrite(machine.entryAddress(BASE + PAGE, 1), e -> e | Pte.NX | Pte.SOFT_DIRTY | Pte.GLOBAL);
            assertEquals(2, walk(machine, BASE, 2, 0));
            put(machine, 2);
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldNameTheLevelThatIsEmpty(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            final StopReason[] reasons = {
                StopReason.PTE_NONE, StopReason.PMD_NONE, StopReason.PUD_NONE, StopReason.P4D_NONE, StopReason.PGD_NONE
            };
            for (int level = 1; level <= levels; level++) {
                final long hole = BASE + (1L << (12 + 9 * (level - 1)));
                final long address = level == 5 ? 1L << 50 : level == 4 ? BASE - (1L << 39) : hole;
                assertEquals(0, walk(machine, address, 1, 0));
                assertEquals(reasons[level - 1], machine.task.walkState().stop());
            }
            overwrite(machine.entryAddress(BASE, 2), e -> PteLayout.V5_2.migrationEntry(512, false));
            assertEquals(0, walk(machine, BASE, 1, 0));
            assertEquals(StopReason.SWAP, machine.task.walkState().stop());
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldStopAtHugeLeavesItMayNotHave(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.mapHuge(BASE, 1024, RW);
            machine.populate(BASE, 1024);
            final long second = machine.entryAddress(BASE + 512 * PAGE, 2);
            final List<BadEntry> bad = List.of(
                    new BadEntry("empty", e -> 0, false, StopReason.PMD_NONE),
                    new BadEntry("read-only", e -> e & ~Pte.RW, true, StopReason.READ_ONLY),
                    new BadEntry("being split", e -> e & ~Pte.PRESENT, false, StopReason.SPLITTING),
                    new BadEntry(
                            "protnone",
                            e -> Pte.ofHuge(Pte.hugePfn(e, 2), Pte.PSE | Pte.PROTNONE | Pte.ACCESSED, 2),
                            false,
                            StopReason.PROTNONE));
            for (final BadEntry entry : bad) {
                overwrite(second, entry.change());
                assertEquals(512, walk(machine, BASE, 1024, entry.write() ? FOLL_WRITE : 0), entry.what());
                assertEquals(entry.reason(), machine.task.walkState().stop(), entry.what());
                assertEquals(513, machine.refcount(pages[0]));
                put(machine, 512);
                restore();
            }
            overwrite(second, e -> e | Pte.SPECIAL | Pte.PAT_LARGE);
            assertEquals(1024, walk(machine, BASE, 1024, FOLL_WRITE), "bit 9 and PAT mean nothing in a huge leaf");
            put(machine, 1024);
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldWalkOneGibibyteLeaves(final LeafGuard guard, final int levels) {
        final int order = 18;
        final long headPfn = 2L << order;
        try (TestMachine machine = new TestMachine(PhysicalMemory.builder().normalPages(4L << order), levels, guard)) {
            final long address = BASE & -(1L << 30);
            machine.map(address, 1, RW);
            machine.populate(address, 1);
            final long head = machine.memory.memMap().page(headPfn);
            machine.memory.memMap().prepCompound(headPfn, order);
            PageRef.init(head, 1);
            overwrite(machine.entryAddress(address, 3), e -> Pte.of(headPfn, LEAF | Pte.PSE));
            assertEquals(700, walk(machine, address + 100_000 * PAGE, 700, FOLL_WRITE));
            assertEquals(headPfn + 100_000, pages[0]);
            assertEquals(headPfn + 100_699, pages[699]);
            assertEquals(701, PageRef.countVolatile(head));
            put(machine, 700);
            assertEquals(1, PageRef.countVolatile(head));
            restore();
            PageRef.init(head, 0);
            machine.memory.memMap().destroyCompound(headPfn);
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldTakeReferencesOnTheHeadOfPteMappedHugePages(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 512);
            machine.mm.mmapReadLock(machine.task);
            assertTrue(machine.mm.splitHugePmd(machine.task, machine.mm.findVma(BASE), BASE));
            machine.mm.mmapReadUnlock(machine.task);
            assertEquals(512, walk(machine, BASE, 512, FOLL_WRITE));
            assertEquals(512 + 512, machine.refcount(pages[3]));
            assertEquals(0, PageRef.countVolatile(machine.memory.memMap().page(pages[3])), "a tail has none itself");
            put(machine, 512);
            assertEquals(512, machine.refcount(pages[3]));
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldRefuseFreePages(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.map(BASE, 2, RW);
            machine.populate(BASE, 2);
            final long page = machine.memory.memMap().page(Pte.pfn(machine.entry(BASE + PAGE, 1)));
            assertTrue(PageRef.freeze(page, 1));
            assertEquals(1, walk(machine, BASE, 2, 0));
            assertEquals(StopReason.REFCOUNT_ZERO, machine.task.walkState().stop());
            PageRef.unfreeze(page, 1);
            put(machine, 1);
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldWalkDevicePagesWhileTheDeviceLives(final LeafGuard guard, final int levels) {
        final PhysicalMemory.Builder builder =
                PhysicalMemory.builder().device(DevPagemap.Type.FS_DAX, 1024).device(DevPagemap.Type.DEVICE_DAX, 1024);
        try (TestMachine machine = new TestMachine(builder, levels, guard)) {
            machine.map(BASE, 16, RW);
            machine.populate(BASE, 16);
            final DevPagemap first = machine.memory.devices().get(0);
            final DevPagemap second = machine.memory.devices().get(1);
            for (int i = 4; i < 8; i++) {
                final long pfn = first.startPfn() + i;
                overwrite(machine.entryAddress(BASE + i * PAGE, 1), e -> Pte.of(pfn, LEAF | Pte.SPECIAL | DEVMAP));
            }
            overwrite(
                    machine.entryAddress(BASE + 8 * PAGE, 1),
                    e -> Pte.of(second.startPfn(), LEAF | Pte.SPECIAL | DEVMAP));
            assertEquals(16, walk(machine, guard, BASE, 16, FOLL_WRITE));
            assertEquals(first.startPfn() + 4, pages[4]);
            assertEquals(2, machine.refcount(first.startPfn() + 4));
            put(machine, 16);
            assertEquals(4, walk(machine, guard, BASE, 16, FOLL_LONGTERM));
            assertEquals(StopReason.DEVMAP_LONGTERM, machine.task.walkState().stop());
            put(machine, 4);
            second.kill();
            // Everything of this table goes back, ordinary pages too.
            assertEquals(0, walk(machine, guard, BASE, 16, 0));
            assertEquals(StopReason.PGMAP_DEAD, machine.task.walkState().stop());
            for (int i = 0; i < 4; i++) {
                assertEquals(1, machine.refcount(Pte.pfn(machine.entry(BASE + i * PAGE, 1))));
                assertEquals(1, machine.refcount(first.startPfn() + 4 + i));
            }
            assertEquals(0, first.references());
            assertEquals(0, second.references());
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldWalkHugeDeviceLeaves(final LeafGuard guard, final int levels) {
        final PhysicalMemory.Builder builder = PhysicalMemory.builder().device(DevPagemap.Type.FS_DAX, 1024);
        try (TestMachine machine = new TestMachine(builder, levels, guard)) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 512);
            final DevPagemap device = machine.memory.devices().get(0);
            overwrite(machine.entryAddress(BASE, 2), e -> Pte.of(device.startPfn(), LEAF | Pte.PSE | DEVMAP));
            assertEquals(8, walk(machine, guard, BASE + 2 * PAGE, 8, FOLL_WRITE));
            assertEquals(device.startPfn() + 2, pages[0]);
            assertEquals(2, machine.refcount(pages[7]));
            put(machine, 8);
            assertEquals(0, walk(machine, guard, BASE, 8, FOLL_LONGTERM));
            assertEquals(StopReason.DEVMAP_LONGTERM, machine.task.walkState().stop());
            device.kill();
            assertEquals(0, walk(machine, guard, BASE, 8, 0));
            assertEquals(StopReason.PGMAP_DEAD, machine.task.walkState().stop());
            assertEquals(1, machine.refcount(device.startPfn()));
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldCompareOnlyTheKeysThatAreDenied(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            machine.map(BASE, 3, RW);
            machine.populate(BASE, 3);
            overwrite(machine.entryAddress(BASE + PAGE, 1), e -> e | 5L << Pte.PKEY_SHIFT);
            overwrite(machine.entryAddress(BASE + 2 * PAGE, 1), e -> e | 6L << Pte.PKEY_SHIFT);
            machine.task.setPkru(1 << 12);
            assertEquals(2, walk(machine, BASE, 3, 0), "key 5 is fine, key 6 is not");
            assertEquals(StopReason.PKEY, machine.task.walkState().stop());
            put(machine, 2);
            machine.task.setPkru(1);
            assertEquals(0, walk(machine, BASE, 3, 0), "key 0 is denied");
            assertEquals(StopReason.PKEY, machine.task.walkState().stop());
            assertEquals(2, walk(machine, BASE + PAGE, 2, FOLL_WRITE));
            put(machine, 2);
            machine.task.setPkru(0);
            assertEquals(3, walk(machine, BASE, 3, FOLL_WRITE));
            put(machine, 3);
            restore();
        }
    }

    @ParameterizedTest
    @MethodSource("walkers")
    void shouldCrossTableBordersAndCountWhatItDid(final LeafGuard guard, final int levels) {
        try (TestMachine machine = TestMachine.of(levels, guard)) {
            final long borders = levels == 5 ? 4 : 3;
            for (int border = 1; border <= borders; border++) {
                final long boundary =
                        border == 4 ? 1L << 48 : BASE + (1L << (12 + 9 * border)) * (border == 3 ? -1 : 1);
                final long start = boundary - 3 * PAGE;
                machine.map(start, 6, RW);
                machine.populate(start, 6);
                final long walks = machine.task.counters().get(Counter.FAST_WALKS);
                final long fastPages = machine.task.counters().get(Counter.FAST_PAGES);
                assertEquals(6, walk(machine, start, 6, FOLL_WRITE));
                assertEquals(walks + 1, machine.task.counters().get(Counter.FAST_WALKS));
                assertEquals(fastPages + 6, machine.task.counters().get(Counter.FAST_PAGES));
                for (int i = 0; i < 6; i++) {
                    assertEquals(start + i * PAGE, machine.memory.frames().getLong(pages[i], 0));
                }
                put(machine, 6);
            }
        }
    }
}
