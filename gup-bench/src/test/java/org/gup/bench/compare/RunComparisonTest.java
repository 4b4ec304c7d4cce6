package org.gup.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.bench.compare.Comparability.Level;
import org.gup.bench.error.BadInputException;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.TestRuns;
import org.gup.bench.stats.Verdict;
import org.junit.jupiter.api.Test;

class RunComparisonTest {
    private static final BenchCase FAST = BenchCase.synthetic(Subject.GET_FAST, Layout.BASE_PAGES, 512);
    private static final BenchCase SLOW = BenchCase.synthetic(Subject.GET_SLOW, Layout.BASE_PAGES, 512);
    private static final BenchCase PUT = BenchCase.synthetic(Subject.PUT, Layout.BASE_PAGES, 512);

    private static RunComparison compare(final TestRuns base, final TestRuns other, final String... rules) {
        return RunComparison.of(
                List.of(new RunComparison.Named("A", base.run("A")), new RunComparison.Named("B", other.run("B"))),
                new RunComparison.Wanted(
                        Measure.MEAN,
                        0.01,
                        List.of(rules).stream().map(FailOn::parse).toList(),
                        List.of()));
    }

    @Test
    void shouldFindTheOneCaseThatGotSlower() {
        final RunComparison comparison = compare(
                new TestRuns(1, 0.01).with(FAST, 5, 7).with(SLOW, 5, 28).with(PUT, 5, 6.5),
                new TestRuns(2, 0.01).with(FAST, 5, 7.7).with(SLOW, 5, 28).with(PUT, 5, 6.5));
        final RunPair pair = comparison.pairs().get(0);
        assertEquals(Verdict.SLOWER, pair.rows().get(0).decision().verdict());
        assertEquals(Verdict.NO_DIFFERENCE, pair.rows().get(1).decision().verdict());
        assertEquals(1.1, pair.rows().get(0).decision().comparison().ratio(), 0.03);
        assertEquals(3, comparison.tests());
        assertTrue(pair.geometricMean().orElseThrow() > 1.01);
        final String text = String.join("\n", new CompareText(comparison, false).markdown());
        assertTrue(text.contains("1 slower, 2 no difference found; geometric mean of 3 ratios"), text);
        assertTrue(text.contains("~ no difference found (smallest detectable "), text);
        assertTrue(text.contains("Family of 3 comparisons, Holm's correction"), text);
        final String changed = String.join("\n", new CompareText(comparison, true).markdown());
        assertFalse(changed.contains("get-slow/4K/512"), changed);
        assertTrue(changed.contains("2 rows without a difference are not shown"), changed);
    }

    @Test
    void shouldTakeTheMeanOverCommonCasesAndNameTheOthers() {
        final RunComparison comparison = compare(
                new TestRuns(1, 0.001).with(FAST, 3, 7).with(SLOW, 3, 28),
                new TestRuns(1, 0.001).with(PUT, 3, 6.5).with(FAST, 3, 14));
        final RunPair pair = comparison.pairs().get(0);
        assertEquals(1, pair.rows().size());
        assertEquals(2, pair.geometricMean().orElseThrow(), 0.01);
        assertEquals(List.of("get-slow/4K/512"), pair.missing());
        assertEquals(List.of("put/4K/512"), pair.added());
    }

    @Test
    void shouldRaiseTheThresholdToWhatTheSameCodeDiffersBy() {
        final BenchCase again = BenchCase.synthetic(Subject.GET_FAST_AGAIN, Layout.BASE_PAGES, 512);
        final TestRuns base =
                new TestRuns(1, 0.0005).with(FAST, 5, 7).with(again, 5, 7.35).with(SLOW, 5, 28);
        final TestRuns other =
                new TestRuns(2, 0.0005).with(FAST, 5, 7).with(again, 5, 7.35).with(SLOW, 5, 28.8);
        final RunComparison comparison = compare(base, other);
        assertEquals(0.05, comparison.floors().sameCode(), 0.005);
        assertEquals(
                comparison.floors().sameCode(),
                comparison.threshold(comparison.pairs().get(0).rows().get(2).quantity()));
        assertEquals(
                Verdict.WITHIN_THRESHOLD,
                comparison.pairs().get(0).rows().get(2).decision().verdict());
    }

    @Test
    void shouldSayWhatHangsOnDisturbedForks() {
        final TestRuns base = new TestRuns(1, 0.001).with(FAST, 4, 7);
        final TestRuns other = new TestRuns(2, 0.001).with(FAST, 4, 7);
        final RunComparison quiet = compare(base, other);
        assertFalse(quiet.pairs().get(0).rows().get(0).hangsOnDisturbance());
        final RunComparison disturbed = compare(
                new TestRuns(1, 0.001).with(FAST, 6, 7),
                new TestRuns(2, 0.001).disturbed().with(FAST, 6, 9));
        // All forks of the case are disturbed: without them nothing is left to decide by.
        assertFalse(disturbed.pairs().get(0).rows().get(0).hangsOnDisturbance());
        assertTrue(CompareText.verdict(disturbed.pairs().get(0).rows().get(0)).contains("(6 disturbed)"));
        assertEquals(Level.FLAGGED, disturbed.pairs().get(0).comparability().level());
    }

    @Test
    void shouldJudgeRules() {
        final TestRuns base = new TestRuns(1, 0.005).with(FAST, 5, 7).with(SLOW, 5, 28);
        final TestRuns other = new TestRuns(2, 0.005).with(FAST, 5, 7.7).with(SLOW, 5, 30);
        assertEquals(2, compare(base, other, ">3%").failures().size());
        assertEquals(1, compare(base, other, ">8%").failures().size());
        assertEquals(1, compare(base, other, "get-slow:p50>3%").failures().size());
        assertEquals(List.of(), compare(base, other, "put>3%").failures());
        assertEquals(List.of(), compare(base, other, ">20%").failures());
        assertEquals(List.of(), compare(base, other, ">20%").undecided());
        final String failure =
                compare(base, other, "get-fast*:min>5%").failures().get(0);
        assertTrue(failure.startsWith("B, get-fast/4K/512: min +"), failure);
        // Three noisy forks decide nothing about 5 %.
        final RunComparison noisy =
                compare(new TestRuns(3, 0.1).with(FAST, 3, 7), new TestRuns(4, 0.1).with(FAST, 3, 7), ">5%");
        assertEquals(List.of(), noisy.failures());
        assertEquals(1, noisy.undecided().size());
        assertEquals(
                1,
                compare(new TestRuns(1, 0.1).with(FAST, 1, 7), new TestRuns(2, 0.1).with(FAST, 1, 7), ">5%")
                        .undecided()
                        .size());
    }

    @Test
    void shouldRefuseBadRules() {
        for (final String bad : List.of("", "5%", ">5", "x:y>5%", ">-5%", "a:b:c", ">5%x", ">1.2.3%")) {
            assertThrows(BadInputException.class, () -> FailOn.parse(bad), bad);
        }
    }

    @Test
    void shouldKnowWhatMayBeCompared() {
        assertEquals(Level.SAME, level(run(), run()));
        assertEquals(Level.REFUSED, level(run(), run().fact("cpu", "model", "Other CPU")));
        assertEquals(Level.REFUSED, level(run(), run().fact("jdk", "vmVersion", "25+36")));
        assertEquals(Level.REFUSED, level(run(), run().fact("memory", "thp", "never")));
        assertEquals(Level.FLAGGED, level(run(), run().fact("os", "version", "6.2")));
        assertEquals(Level.FLAGGED, level(run(), run().fact("memory", "totalBytes", Long.toString(4L << 30))));
        assertEquals(Level.SAME, level(run(), run().fact("memory", "totalBytes", Long.toString((8L << 30) - 4096))));
        // An older version did not record the microcode.
        assertEquals(Level.SAME, level(run(), run().fact("cpu", "microcode", "0x1")));
    }

    private static TestRuns run() {
        return new TestRuns(1, 0.01).with(FAST, 3, 7);
    }

    private static Level level(final TestRuns base, final TestRuns other) {
        return Comparability.of(base.run("A"), other.run("B")).level();
    }

    @Test
    void shouldWriteWhatProgramsRead() {
        final RunComparison comparison = compare(run(), new TestRuns(2, 0.01).with(FAST, 2, 7));
        final var json = CompareData.json(comparison);
        assertEquals(CompareData.SCHEMA, json.get("schema").getAsString());
        final var row = json.getAsJsonArray("runs")
                .get(0)
                .getAsJsonObject()
                .getAsJsonArray("rows")
                .get(0)
                .getAsJsonObject();
        assertEquals("too-few-forks", row.get("verdict").getAsString());
        assertTrue(row.get("p").isJsonNull());
        final List<String> csv = CompareData.csv(comparison).lines().toList();
        assertEquals(2, csv.size());
        assertEquals(csv.get(0).split(",").length, csv.get(1).split(",", -1).length);
        assertTrue(csv.get(1).startsWith("gup-bench-compare/1,A,B,same,get-fast/4K/512,mean,"), csv.get(1));
    }
}
