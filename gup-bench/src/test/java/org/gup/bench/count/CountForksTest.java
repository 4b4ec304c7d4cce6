package org.gup.bench.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The counts are those that the core's own cost tests demand, and the same each time. */
class CountForksTest {
    private static final CountForks FORKS = new CountForks();
    private static Map<String, ForkRow> rows;

    @BeforeAll
    static void count() {
        rows = FORKS.run(List.of(), 3, 1, 9, 2).rows().stream().collect(Collectors.toMap(ForkRow::caseId, row -> row));
    }

    private static double page(final Walk walk, final Operation operation) {
        return rows.get(walk.id()).counters().get(CountForks.PAGE + operation.counter());
    }

    private static double call(final String id, final Operation operation) {
        return rows.get(id).counters().get(CountForks.CALL + operation.counter());
    }

    private static double moved(final String scenario, final Operation operation) {
        final ForkRow row = rows.get(CountForks.MIGRATE + scenario);
        return call(row.caseId(), operation) / row.counters().get(CountForks.MOVED);
    }

    @Test
    void shouldMakeARowOfEachCase() {
        assertEquals(FORKS.cases(1).stream().map(CaseInfo::id).collect(Collectors.toSet()), rows.keySet());
        for (final ForkRow row : rows.values()) {
            assertEquals(3, row.order());
            assertEquals(1, row.round());
        }
    }

    /** FastWalkCostTest: entry twice, count and flags once, one locked; three upper entries and the epoch for a call. */
    @Test
    void shouldCountTheFastWalk() {
        assertEquals(2, page(Walk.FAST, Operation.ENTRY_LOADS));
        assertEquals(2, page(Walk.FAST, Operation.PAGE_LOADS));
        assertEquals(1, page(Walk.FAST, Operation.LOCKED));
        assertEquals(1, page(Walk.FAST, Operation.REFERENCES));
        assertEquals(0, page(Walk.FAST, Operation.STORES));
        assertEquals(0, page(Walk.FAST, Operation.TABLE_LOCKS));
        assertEquals(512 * 2 + 3, call(Walk.FAST.id(), Operation.ENTRY_LOADS));
        assertEquals(512 + 1, call(Walk.FAST.id(), Operation.LOCKED));
        assertEquals((512 + 1) / 512.0, rows.get(Walk.FAST.id()).mean(), 1e-12);
    }

    /** FastWalkCostTest: one reference for all pages of a huge leaf. */
    @Test
    void shouldCountTheFastWalkOverAHugePage() {
        for (final Operation operation : Operation.values()) {
            assertEquals(0, page(Walk.FAST_HUGE, operation), operation.label());
        }
        assertEquals(2 + 2, call(Walk.FAST_HUGE.id(), Operation.ENTRY_LOADS));
        assertEquals(3, call(Walk.FAST_HUGE.id(), Operation.PAGE_LOADS));
        assertEquals(1 + 1, call(Walk.FAST_HUGE.id(), Operation.LOCKED));
        assertEquals(1, call(Walk.FAST_HUGE.id(), Operation.REFERENCES));
    }

    /** SlowWalkCostTest: four entries, the table's lock, the reference, and the LRU's call in the epoch. */
    @Test
    void shouldCountTheSlowWalkAndPut() {
        assertEquals(4, page(Walk.SLOW, Operation.ENTRY_LOADS));
        assertEquals(3, page(Walk.SLOW, Operation.PAGE_LOADS));
        assertEquals(3, page(Walk.SLOW, Operation.LOCKED));
        assertEquals(1, page(Walk.SLOW, Operation.TABLE_LOCKS));
        assertEquals(1, call(Walk.SLOW.id(), Operation.MMAP_SEM));
        assertEquals(1, page(Walk.PUT, Operation.PAGE_LOADS));
        assertEquals(1, page(Walk.PUT, Operation.LOCKED));
    }

    /** MigrationCostTest, whose call is over eight pages too. */
    @Test
    void shouldCountAMigration() {
        assertEquals(9, moved("slow-100-8", Operation.REFERENCES));
        assertEquals(4 * 4, moved("slow-100-8", Operation.ENTRY_LOADS));
        assertEquals(4, moved("slow-100-8", Operation.TABLE_LOCKS));
        assertEquals(2, moved("slow-100-8", Operation.RMAP_LOCKS));
        assertEquals(2, moved("slow-100-8", Operation.ZONE_LOCKS));
        assertEquals(1, moved("slow-100-8", Operation.COPIES));
        assertEquals(1, moved("slow-100-8", Operation.FLUSHES));
        assertEquals(1, moved("slow-100-8", Operation.ALLOCATIONS));
        assertEquals(0, moved("slow-100-8", Operation.DRAINS));
    }

    /** MigrationCostTest: ten targets and ten flushes for a page that is held, and no copy. */
    @Test
    void shouldCountTenTriesForAPageThatIsHeld() {
        final String held = CountForks.MIGRATE + "held";
        assertEquals(64 * 10, call(held, Operation.FLUSHES));
        assertEquals(64 * 10, call(held, Operation.ALLOCATIONS));
        assertEquals(0, call(held, Operation.COPIES));
        assertEquals(63 + 10, call(CountForks.MIGRATE + "held-1", Operation.FLUSHES));
    }

    @Test
    void shouldCountFlushesByMappingAndCopiesBySize() {
        assertEquals(1, moved("huge", Operation.FLUSHES));
        assertEquals(512, moved("huge", Operation.COPIES));
        assertEquals(512, moved("huge-entries", Operation.FLUSHES));
        assertEquals(1, call(CountForks.MIGRATE + "pagevec", Operation.DRAINS));
        assertEquals(0, call(CountForks.MIGRATE + "slow-0", Operation.FLUSHES));
        assertTrue(moved("file", Operation.LOCKED) > 9);
    }

    @Test
    void shouldCountTheSameAgain() {
        for (final ForkRow again : FORKS.run(List.of(), 0, 0, 1, 2).rows()) {
            assertEquals(rows.get(again.caseId()).counters(), again.counters(), again.caseId());
        }
    }
}
