package org.gup.bench.paired;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.results.ForkRow;
import org.gup.bench.run.ForkArguments;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.fast.LongtermCheck;
import org.gup.fast.PageWalk;
import org.gup.flags.FollFlags;
import org.gup.mm.AddressSpaceBuilder;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The paired walks give the answers of the product's walk, and a fork of them reports every arm. */
class PairedWalksTest {
    private static final long START = 0x10_0000_0000L;
    private static final int PAGES = 600;

    @ParameterizedTest
    @EnumSource(CheckLadder.class)
    void shouldNameEveryArmOnceAndCompareOnlyThose(final CheckLadder ladder) {
        final Set<String> ids = new HashSet<>();
        for (final Arm arm : ladder.arms()) {
            assertTrue(ids.add(arm.id()), arm.id());
        }
        final Set<String> comparisons = new HashSet<>();
        for (final CheckLadder.Comparison comparison : ladder.comparisons()) {
            assertTrue(comparisons.add(comparison.id()), comparison.id());
            assertTrue(ids.contains(comparison.arm()), comparison.arm());
            assertTrue(ids.contains(comparison.base()), comparison.base());
        }
    }

    @Test
    void shouldDefineAClassForEachCopy() {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final PageWalk one = WalkerCopies.of(memory, LeafGuard.fused());
            final PageWalk other = WalkerCopies.of(memory, LeafGuard.fused());
            assertNotSame(one.getClass(), other.getClass());
            assertNotSame(FastWalker.class, one.getClass());
        }
    }

    /** Ends each walk at each kind of entry: the arm must stop where the product's walk stops, holding the same. */
    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void shouldGatherWhatTheProductGathers(final int levels) {
        try (PhysicalMemory memory = PhysicalMemory.builder().build()) {
            final Task task = memory.newTask(0);
            final MmStruct mm = AddressSpaceBuilder.on(memory, task)
                    .levels(levels)
                    .anonymous(START, PAGES, Mman.PROT_READ | Mman.PROT_WRITE)
                    .populate()
                    .build();
            memory.lruvec().drainAll(task);
            final GetUserPages gup = new GetUserPages(memory);
            final PageWalk product = new FastWalker(
                    memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), LeafGuard.checkByCheck());
            final long bad = entryAddress(memory, mm, START + 550 * 4096L);
            final long good = TablePages.entryAcquire(bad);
            final List<Long> entries = List.of(
                    good,
                    0L,
                    good & ~Pte.RW,
                    good & ~Pte.USER,
                    good | Pte.SPECIAL,
                    Pte.of(Pte.pfn(good), Pte.PROTNONE | Pte.ACCESSED),
                    Pte.swapEntry(1, 7));
            for (final Arm arm : CheckLadder.ORDINARY.arms()) {
                final PageWalk walk = arm.walker(memory);
                for (final long entry : entries) {
                    TablePages.getAndSet(bad, entry);
                    for (final int flags : new int[] {arm.gupFlags(), arm.gupFlags() & ~FollFlags.FOLL_WRITE}) {
                        final long[] wanted = new long[PAGES];
                        final long[] found = new long[PAGES];
                        final int expected = product.walk(task, mm.walkRoot(), START, PAGES, flags, wanted);
                        final int got = walk.walk(task, mm.walkRoot(), START, PAGES, flags, found);
                        assertEquals(expected, got, arm.id() + ", entry 0x" + Long.toHexString(entry));
                        for (int i = 0; i < got; i++) {
                            assertEquals(wanted[i], found[i], arm.id());
                            assertEquals(
                                    3,
                                    PageRef.countVolatile(memory.memMap().page(found[i])),
                                    arm.id() + ", count of page " + i);
                        }
                        gup.putPages(task, wanted, expected);
                        gup.putPages(task, found, got);
                    }
                }
                TablePages.getAndSet(bad, good);
            }
            mm.close(task);
            memory.lruvec().drainAll(task);
            assertTrue(memory.audit().balanced());
        }
    }

    private static long entryAddress(final PhysicalMemory memory, final MmStruct mm, final long address) {
        long table = mm.walkRoot().topTable();
        final PageTableGeometry geometry = mm.walkRoot().geometry();
        for (int level = geometry.levels(); level > 1; level--) {
            table = memory.tables().child(TablePages.entryAcquire(TablePages.entryAddress(table, address, level)));
        }
        return TablePages.entryAddress(table, address, 1);
    }

    @Test
    void shouldTimeEveryArmInEveryRound() {
        final List<Arm> arms = List.of(
                new Arm("write", "write", Arm.CHECK_BY_CHECK, null, false, false),
                new Arm("v5.2", "v5.2", Arm.CHECK_BY_CHECK, LongtermCheck.DEVMAP, true, false));
        try (PairedRounds rounds = new PairedRounds(arms, Ground.ORDINARY, 4096, 8)) {
            final double[][] perPage = rounds.run(new SplittableRandom(1), 5);
            assertEquals(2, perPage.length);
            for (final double[] arm : perPage) {
                assertEquals(5, arm.length);
                for (final double nanos : arm) {
                    assertTrue(nanos > 0, "nanoseconds per page: " + nanos);
                }
            }
        }
        assertThrows(IllegalArgumentException.class, () -> new PairedRounds(arms, Ground.ORDINARY, 4096, 5));
    }

    /** On device pages, a walk with FOLL_LONGTERM stops and takes nothing; PairedRounds fails if it does not. */
    @Test
    void shouldWalkOverDevicePages() {
        final List<Arm> arms = CheckLadder.DEVICE.arms();
        final List<String> stopping = arms.stream()
                .filter(arm -> arm.stopsOn(Ground.DEVICE))
                .map(Arm::id)
                .toList();
        assertEquals(List.of("v5.2-lt", "fused-v5.2-lt"), stopping);
        try (PairedRounds rounds = new PairedRounds(arms, Ground.DEVICE, 256, 64)) {
            for (final double[] arm : rounds.run(new SplittableRandom(2), 3)) {
                for (final double nanos : arm) {
                    assertTrue(nanos > 0, "nanoseconds per page: " + nanos);
                }
            }
        }
        assertTrue(arms.stream().noneMatch(arm -> arm.stopsOn(Ground.ORDINARY)));
    }

    @Test
    void shouldNotTakeWhatShouldStop() {
        // The arm says that it stops, its guard takes the pages.
        final Arm wrong = new Arm("wrong", "wrong", Arm.CHECK_BY_CHECK, null, true, false);
        assertTrue(wrong.stopsOn(Ground.DEVICE));
        final PairedRounds rounds = new PairedRounds(List.of(wrong), Ground.DEVICE, 64, 64);
        final IllegalStateException found =
                assertThrows(IllegalStateException.class, () -> rounds.run(new SplittableRandom(3), 1));
        assertTrue(found.getMessage().contains("wrong: pages got: expected 0, found 4096"), found::getMessage);
    }

    @Test
    void shouldQuoteThePublishedFigures() {
        assertEquals(14.58, June2019.nanosPerPage("v5.2", 64, true).orElseThrow(), 0.005);
        assertEquals(
                19.54, June2019.nanosPerPage("cma-second-pass-lt", 64, true).orElseThrow(), 0.005);
        assertEquals(15.7, June2019.nanosPerPage("cma-in-walk-lt", 512, false).orElseThrow(), 0.05);
        assertTrue(June2019.nanosPerPage("v5.2", 512, true).isEmpty());
        assertTrue(June2019.nanosPerPage("v5.2", 64, false).isEmpty());
        assertEquals(529.74 / 481.07, June2019.ratio("cma-in-walk-lt", "v5.2-lt", 64), 1e-9);
        assertEquals(676.83 / 473.87, June2019.ratio("cma-second-pass-lt", "cma-second-pass", 128), 1e-9);
        assertTrue(Double.isNaN(June2019.ratio("cma-in-walk-lt", "v5.2-lt", 128)));
    }

    @Test
    void shouldRunAForkToItsRows() {
        final ExtraForks forks = new CheckForks(CheckLadder.ORDINARY, 512, 3);
        final List<ForkRow> rows =
                forks.run(ForkArguments.forThisJdk(), 4, 2, 17, 2).rows();
        assertEquals(forks.cases(1).size(), rows.size());
        final Set<String> ratios = new HashSet<>();
        for (final ForkRow row : rows) {
            assertTrue(row.mean() > 0, row.caseId());
            row.counters().keySet().stream()
                    .filter(name -> name.startsWith(CheckForks.RATIO))
                    .forEach(ratios::add);
        }
        assertEquals(CheckLadder.ORDINARY.comparisons().size(), ratios.size());
    }
}
