package org.gup.cost;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.TestMachine;
import org.gup.fast.LeafGuard;
import org.gup.mm.UserAccess;
import org.gup.pgtable.Pte;
import org.gup.shim.AccessKind;
import org.gup.shim.Shimmed;
import org.gup.shim.probe.Probe;
import org.gup.shim.probe.Tally;
import org.gup.shim.probe.Word;
import org.gup.stat.Counter;
import org.gup.tlb.TlbSync;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A longterm call whose pages have to leave CMA. Linux 5.2, for each small anonymous page with one mapping: isolated (one
 * reference), all references of the batch dropped, a target allocated, both pages locked, the entry cleared and flushed and
 * made a migration entry, the count compared, one copy, the entry made again, the old page freed; then everything is got
 * again. One drain of all CPUs if a page is not on the LRU, none if all are. A page that somebody else holds is tried ten
 * times, each with a target, an unmapping and a flush, and never copied.
 *
 * <p>Words of the buddy allocator and of the LRU lists are left out: they depend on what is free.
 */
@ExtendWith(Shimmed.class)
class MigrationCostTest {
    /** Fewer than a pagevec holds, so that none is drained for being full. */
    private static final int FEW = 8;

    private static TestMachine machine(final TlbSync sync) {
        return new TestMachine(
                PhysicalMemory.builder()
                        .cpus(1)
                        .maxTasks(2)
                        .normalPages(2048)
                        .cma("cma", 1024)
                        .tlbSync(sync),
                4,
                LeafGuard.fused());
    }

    /** Writes to pages while nothing but CMA is free. */
    private static void populateFromCma(final TestMachine machine, final int pages, final boolean drain) {
        final List<Long> taken = new ArrayList<>();
        for (int order = 10; order >= 0; order--) {
            final int gfp = order == 0 ? 0 : Gfp.GFP_COMP;
            for (long pfn = machine.memory.allocPages(machine.task, gfp, order);
                    pfn >= 0;
                    pfn = machine.memory.allocPages(machine.task, gfp, order)) {
                taken.add(pfn);
            }
        }
        for (int i = 0; i < pages; i++) {
            UserAccess.store(machine.task, machine.mm, BASE + i * PAGE, i + 1);
        }
        if (drain) {
            machine.memory.lruvec().drainAll(machine.task);
        }
        taken.forEach(pfn -> machine.memory
                .memMap()
                .put(machine.task, machine.memory.memMap().page(pfn), 1));
        assertEquals(pages, inCma(machine, pages));
    }

    private static int inCma(final TestMachine machine, final int pages) {
        int found = 0;
        for (int i = 0; i < pages; i++) {
            found += machine.memory.isCma(Pte.pfn(machine.entry(BASE + i * PAGE, PTE_LEVEL))) ? 1 : 0;
        }
        return found;
    }

    private static long count(final TestMachine machine, final Counter counter) {
        return machine.task.counters().get(counter);
    }

    private static Tally pin(final TestMachine machine, final int pages) {
        final long[] pfns = new long[pages];
        final Tally tally = new Probe(machine.memory, machine.mm)
                .count(pages, () -> machine.getUserPages(BASE, pages, FOLL_WRITE | FOLL_LONGTERM, pfns));
        for (int i = 0; i < pages; i++) {
            assertEquals(i + 1, machine.memory.frames().getLong(pfns[i], 0));
        }
        machine.gup.putPages(machine.task, pfns, pages);
        return tally;
    }

    @ParameterizedTest
    @EnumSource(TlbSync.class)
    void pageThatMoves(final TlbSync sync) {
        try (TestMachine machine = machine(sync)) {
            machine.map(BASE, FEW, RW);
            populateFromCma(machine, FEW, true);
            final long drains = count(machine, Counter.LRU_ADD_DRAIN_ALL);
            final Tally tally = pin(machine, FEW);
            assertEquals(0, inCma(machine, FEW));
            assertEquals(1, count(machine, Counter.MIGRATE_CALLS));
            assertEquals(FEW, count(machine, Counter.PGMIGRATE_SUCCESS));
            assertEquals(drains, count(machine, Counter.LRU_ADD_DRAIN_ALL), "the pages were on the LRU");
            assertEquals(2, count(machine, Counter.SLOW_INNER_CALLS), "got, and got again");

            assertEquals(FEW, tally.of(AccessKind.COPY), "one copy");
            // Got, isolated, put, unmapped, mapped again, on a pagevec, no longer isolated, the old page freed, got
            // again.
            assertEquals(9 * FEW, tally.rmws(Word.REFCOUNT));
            // Nobody has freed it meanwhile; nobody else holds it.
            assertEquals(2 * FEW, tally.of(AccessKind.LOAD_VOLATILE, Word.REFCOUNT));
            assertEquals(FEW, tally.rmws(Word.ENTRY), "cleared by an exchange");
            assertEquals(2 * FEW, tally.stores(Word.ENTRY), "the migration entry, and the new one");
            // Got, unmapped, mapped again, got again: the upper entries and the leaf each time.
            assertEquals(4 * 4 * FEW, tally.loads(Word.ENTRY));
            assertEquals(4 * FEW, tally.rmws(Word.TABLE_LOCK));
            assertEquals(2 * 2 * FEW, tally.rmws(Word.RMAP_LOCK), "two walks over the mappings");
            assertEquals(2 * FEW, tally.rmws(Word.COLD), "map count down and up");
            assertEquals(2 * FEW, tally.rmws(Word.ZONE), "the zone's lock: a page from it, a page to it");
            assertEquals(sync == TlbSync.IPI_WAIT ? FEW : 0, tally.of(AccessKind.FENCE), "waits for walkers");
        }
    }

    /** The entry is cleared before the count is compared, the count before the copy, the copy before the new entry. */
    @Test
    void orderOfAMove() {
        try (TestMachine machine = machine(TlbSync.IPI_WAIT)) {
            machine.map(BASE, 1, RW);
            populateFromCma(machine, 1, true);
            final StringBuilder order = new StringBuilder();
            pin(machine, 1).accesses().forEach(a -> {
                if ((a.word() == Word.ENTRY && !a.kind().isLoad())
                        || (a.word() == Word.REFCOUNT && a.kind() == AccessKind.LOAD_VOLATILE)
                        || a.kind() == AccessKind.COPY
                        || a.kind() == AccessKind.FENCE) {
                    order.append(a).append("; ");
                }
            });
            assertEquals(
                    "LOAD_VOLATILE REFCOUNT; RMW ENTRY; FENCE NONE; STORE_RELEASE ENTRY; LOAD_VOLATILE REFCOUNT; "
                            + "COPY FRAME; STORE_RELEASE ENTRY; ",
                    order.toString());
        }
    }

    @Test
    void pagesNotOnTheLruCostOneDrain() {
        try (TestMachine machine = machine(TlbSync.RCU_DEFER)) {
            machine.map(BASE, FEW, RW);
            populateFromCma(machine, FEW, false);
            pin(machine, FEW);
            assertEquals(1, count(machine, Counter.LRU_ADD_DRAIN_ALL));
            assertEquals(FEW, count(machine, Counter.PGMIGRATE_SUCCESS));
            assertEquals(0, inCma(machine, FEW));
        }
    }

    @ParameterizedTest
    @EnumSource(TlbSync.class)
    void pageThatSomebodyHoldsIsTriedTenTimes(final TlbSync sync) {
        try (TestMachine machine = machine(sync)) {
            machine.map(BASE, 1, RW);
            populateFromCma(machine, 1, true);
            final long[] held = {Pte.pfn(machine.entry(BASE, PTE_LEVEL))};
            machine.gup.getPages(machine.task, held, 1, 1);
            final long allocated = count(machine, Counter.ALLOC_ORDER_0);
            final Tally tally = pin(machine, 1);
            assertEquals(1, inCma(machine, 1), "success, and the page is where it was");
            assertEquals(1, count(machine, Counter.PGMIGRATE_FAIL));
            assertEquals(0, count(machine, Counter.PGMIGRATE_SUCCESS));
            assertEquals(10, count(machine, Counter.ALLOC_ORDER_0) - allocated, "a target for each pass");
            assertEquals(0, tally.of(AccessKind.COPY));
            assertEquals(10, tally.rmws(Word.ENTRY), "unmapped in each pass");
            assertEquals(20, tally.stores(Word.ENTRY), "and mapped again");
            assertEquals(sync == TlbSync.IPI_WAIT ? 10 : 0, tally.of(AccessKind.FENCE), "a flush in each pass");
            machine.gup.putPages(machine.task, held, 1);
            assertTrue(machine.memory.audit().balanced());
        }
    }
}
