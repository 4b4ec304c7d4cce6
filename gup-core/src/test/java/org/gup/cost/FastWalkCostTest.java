package org.gup.cost;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.shim.AccessKind.LOAD_ACQUIRE;
import static org.gup.shim.AccessKind.LOAD_OPAQUE;
import static org.gup.shim.AccessKind.LOAD_PLAIN;
import static org.gup.shim.AccessKind.LOAD_VOLATILE;
import static org.gup.shim.AccessKind.RMW;
import static org.gup.shim.AccessKind.STORE_RELEASE;
import static org.gup.shim.AccessKind.STORE_VOLATILE;
import static org.gup.shim.probe.Word.COMPOUND_HEAD;
import static org.gup.shim.probe.Word.ENTRY;
import static org.gup.shim.probe.Word.EPOCH;
import static org.gup.shim.probe.Word.FLAGS;
import static org.gup.shim.probe.Word.REFCOUNT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.gup.GetUserPages;
import org.gup.TestMachine;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.shim.Shimmed;
import org.gup.shim.probe.Probe;
import org.gup.shim.probe.Tally;
import org.gup.stat.StopReason;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The fast walk. Linux 5.2, for each page of the PTE loop: 2 locked operations (the reference, PG_referenced) and about 5
 * loads (entry, compound_head, _refcount, entry again, and PKRU where it is on); for a huge leaf 2 locked operations however
 * many pages of it are wanted; for each call interrupts off and on, for each 2 MiB the upper entries.
 *
 * <p>The model: PG_referenced is tested before it is set, so that a page in use costs 1 locked operation and one load more
 * (departure); the fused guard looks for the head only where the page has no count of its own, so one load less (shape of
 * the guard); PKRU is a field of the task and no load of shared memory.
 */
@ExtendWith(Shimmed.class)
class FastWalkCostTest {
    /** Entering and leaving the epoch, which stand for interrupts off and on: one locked operation. */
    private static final Bill CALL =
            Bill.NOTHING.and(2, LOAD_PLAIN, EPOCH).and(1, STORE_VOLATILE, EPOCH).and(1, STORE_RELEASE, EPOCH);

    /** One entry of an upper table. */
    private static final Bill UPPER = Bill.NOTHING.and(1, LOAD_ACQUIRE, ENTRY);

    private static final Bill HEAD = Bill.NOTHING.and(1, LOAD_ACQUIRE, COMPOUND_HEAD);
    private static final Bill REFERENCED = Bill.NOTHING.and(1, LOAD_OPAQUE, FLAGS);
    private static final Bill SET_REFERENCED = Bill.NOTHING.and(1, RMW, FLAGS);
    private static final Bill REFERENCE =
            Bill.NOTHING.and(1, LOAD_OPAQUE, REFCOUNT).and(1, RMW, REFCOUNT);

    /** A page in use, of an entry of its own, by the fused guard. */
    private static final Bill PAGE_FUSED = Bill.NOTHING
            .and(1, LOAD_ACQUIRE, ENTRY)
            .plus(REFERENCE)
            .and(1, LOAD_VOLATILE, ENTRY)
            .plus(REFERENCED);

    /** The same by the guard that reads as the source does. */
    private static final Bill PAGE_CHECK_BY_CHECK = PAGE_FUSED.plus(HEAD);

    /** A huge leaf, whatever is wanted of it: both shapes look for the head. */
    private static final Bill HUGE_LEAF = Bill.NOTHING
            .and(1, LOAD_ACQUIRE, ENTRY)
            .plus(HEAD)
            .plus(REFERENCE)
            .and(1, LOAD_VOLATILE, ENTRY)
            .plus(REFERENCED);

    private static LeafGuard guard(final String shape) {
        return shape.equals("fused") ? LeafGuard.fused() : LeafGuard.checkByCheck();
    }

    private static Bill page(final String shape) {
        return shape.equals("fused") ? PAGE_FUSED : PAGE_CHECK_BY_CHECK;
    }

    /** Entries between the top table and a table of leaves, exclusive of the leaves'. */
    private static Bill descent(final int levels) {
        return UPPER.times(levels - 1);
    }

    /** A walk by the call that does nothing else; the pages are given back, so that their counts are as before. */
    private static Tally walk(
            final TestMachine machine, final long start, final int nrPages, final int flags, final int expected) {
        final long[] pages = new long[nrPages];
        final Tally tally = new Probe(machine.memory, machine.mm)
                .count(
                        expected,
                        () -> (flags & FOLL_LONGTERM) == 0
                                ? machine.gup.getUserPagesFastOnly(
                                        machine.task, machine.mm, start, nrPages, (flags & FOLL_WRITE) != 0, pages)
                                : machine.gup.getUserPagesFast(machine.task, machine.mm, start, nrPages, flags, pages));
        machine.gup.putPages(machine.task, pages, expected);
        return tally;
    }

    /** Pages that nobody has walked yet have no PG_referenced. */
    private static void cool(final TestMachine machine, final long start, final int nrPages) {
        final MemMap memMap = machine.memory.memMap();
        for (int i = 0; i < nrPages; i++) {
            final long pfn = Pte.pfn(machine.entry(start + i * PAGE, PTE_LEVEL));
            PageDescriptor.clearFlags(memMap.page(pfn), PG_REFERENCED);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "fused, 4, 0", "fused, 4, 1", "fused, 4, 65536", "fused, 4, 65537",
        "fused, 5, 0", "check-by-check, 4, 0", "check-by-check, 4, 1", "check-by-check, 5, 65537"
    })
    void basePages(final String shape, final int levels, final int flags) {
        try (TestMachine machine = TestMachine.of(levels, guard(shape))) {
            machine.map(BASE, 512, RW);
            machine.populate(BASE, 512);
            walk(machine, BASE, 512, flags, 512);
            for (final int nrPages : new int[] {1, 2, 17, 512}) {
                final Tally tally = walk(machine, BASE, nrPages, flags, nrPages);
                CALL.plus(descent(levels)).plus(page(shape).times(nrPages)).check(tally, nrPages + " pages");
            }
            cool(machine, BASE, 512);
            CALL.plus(descent(levels))
                    .plus(page(shape).plus(SET_REFERENCED).times(512))
                    .check(walk(machine, BASE, 512, flags, 512), "cold pages");
        }
    }

    /** Against the kernel's cost model, in its own units. */
    @Test
    void basePageAgainstTheKernel() {
        final long kernelLocked = 2;
        final long kernelLoads = 4; // entry, compound_head, _refcount, entry again; PKRU is off
        assertEquals(kernelLocked, PAGE_CHECK_BY_CHECK.plus(SET_REFERENCED).locked(), "a cold page costs the same");
        assertEquals(kernelLoads, PAGE_CHECK_BY_CHECK.minus(REFERENCED).loads(), "loads but for the test of the flag");
        assertEquals(kernelLocked - 1, PAGE_CHECK_BY_CHECK.locked(), "departure: PG_referenced is tested first");
        assertEquals(HEAD, PAGE_CHECK_BY_CHECK.minus(PAGE_FUSED), "the fused guard needs no head");
        assertEquals(2, HUGE_LEAF.plus(SET_REFERENCED).locked(), "one reference for all pages of a huge leaf");
    }

    /** In which order: the entry, the reference, the entry again, and only then the flag. */
    @Test
    void orderOfOnePage() {
        try (TestMachine machine = TestMachine.of(4, LeafGuard.checkByCheck())) {
            machine.map(BASE, 1, RW);
            machine.populate(BASE, 1);
            cool(machine, BASE, 1);
            assertEquals(
                    "[LOAD_PLAIN EPOCH, STORE_VOLATILE EPOCH,"
                            + " LOAD_ACQUIRE ENTRY, LOAD_ACQUIRE ENTRY, LOAD_ACQUIRE ENTRY,"
                            + " LOAD_ACQUIRE ENTRY, LOAD_ACQUIRE COMPOUND_HEAD, LOAD_OPAQUE REFCOUNT, RMW REFCOUNT,"
                            + " LOAD_VOLATILE ENTRY, LOAD_OPAQUE FLAGS, RMW FLAGS,"
                            + " LOAD_PLAIN EPOCH, STORE_RELEASE EPOCH]",
                    walk(machine, BASE, 1, FOLL_WRITE, 1).accesses().toString());
        }
    }

    /** The longterm flag is part of the mask: it costs no access. */
    @ParameterizedTest
    @ValueSource(strings = {"fused", "check-by-check"})
    void longtermCostsNothing(final String shape) {
        try (TestMachine machine = TestMachine.of(4, guard(shape))) {
            machine.map(BASE, 512, RW);
            machine.populate(BASE, 512);
            walk(machine, BASE, 512, 0, 512);
            final Bill without = Bill.of(walk(machine, BASE, 512, FOLL_WRITE, 512));
            final Bill with = Bill.of(walk(machine, BASE, 512, FOLL_WRITE | FOLL_LONGTERM, 512));
            assertEquals(Bill.NOTHING, with.minus(without));
        }
    }

    /** A table is entered by one load of the entry above it; the one above that is loaded again only when it changes. */
    @Test
    void severalTables() {
        try (TestMachine machine = TestMachine.of(4, LeafGuard.fused())) {
            machine.map(BASE, 1536, RW);
            machine.populate(BASE, 1536);
            walk(machine, BASE, 1536, 0, 1536);
            CALL.plus(UPPER.times(2 + 3)).plus(PAGE_FUSED.times(1536)).check(walk(machine, BASE, 1536, 0, 1536));
        }
    }

    @ParameterizedTest
    @CsvSource({"fused, 4, 0", "fused, 4, 1", "fused, 5, 65537", "check-by-check, 4, 1", "check-by-check, 5, 65536"})
    void hugeLeaf(final String shape, final int levels, final int flags) {
        try (TestMachine machine = TestMachine.of(levels, guard(shape))) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            final long head = machine.memory.memMap().page(Pte.hugePfn(machine.entry(BASE, PMD_LEVEL), PMD_LEVEL));
            final Bill descent = CALL.plus(UPPER.times(levels - 2));
            PageDescriptor.clearFlags(head, PG_REFERENCED);
            descent.plus(HUGE_LEAF).plus(SET_REFERENCED).check(walk(machine, BASE, 512, flags, 512), "cold");
            for (final int nrPages : new int[] {1, 8, 512}) {
                descent.plus(HUGE_LEAF).check(walk(machine, BASE, nrPages, flags, nrPages), nrPages + " pages");
            }
        }
    }

    /** The pages of a huge page that PTEs map have no counts of their own: the fused guard tries, and looks for the head. */
    @Test
    void hugePageMappedByEntries() {
        try (TestMachine machine = TestMachine.of(4, LeafGuard.fused())) {
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            // The protection of half of it splits the entry, not the page.
            assertEquals(0, machine.mm.mprotect(machine.task, BASE + 256 * PAGE, 256 * PAGE, 1));
            walk(machine, BASE, 8, 0, 8);
            final Bill tail = PAGE_FUSED.and(1, LOAD_OPAQUE, REFCOUNT).plus(HEAD);
            CALL.plus(descent(4)).plus(tail).check(walk(machine, BASE + PAGE, 1, 0, 1), "a tail");
            CALL.plus(descent(4)).plus(PAGE_FUSED).check(walk(machine, BASE, 1, 0, 1), "the head");
        }
    }

    /** Nothing to get: one load more than the descent, no locked operation but the epoch's. */
    @ParameterizedTest
    @ValueSource(strings = {"fused", "check-by-check"})
    void stops(final String shape) {
        try (TestMachine machine = TestMachine.of(4, guard(shape))) {
            machine.map(BASE, 4, RW);
            machine.populate(BASE, 2);
            walk(machine, BASE, 2, 0, 2);
            final Bill stopping = UPPER;
            CALL.plus(descent(4)).plus(stopping).check(walk(machine, BASE + 2 * PAGE, 2, 0, 0), "an empty entry");
            CALL.plus(descent(4))
                    .plus(page(shape).times(2))
                    .plus(stopping)
                    .check(walk(machine, BASE, 4, 0, 2), "an empty entry after two pages");
            assertEquals(0, machine.mm.mprotect(machine.task, BASE, 2 * PAGE, 1));
            CALL.plus(descent(4)).plus(stopping).check(walk(machine, BASE, 2, FOLL_WRITE, 0), "a read-only entry");
            CALL.plus(UPPER).check(walk(machine, BASE + (1L << 40), 1, 0, 0), "an empty entry of the top table");
        }
    }

    /** Device pages: no head is looked for by the leaf; PG_referenced is set unconditionally, as the kernel does. */
    @Test
    void devicePages() {
        final PhysicalMemory.Builder builder = PhysicalMemory.builder().device(DevPagemap.Type.FS_DAX, 1024);
        try (TestMachine machine = new TestMachine(builder, 4, LeafGuard.fused())) {
            final long devmap = PteLayout.V5_2.devmap();
            final long device = machine.memory.devices().get(0).startPfn();
            machine.mapHuge(BASE, 512, RW);
            machine.populate(BASE, 1);
            machine.map(BASE + 512 * PAGE, 4, RW);
            machine.populate(BASE + 512 * PAGE, 4);
            final long leaf = machine.entryAddress(BASE, PMD_LEVEL);
            final long pmd =
                    TablePages.getAndSet(leaf, Pte.of(device, Pte.PRESENT | Pte.RW | Pte.USER | Pte.PSE | devmap));
            final Bill devicePage = SET_REFERENCED.and(1, RMW, REFCOUNT);
            CALL.plus(UPPER.times(3))
                    .plus(devicePage.times(8))
                    .and(1, LOAD_VOLATILE, ENTRY)
                    .check(walk(machine, BASE, 8, 0, 8), "huge leaf");
            CALL.plus(UPPER.times(3)).check(refused(machine, BASE), "huge leaf, longterm");
            TablePages.getAndSet(leaf, pmd);

            final long entry = machine.entryAddress(BASE + 512 * PAGE, PTE_LEVEL);
            final long pte =
                    TablePages.getAndSet(entry, Pte.of(device, Pte.PRESENT | Pte.RW | Pte.USER | Pte.SPECIAL | devmap));
            CALL.plus(descent(4)).plus(PAGE_FUSED).check(walk(machine, BASE + 512 * PAGE, 1, 0, 1), "entry");
            CALL.plus(descent(4)).plus(UPPER).check(refused(machine, BASE + 512 * PAGE), "entry, longterm");
            TablePages.getAndSet(entry, pte);
        }
    }

    /** A longterm walk that takes nothing, without the slow leg that follows it. */
    private static Tally refused(final TestMachine machine, final long start) {
        final FastWalker walker = new FastWalker(
                machine.memory.memMap(),
                machine.memory.tables(),
                machine.memory.epoch(),
                machine.memory.devPagemaps(),
                machine.gup.guard());
        final Tally tally = new Probe(machine.memory, machine.mm)
                .count(0, () -> walker.walk(machine.task, machine.mm.walkRoot(), start, 1, FOLL_LONGTERM, new long[1]));
        assertEquals(StopReason.DEVMAP_LONGTERM, GetUserPages.lastStop(machine.task));
        return tally;
    }
}
