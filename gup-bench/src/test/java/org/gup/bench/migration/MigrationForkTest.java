package org.gup.bench.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.CmaForks.Measure;
import org.gup.bench.migration.CmaOverTime.Pins;
import org.gup.bench.migration.CmaOverTime.Step;
import org.gup.bench.migration.WhyPagesStay.Found;
import org.gup.bench.migration.WhyPagesStay.Situation;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.gup.bench.run.ForkArguments;
import org.gup.zone.CmaRange;
import org.junit.jupiter.api.Test;

/** The calls that migrate do what their labels say; the scene checks contents, places and books itself. */
class MigrationForkTest {
    @Test
    void shouldMeasureEveryScenario() {
        final MigrationFork.Result result = MigrationFork.measure(2, 7);
        assertEquals(Scenario.all().size(), result.rows().size());
        for (final Scenario scenario : Scenario.all()) {
            final MigrationFork.Row row = result.rows().get(scenario.id());
            assertTrue(row.nanos() > 0, scenario.id());
            final double phases = row.phases().values().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            assertTrue(phases > 0, scenario.id());
        }
        assertEquals(64, result.rows().get("held").failed());
        assertEquals(Map.of("extra-reference", 640.0), result.rows().get("held").tries());
        assertEquals(Map.of("extra-reference", 64.0), result.rows().get("held").stayed());
        assertEquals(32, result.rows().get("held-32").migrated());
        assertEquals(Map.of("extra-reference", 1.0), result.rows().get("held-1").stayed());
        assertEquals(Map.of(), result.rows().get("file").tries());
        assertEquals(64, result.rows().get("file").migrated());
        assertEquals(64, result.rows().get("swap-cache").migrated());
        assertEquals(4, result.rows().get("huge-4").migrated());
        assertEquals(1, result.rows().get("huge-entries").migrated());
        assertEquals(2, result.rows().get("hugetlb-2").migrated());
        assertEquals(1, result.rows().get("pagevec-1").drains());
        assertEquals(1, result.rows().get("pagevec").drains());
        assertEquals(0, result.rows().get("slow-100").drains());
        assertEquals(0, result.rows().get("slow-0").rounds());
        assertEquals(512, result.rows().get("slow-100").migrated());
        assertEquals(51, result.rows().get("slow-10").migrated());
        assertEquals(1, result.rows().get("huge").migrated());
        assertEquals(1, result.rows().get("hugetlb").migrated());
        assertTrue(result.copyHotNanos() > 0 && result.copyColdNanos() > 0 && result.stampNanos() > 0);
    }

    @Test
    void shouldMakeARowOfEachCase() {
        final ExtraForks forks = new MigrationForks(2);
        final List<ForkRow> rows =
                forks.run(ForkArguments.forThisJdk(), 5, 1, 3, 2).rows();
        assertEquals(forks.cases(1).size(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            assertEquals(forks.cases(1).get(i).id(), rows.get(i).caseId());
            assertEquals(5, rows.get(i).order());
            assertEquals(1, rows.get(i).round());
        }
    }

    /** Each situation ends as its label says; that contents and books are right it checks itself. */
    @Test
    void shouldSayWhyPagesStay() {
        final Map<Situation, String> found = new EnumMap<>(Situation.class);
        for (final Situation situation : Situation.values()) {
            final Found one = WhyPagesStay.in(situation);
            found.put(situation, one.moved() + " moved, " + one.leftInCma() + " left " + one.tries() + one.stayed());
        }
        assertEquals("64 moved, 0 left {}{}", found.get(Situation.NOTHING));
        assertEquals("63 moved, 1 left {extra-reference=10.0}{extra-reference=1.0}", found.get(Situation.PINNED));
        assertEquals("64 moved, 0 left {extra-reference=5.0}{}", found.get(Situation.PINNED_BRIEFLY));
        assertEquals("0 moved, 512 left {extra-reference=10.0}{extra-reference=1.0}", found.get(Situation.HUGE_PINNED));
        assertEquals("63 moved, 1 left {not-isolated=2.0}{not-isolated=1.0}", found.get(Situation.ISOLATED));
        assertEquals("64 moved, 0 left {locked=3.0}{}", found.get(Situation.LOCKED));
        assertEquals("64 moved, 0 left {writeback=3.0}{}", found.get(Situation.WRITEBACK));
        assertEquals("63 moved, 1 left {extra-reference=10.0}{extra-reference=1.0}", found.get(Situation.ACTIVATED));
        assertEquals(
                "32 moved, 32 left {given-up=31.0, no-memory=1.0}{given-up=31.0, no-memory=1.0}",
                found.get(Situation.NO_MEMORY));
        assertEquals("512 moved, 0 left {}{}", found.get(Situation.NO_HUGE_MEMORY));
    }

    @Test
    void shouldKeepWhyPagesStayAsRows() {
        final StayForks forks = new StayForks();
        final List<ForkRow> rows = forks.run(List.of(), 4, 0, 1, 2).rows();
        assertEquals(
                forks.cases(1).stream().map(CaseInfo::id).toList(),
                rows.stream().map(ForkRow::caseId).toList());
        final ForkRow noMemory = rows.get(List.of(Situation.values()).indexOf(Situation.NO_MEMORY));
        assertEquals(32, noMemory.mean());
        assertEquals(31, noMemory.counter(MigrationForks.STAYED + "given-up"));
    }

    @Test
    void shouldCutTheAreaDownWherePinsAreLeft() {
        final List<Step> none = CmaOverTime.simulate(Pins.NONE, 50, 1);
        final List<Step> migrated = CmaOverTime.simulate(Pins.MIGRATED, 50, 1);
        final List<Step> left = CmaOverTime.simulate(Pins.LEFT_IN_PLACE, 50, 1);
        for (int step = 0; step < 50; step++) {
            assertEquals(CmaOverTime.AREA_PAGES, none.get(step).largestRun(), "no pins, step " + step);
            assertTrue(none.get(step).granted() && migrated.get(step).granted(), "step " + step);
            assertEquals(CmaOverTime.AREA_PAGES, migrated.get(step).largestRun(), "migrated, step " + step);
            assertEquals(0, migrated.get(step).pinnedInArea());
            assertEquals(4 * Math.min(40, step + 1), left.get(step).pinnedInArea(), "left in place, step " + step);
        }
        assertTrue(
                left.get(49).largestRun() < CmaOverTime.AREA_PAGES / 2,
                () -> left.get(49).toString());
        assertTrue(
                left.get(49).busy() > 0 && !left.get(49).granted(),
                () -> left.get(49).toString());
        assertEquals(left, CmaOverTime.simulate(Pins.LEFT_IN_PLACE, 50, 1), "the same seed, the same numbers");
    }

    @Test
    void shouldFindTheLongestGap() {
        final CmaRange range = new CmaRange("x", 1000, 100);
        assertEquals(100, CmaOverTime.longestGap(range, new long[0]));
        assertEquals(99, CmaOverTime.longestGap(range, new long[] {1000}));
        assertEquals(60, CmaOverTime.longestGap(range, new long[] {1010, 1039}));
        assertEquals(88, CmaOverTime.longestGap(range, new long[] {1005, 1094}));
    }

    @Test
    void shouldKeepTheSimulationAsRows() {
        final List<ForkRow> rows = new CmaForks(10).run(List.of(), 0, 0, 99, 2).rows();
        assertEquals(Pins.values().length * Measure.values().length, rows.size());
        for (final ForkRow row : rows) {
            assertEquals(10, row.iterations().size());
        }
        assertEquals(10, rows.get(0).counter("granted"));
        final ForkRow written = ForkRow.of(
                JsonParser.parseString(JmhJson.pretty(rows.get(0).json())).getAsJsonObject());
        assertEquals(rows.get(0), written, "a row without load and stolen time is read as it was written");
    }
}
