package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.June2019;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.gup.bench.stats.Verdict;
import org.junit.jupiter.api.Test;

/** What the third question's sections say, from rows that nobody measured. */
class CheckSectionTest {
    private static final long SEED = 12;

    /** Ratios of comparisons by id; 1 where there is none. */
    private record Effects(Map<String, Double> usual, Map<String, Double> disturbed, int disturbedForks) {}

    private static Effects effects(final Map<String, Double> usual) {
        return new Effects(usual, Map.of(), 0);
    }

    private static Run run(
            final CheckLadder ladder, final List<Integer> sizes, final int forks, final Effects effects) {
        final SplittableRandom random = new SplittableRandom(SEED);
        final List<CaseInfo> planned = new ArrayList<>();
        final List<ForkRow> rows = new ArrayList<>();
        for (final int size : sizes) {
            final List<CaseInfo> cases = new CheckForks(ladder, size, 1).cases(forks);
            planned.addAll(cases);
            for (int fork = 0; fork < forks; fork++) {
                for (final CaseInfo info : cases) {
                    rows.add(row(ladder, info, fork, random, effects));
                }
            }
        }
        return TestRuns.of(planned, rows);
    }

    private static ForkRow row(
            final CheckLadder ladder,
            final CaseInfo info,
            final int fork,
            final SplittableRandom random,
            final Effects effects) {
        final boolean disturbed = fork < effects.disturbedForks();
        final TreeMap<String, Double> ratios = new TreeMap<>();
        for (final CheckLadder.Comparison comparison : ladder.comparisons()) {
            if (comparison.arm().equals(info.params().get("arm"))) {
                final double effect = effects.usual().getOrDefault(comparison.id(), 1.0)
                        * (disturbed ? effects.disturbed().getOrDefault(comparison.id(), 1.0) : 1);
                ratios.put(CheckForks.RATIO + comparison.id(), effect * Math.exp(0.002 * random.nextGaussian()));
            }
        }
        return new ForkRow(
                info.id(),
                fork,
                fork,
                0,
                "2026-01-01T00:00:00Z",
                1000,
                List.of(info.params().containsKey("unit") ? 17.0 : 4.0),
                ratios,
                0.1,
                0.1,
                0,
                0,
                disturbed ? List.of("others kept 1.0 of 2 CPUs busy") : List.of());
    }

    @Test
    void shouldHaveASectionForEverySizeThatWasMeasured() {
        final Run run = run(CheckLadder.ORDINARY, List.of(512, 8, 33), 5, effects(Map.of()));
        assertEquals(
                List.of("check-cost-512", "check-cost-33", "check-cost-8"),
                new CheckSection().of(run).stream().map(Section::id).toList());
    }

    @Test
    void shouldSayWhatTheTestCostsOnDevicePages() {
        final Section section = new CheckSection()
                .of(run(CheckLadder.DEVICE, List.of(512), 5, effects(Map.of("longterm-test", 1.05))))
                .get(0);
        assertEquals("check-cost-device-512", section.id());
        assertTrue(
                section.answers()
                        .get(0)
                        .matches("The long-term test of v5.2 where every page meets it, flag clear:"
                                + " \\+[45]\\.\\d % \\[.*], slower\\."),
                () -> section.answers().toString());
        assertTrue(
                section.answers()
                        .get(section.answers().size() - 1)
                        .startsWith(
                                "With FOLL_LONGTERM the walk stops at the first device page: 17.0 [17.0, 17.0] ns a call"),
                () -> section.answers().toString());
        assertEquals(
                CheckLadder.DEVICE.comparisons().size(),
                section.tables().get(0).rows().size());
    }

    @Test
    void shouldGiveTheVerdictWithAndWithoutDisturbedForks() {
        final Run run = run(
                CheckLadder.ORDINARY,
                List.of(512),
                6,
                new Effects(Map.of("longterm-test", 1.05), Map.of("longterm-test", 0.8), 2));
        final CheckDecisions decided = CheckDecisions.of(run, CheckLadder.ORDINARY, 512);
        final CheckDecisions.Row row = decided.find("longterm-test").orElseThrow();
        assertEquals(Verdict.NO_DIFFERENCE, row.decision().verdict());
        assertEquals(6, row.comparison().newForks());
        assertEquals(4, row.decided().undisturbed().orElseThrow().comparison().newForks());
        assertEquals("no difference found; without disturbed JVMs: slower", row.verdict());
        assertEquals("no difference found", decided.find("series").orElseThrow().verdict());
        assertEquals(
                "2 of 6 JVMs were disturbed. Without them these verdicts are other ones: the long-term test of v5.2.",
                decided.disturbance().orElseThrow());
        final Section section = new CheckSection().of(run).get(0);
        assertTrue(
                section.notes().contains(decided.disturbance().orElseThrow()),
                () -> section.notes().toString());
    }

    @Test
    void shouldNotDecideWithoutDisturbedForksIfTooFewRemain() {
        final CheckDecisions few = CheckDecisions.of(
                run(CheckLadder.ORDINARY, List.of(512), 4, new Effects(Map.of(), Map.of(), 2)),
                CheckLadder.ORDINARY,
                512);
        assertTrue(
                few.rows().stream().allMatch(row -> row.decided().undisturbed().isEmpty()));
        assertEquals(
                "2 of 4 JVMs were disturbed. Too few others remain to decide without them.",
                few.disturbance().orElseThrow());
        final CheckDecisions same = CheckDecisions.of(
                run(CheckLadder.ORDINARY, List.of(512), 5, new Effects(Map.of(), Map.of(), 1)),
                CheckLadder.ORDINARY,
                512);
        assertEquals(
                "1 of 5 JVMs were disturbed. Without them every verdict is the same.",
                same.disturbance().orElseThrow());
        assertTrue(CheckDecisions.of(
                        run(CheckLadder.ORDINARY, List.of(512), 5, effects(Map.of())), CheckLadder.ORDINARY, 512)
                .disturbance()
                .isEmpty());
    }

    @Test
    void shouldRepeatTheMeasurementOfJune2019() {
        final Section section = new June2019Section()
                .of(run(
                        CheckLadder.JUNE_2019,
                        June2019.SIZES,
                        5,
                        effects(Map.of("alternatives", 1.15, "cma-in-walk", 1.0, "cma-in-walk-lt", 1.1))))
                .get(0);
        final List<String> answers = section.answers();
        assertTrue(
                answers.get(0)
                        .matches(
                                "The test in the walk is the cheaper of the two: with 64 pages a call and the flag set, a"
                                        + " second pass in its place is \\+1[45]\\.\\d % \\[.*], slower \\(2019: \\+20\\.9 %, no"
                                        + " spread\\)\\."),
                answers::toString);
        assertTrue(
                answers.stream()
                        .anyMatch(
                                answer -> answer.startsWith("Flag clear, the test in the walk made theirs 2.4 % faster")
                                        && answer.contains("theirs would not be noise here")),
                answers::toString);
        assertTrue(
                answers.contains(
                        "Their second pass with 256 pages a call stands +9.9 % off the mean of 128 and 512; ours"
                                + " +0.0 %."),
                answers::toString);
        final Curves curves = (Curves) section.figures().get(0).chart();
        final Curves.Series published = curves.series().get(2);
        assertArrayEquals(
                new double[] {633.23 / 528.32, 676.83 / 529.10, 747.14 / 523.95, 683.19 / 512.88},
                published.points().stream()
                        .mapToDouble(point -> point.mark().value().value())
                        .toArray(),
                1e-9);
        assertFalse(published.points().get(0).mark().value().hasBounds());
        assertTrue(curves.series().get(0).points().get(0).mark().value().hasInterval());
        assertEquals(June2019.SIZES.size() + 1, section.tables().size());
        assertTrue(section.notes().get(0).contains(June2019.MESSAGE));
    }

    @Test
    void shouldRepeatJune2019FromASingleFork() {
        final Section section = new June2019Section()
                .of(run(CheckLadder.JUNE_2019, List.of(64), 1, effects(Map.of())))
                .get(0);
        assertTrue(
                section.answers().get(0).startsWith("Too few JVMs to say which of the two is the cheaper: "),
                () -> section.answers().toString());
        assertTrue(new June2019Section()
                .of(run(CheckLadder.ORDINARY, List.of(512), 3, effects(Map.of())))
                .isEmpty());
    }
}
