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
import org.junit.jupiter.params.provider.ValueSource;

/** The paired walks give the answers of the product's walk, and a fork of them reports every arm. */
class PairedWalksTest {
    private static final long START = 0x10_0000_0000L;
    private static final int PAGES = 600;

    @Test
    void shouldNameEveryArmOnceAndCompareOnlyThose() {
        final Set<String> ids = new HashSet<>();
        for (final Arm arm : CheckLadder.arms()) {
            assertTrue(ids.add(arm.id()), arm.id());
        }
        final Set<String> comparisons = new HashSet<>();
        for (final CheckLadder.Comparison comparison : CheckLadder.comparisons()) {
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
            for (final Arm arm : CheckLadder.arms()) {
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
        try (PairedRounds rounds = new PairedRounds(arms, 8)) {
            final double[][] perPage = rounds.run(new SplittableRandom(1), 5);
            assertEquals(2, perPage.length);
            for (final double[] arm : perPage) {
                assertEquals(5, arm.length);
                for (final double nanos : arm) {
                    assertTrue(nanos > 0, "nanoseconds per page: " + nanos);
                }
            }
        }
        assertThrows(IllegalArgumentException.class, () -> new PairedRounds(arms, 5));
    }

    @Test
    void shouldRunAForkToItsRows() {
        final ExtraForks forks = new CheckForks(512, 3);
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
        assertEquals(CheckLadder.comparisons().size(), ratios.size());
    }
}
