package org.gup.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Verdict;
import org.gup.bench.text.Glob;
import org.junit.jupiter.api.Test;

/** What programs of their own measure is compared by its own estimator. */
class ExtraRowsTest {
    private static final long SEED = 11;

    /** Rows of many cases, each with a score, and counters that stand beside it. */
    private static final class Rows {
        private final List<CaseInfo> cases = new ArrayList<>();
        private final List<ForkRow> forks = new ArrayList<>();
        private final SplittableRandom random;

        Rows(final long seed) {
            random = new SplittableRandom(seed);
        }

        Rows with(
                final String id,
                final String unit,
                final int count,
                final double score,
                final double spread,
                final Map<String, Double> counters) {
            cases.add(new CaseInfo(
                    id, "label of " + id, "org.gup.bench.X", new TreeMap<>(Map.of("unit", unit, "of", id)), 0, count));
            for (int round = 0; round < count; round++) {
                final TreeMap<String, Double> noisy = new TreeMap<>();
                counters.forEach((name, value) -> noisy.put(name, value * Math.exp(0.002 * random.nextGaussian())));
                forks.add(new ForkRow(
                        id,
                        100 + round,
                        round,
                        0,
                        "2026-01-01T00:00:00Z",
                        1000,
                        List.of(score * Math.exp(spread * random.nextGaussian())),
                        spread == 0 ? new TreeMap<>(counters) : noisy,
                        0.1,
                        0.1,
                        0,
                        0,
                        List.of()));
            }
            return this;
        }

        Run run(final String name) {
            return new Run(
                    name,
                    Run.Status.COMPLETE,
                    "full",
                    1,
                    Run.rows(cases, forks),
                    cases,
                    List.of(JsonParser.parseString("{\"cpu\":{\"logicalCpus\":2}}")
                            .getAsJsonObject()),
                    List.of());
        }
    }

    private static RunComparison compare(final Rows base, final Rows other, final String... only) {
        return RunComparison.of(
                List.of(new RunComparison.Named("A", base.run("A")), new RunComparison.Named("B", other.run("B"))),
                new RunComparison.Wanted(
                        Measure.MEAN,
                        0.01,
                        List.of(FailOn.parse(">5%")),
                        List.of(only).stream().map(Glob::new).toList()));
    }

    private static CompareRow row(final RunComparison comparison, final String id) {
        return comparison.pairs().get(0).rows().stream()
                .filter(row -> row.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError(id + " is not among "
                        + comparison.pairs().get(0).rows().stream()
                                .map(CompareRow::id)
                                .toList()));
    }

    @Test
    void shouldCompareWhatRanSideBySideAsARatio() {
        // The nanoseconds spread by 10 % between JVMs; the ratio inside them does not.
        final RunComparison comparison = compare(
                new Rows(SEED)
                        .with("check/v5.2/512", "ns/page", 10, 7, 0.1, Map.of("ratio/longterm-test", 1.0))
                        .with("check/v5.2-again/512", "ns/page", 10, 7, 0.1, Map.of("ratio/aa", 1.003)),
                new Rows(SEED + 1)
                        .with("check/v5.2/512", "ns/page", 10, 7, 0.1, Map.of("ratio/longterm-test", 1.04))
                        .with("check/v5.2-again/512", "ns/page", 10, 7, 0.1, Map.of("ratio/aa", 1.0)));
        assertEquals(
                Verdict.NO_DIFFERENCE,
                row(comparison, "check/v5.2/512").decision().verdict());
        final CompareRow ratio = row(comparison, "check/v5.2/512 ratio/longterm-test");
        assertEquals(Verdict.SLOWER, ratio.decision().verdict());
        assertEquals(1.04, ratio.decision().comparison().ratio(), 0.005);
        assertEquals(1.0, ratio.before(), 0.005);
        assertEquals("ratio", ratio.quantity().unit());
        assertEquals(4, comparison.tests(), "the family has both kinds");
        assertEquals(2, comparison.pairs().get(0).scoreRatios().length, "a mean of scores alone");
        assertEquals(0.003, comparison.floors().sameWalk(), 0.0015);
        assertEquals(0.01, comparison.threshold(ratio.quantity()));
        assertEquals(0, comparison.failures().size(), "4 % breaks no rule of 5 %");
        final String text = String.join("\n", new CompareText(comparison, false).markdown());
        assertTrue(text.contains("geometric mean of 2 ratios"), text);
        assertTrue(text.contains("compares what was measured side by side in one process; there 1.0 % must be"), text);
    }

    @Test
    void shouldCompareTheTailOfLatencies() {
        final RunComparison comparison = compare(
                new Rows(SEED)
                        .with("latency/fork", "ns/call", 5, 300, 0.01, Map.of("corrected/p99.9", 5000.0, "calls", 1e6)),
                new Rows(SEED + 1)
                        .with(
                                "latency/fork",
                                "ns/call",
                                5,
                                300,
                                0.01,
                                Map.of("corrected/p99.9", 10_000.0, "calls", 1e6)));
        assertEquals(
                List.of("latency/fork", "latency/fork corrected/p99.9"),
                comparison.pairs().get(0).rows().stream().map(CompareRow::id).toList());
        assertEquals(
                2,
                row(comparison, "latency/fork corrected/p99.9")
                        .decision()
                        .comparison()
                        .ratio(),
                0.02);
        assertEquals(1, comparison.failures().size(), comparison.failures()::toString);
        assertTrue(
                comparison.failures().get(0).startsWith("B, latency/fork corrected/p99.9: "),
                comparison.failures()::toString);
    }

    @Test
    void shouldDemandThatCountsAreEqual() {
        final Map<String, Double> counts = Map.of("granted", 40.0, "busy", 0.0);
        final Rows base = new Rows(SEED)
                .with("cma/migrated", "pages", 1, 4096, 0, counts)
                .with("stay/dirty", "pages that stayed", 1, 0, 0, Map.of("moved", 8.0))
                .with("migrate/slow-100", "ns/page", 3, 900, 0.01, Map.of());
        final RunComparison same = compare(base, base);
        assertEquals(1, same.tests());
        assertEquals(2, same.pairs().get(0).counts().size());
        assertEquals(List.of(), same.pairs().get(0).changedCounts());
        final RunComparison other = compare(
                base,
                new Rows(SEED)
                        .with("cma/migrated", "pages", 1, 4096, 0, Map.of("granted", 39.0, "busy", 0.0))
                        .with("stay/dirty", "pages that stayed", 1, 0, 0, Map.of("moved", 8.0)));
        final CountRow changed = other.pairs().get(0).changedCounts().get(0);
        assertEquals("cma/migrated", changed.id());
        assertEquals(List.of("granted: 40, now 39"), changed.differences());
        assertEquals(0, other.pairs().get(0).scoreRatios().length);
        assertFalse(other.pairs().get(0).geometricMean().isPresent());
        assertEquals(List.of("migrate/slow-100"), other.pairs().get(0).missing());
        final String text = String.join("\n", new CompareText(other, false).markdown());
        assertTrue(text.contains("1 of 2 counted cases the same"), text);
        assertTrue(text.contains("Counted otherwise, cma/migrated: granted: 40, now 39."), text);
        final var json = CompareData.json(other)
                .getAsJsonArray("runs")
                .get(0)
                .getAsJsonObject()
                .getAsJsonArray("counted");
        assertEquals(2, json.size());
        assertFalse(json.get(0).getAsJsonObject().get("same").getAsBoolean());
    }

    @Test
    void shouldCompareFewerCasesIfTold() {
        final Rows base = new Rows(SEED)
                .with("a/1", "ns/page", 3, 7, 0.01, Map.of())
                .with("b/1", "ns/page", 3, 7, 0.01, Map.of())
                .with("a/gone", "ns/page", 3, 7, 0.01, Map.of())
                .with("b/gone", "ns/page", 3, 7, 0.01, Map.of());
        final Rows other = new Rows(SEED + 1)
                .with("a/1", "ns/page", 3, 7, 0.01, Map.of())
                .with("b/1", "ns/page", 3, 7, 0.01, Map.of());
        assertEquals(2, compare(base, other).tests());
        final RunComparison part = compare(base, other, "a/*");
        assertEquals(1, part.tests());
        assertEquals(List.of("a/gone"), part.pairs().get(0).missing());
    }

    @Test
    void shouldDecideEachKindByItsOwnFloor() {
        // The same walk differs from itself by 3 % here: a ratio that moved by 2 % means nothing, a time that did so
        // does.
        final RunComparison comparison = compare(
                new Rows(SEED)
                        .with("check/v5.2-again/512", "ns/page", 10, 7, 0.001, Map.of("ratio/aa", 1.03))
                        .with("check/v5.2/512", "ns/page", 10, 7, 0.001, Map.of("ratio/longterm-test", 1.0)),
                new Rows(SEED + 1)
                        .with("check/v5.2-again/512", "ns/page", 10, 7, 0.001, Map.of("ratio/aa", 1.03))
                        .with("check/v5.2/512", "ns/page", 10, 7.14, 0.001, Map.of("ratio/longterm-test", 1.02)));
        assertEquals(
                Verdict.WITHIN_THRESHOLD,
                row(comparison, "check/v5.2/512 ratio/longterm-test").decision().verdict());
        assertEquals(
                Verdict.SLOWER, row(comparison, "check/v5.2/512").decision().verdict());
    }
}
