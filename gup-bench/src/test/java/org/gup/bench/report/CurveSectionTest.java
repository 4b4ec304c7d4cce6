package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.curve.CurveForks;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

/** Where the fast path stops, from rows that nobody measured: a page costs 4 ns, and x ns more for each unit of the factor. */
class CurveSectionTest {
    private static Run run(final int forks) {
        final SplittableRandom random = new SplittableRandom(5);
        final List<CaseInfo> planned = new CurveForks(1, 2).cases(forks);
        final List<ForkRow> rows = new ArrayList<>();
        for (int fork = 0; fork < forks; fork++) {
            for (final CaseInfo info : planned) {
                rows.add(TestRuns.row(
                        info.id(),
                        fork,
                        nanos(info) * Math.exp(0.001 * random.nextGaussian()),
                        Map.of(
                                CurveForks.PUT, 3.0,
                                CurveForks.FAST_PAGES, 99.0,
                                CurveForks.SLOW_PAGES, 413.0,
                                CurveForks.SLOW_CALLS, 1.0,
                                CurveForks.FAULTS, 5.0)));
            }
        }
        return TestRuns.of(planned, rows);
    }

    private static double nanos(final CaseInfo info) {
        return switch (info.params().getOrDefault("family", "")) {
            case "share" -> 4 + 8 * Double.parseDouble(info.params().getOrDefault("x", ""));
            default -> 4;
        };
    }

    private static Section section(final int forks) {
        final List<Section> sections = new CurveSection().of(run(forks));
        assertEquals(1, sections.size());
        return sections.get(0);
    }

    @Test
    void shouldAnswerFirstWhatOneAbsentPageInAHundredCosts() {
        final String answer = section(5).answers().get(0);
        assertTrue(
                answer.matches(
                        "One absent page in a hundred makes a page cost 3\\.00 \\[(2\\.99|3\\.00), 3\\.0\\d\\] times as much: "
                                + "the walk stops at it, and the slow path takes the rest of the call\\."),
                answer);
    }

    @Test
    void shouldDrawACurveForEachKindOfBadPage() {
        final Curves shares =
                assertInstanceOf(Curves.class, section(5).figures().get(0).chart());
        assertEquals(
                List.of("absent", "read-only", "protnone", "special", "devmap"),
                shares.series().stream().map(Curves.Series::name).toList());
        assertEquals(
                List.of(0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0),
                shares.series().get(0).points().stream().map(Curves.Point::x).toList());
        assertEquals(804, shares.series().get(0).points().get(6).mark().value().value(), 3);
        final Curves positions =
                assertInstanceOf(Curves.class, section(5).figures().get(1).chart());
        assertEquals(2, positions.series().size());
        assertEquals(6, positions.series().get(1).points().size());
    }

    @Test
    void shouldDrawLeavesPlacesAndThreads() {
        final List<Section.Figure> figures = section(5).figures();
        assertEquals(
                List.of(
                        "curve-shares",
                        "curve-positions",
                        "curve-leaves-fast",
                        "curve-leaves-slow",
                        "curve-places",
                        "curve-threads"),
                figures.stream().map(Section.Figure::id).toList());
        final Curves leaves = assertInstanceOf(Curves.class, figures.get(2).chart());
        assertEquals(
                List.of("4K", "PTE-mapped 2M", "2M PMD", "device-dax 2M"),
                leaves.series().stream().map(Curves.Series::name).toList());
        assertEquals(4, leaves.series().get(0).points().size());
        assertEquals(
                4,
                assertInstanceOf(Intervals.class, figures.get(4).chart()).rows().size());
        assertTrue(
                section(5).answers().stream().anyMatch(answer -> answer.startsWith("With a second thread at work")),
                () -> section(5).answers().toString());
    }

    @Test
    void shouldTabulateTheLegsOfEveryPoint() {
        final Section.Table table = section(5).tables().get(0);
        assertEquals(new CurveForks(1, 2).cases(1).size(), table.rows().size());
        final List<String> cells =
                table.rows().get(1).cells().stream().map(Section.Cell::text).toList();
        assertEquals(List.of("share", "1 % absent", "write"), cells.subList(0, 3));
        assertEquals(List.of("3.00", "99", "413", "1", "5"), cells.subList(4, 9));
    }

    @Test
    void shouldClaimNoIntervalOfOneFork() {
        assertTrue(
                section(1).answers().get(0).contains("makes a page cost 3.00 times as much"),
                () -> section(1).answers().toString());
    }

    @Test
    void shouldSayNothingOfARunWithoutThem() {
        assertTrue(new CurveSection()
                .of(new TestRuns(1, 0.01).usual(3, 1).run("run"))
                .isEmpty());
    }
}
