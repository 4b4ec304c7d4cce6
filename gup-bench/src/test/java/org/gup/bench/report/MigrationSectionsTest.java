package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.count.CountForks;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.migration.StayForks;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The second question with what was counted and what is supposed: times that nobody measured, counts that are real. */
class MigrationSectionsTest {
    private static final double NANOS = 1000;
    private static Run whole;

    /** What is counted is the same everywhere, and counted here. */
    private static List<ExtraForks> counted() {
        return List.of(new CountForks(), new StayForks(), new CmaForks(40));
    }

    @BeforeAll
    static void makeRun() {
        whole = run(3, true);
    }

    private static Run run(final int forks, final boolean withCounts) {
        final List<CaseInfo> planned = new ArrayList<>(new MigrationForks(1).cases(forks));
        final List<ForkRow> rows = new ArrayList<>();
        for (final CaseInfo info : planned) {
            for (int fork = 0; fork < forks; fork++) {
                rows.add(TestRuns.row(
                        info.id(),
                        fork,
                        NANOS,
                        Map.of(
                                "migrated", 64.0,
                                "phase/before", 100.0,
                                "phase/put", 50.0,
                                "phase/drain", 150.0,
                                "phase/repin", 700.0,
                                "tries/extra-reference", 640.0,
                                "stayed/extra-reference", 64.0)));
            }
        }
        if (withCounts) {
            for (final ExtraForks extra : counted()) {
                planned.addAll(extra.cases(1));
                rows.addAll(extra.run(List.of(), forks, 0, 0, 2).rows());
            }
        }
        return TestRuns.of(planned, rows);
    }

    private static List<String> row(final Section section, final String title, final String first) {
        final Table table = section.tables().stream()
                .filter(one -> one.title().startsWith(title))
                .findFirst()
                .orElseThrow(() -> new AssertionError(title + " not in " + section.tables()));
        return table.rows().stream()
                .map(row -> row.cells().stream().map(Section.Cell::text).toList())
                .filter(cells -> cells.get(0).equals(first))
                .findFirst()
                .orElseThrow(() -> new AssertionError(first));
    }

    @Test
    void shouldListEveryPhaseWithItsShare() {
        final Section section = new MigrationSection().of(whole).get(0);
        assertEquals(
                List.of(
                        "100 % in CMA",
                        "100 (10.0 %)",
                        "150 (15.0 %)",
                        "-",
                        "50.0 (5.0 %)",
                        "-",
                        "-",
                        "-",
                        "-",
                        "-",
                        "700 (70.0 %)",
                        "1000"),
                row(section, "Phases", "100 % in CMA"));
        assertEquals(
                List.of("64 pages, all held by another", "held by somebody else", "640", "64"),
                row(section, "Why pages stayed", "64 pages, all held by another"));
    }

    @Test
    void shouldAddThePricesOfWhatWasCounted() {
        final Section section =
                new MigrationSection(new WhatIf(2000, 51200)).of(whole).get(0);
        // 1 flush a page; no drain.
        assertEquals(
                List.of("100 % in CMA", "1000 [1000, 1000]", "1.000", "2000", "0.000", "0.000", "3000", "3.00"),
                row(section, "What if", "100 % in CMA"));
        // 1 flush and 1 drain for 512 pages.
        assertEquals(
                List.of(
                        "one transparent huge page",
                        "1000 [1000, 1000]",
                        "0.002",
                        "3.91",
                        "0.002",
                        "100",
                        "1104",
                        "1.10"),
                row(section, "What if", "one transparent huge page"));
        assertTrue(
                section.answers().stream().anyMatch(answer -> answer.contains("would cost 3000 ns, 3.00 times")),
                () -> section.answers().toString());
    }

    @Test
    void shouldSupposeNothingUnlessAsked() {
        final Section section = new MigrationSection().of(whole).get(0);
        assertTrue(section.tables().stream().noneMatch(table -> table.title().startsWith("What if")));
        assertTrue(section.answers().stream().noneMatch(answer -> answer.startsWith("If ")));
    }

    @Test
    void shouldSayThatItCannotSupposeWithoutCounts() {
        final Section section =
                new MigrationSection(new WhatIf(1, 1)).of(run(1, false)).get(0);
        assertTrue(section.tables().stream().noneMatch(table -> table.title().startsWith("What if")));
        assertTrue(
                section.answers().stream().anyMatch(answer -> answer.contains("has not counted them")),
                () -> section.answers().toString());
    }

    @Test
    void shouldSayWhyPagesStay() {
        final Section section = new StaySection().of(whole).get(0);
        assertEquals(
                List.of("one page held by another", "held by somebody else", "10", "1", "63"),
                row(section, "Why pages stayed", "one page held by another"));
        assertTrue(section.answers().get(0).contains("one page off the LRU (1 of 64)"), section.answers()::toString);
        assertTrue(section.answers().get(0).contains("no frame for page 33 (32 of 64)"), section.answers()::toString);
        assertTrue(section.answers().get(1).contains("one page locked, for three tries"), section.answers()::toString);
    }

    @Test
    void shouldSayWhatTheCallsDo() {
        final Section section = new CountSection().of(whole).get(0);
        assertEquals(
                "A 4 KiB page costs the fast walk 1 locked, 4 loads and no lock; the slow walk 3 locked, 7 loads and 1"
                        + " page-table lock.",
                section.answers().get(0));
        final Intervals chart = (Intervals) section.figures().get(0).chart();
        assertEquals(new CountForks().cases(1).size(), chart.rows().size());
        assertEquals(513 / 512.0, chart.rows().get(0).mark().value().value(), 1e-12);
        assertEquals(2, section.tables().size());
    }

    /** The largest run, what cma_alloc() granted, and its -EBUSY, each over time. */
    @Test
    void shouldFollowTheAreaInThreeWays() {
        final Section section = new CmaSection().of(whole).get(0);
        assertEquals(
                List.of("cma-runs", "cma-granted", "cma-busy"),
                section.figures().stream().map(Section.Figure::id).toList());
        for (final Section.Figure figure : section.figures()) {
            final Curves curves = (Curves) figure.chart();
            assertEquals(3, curves.series().size());
            for (final Curves.Series series : curves.series()) {
                assertEquals(40, series.points().get(series.points().size() - 1).x());
            }
        }
        final Curves granted = (Curves) section.figures().get(1).chart();
        assertEquals(100, last(granted, 0), "no pins");
        assertEquals(100, last(granted, 1), "migrated");
        assertTrue(last(granted, 2) < 50, "left in place");
        final Curves busy = (Curves) section.figures().get(2).chart();
        assertEquals(0, last(busy, 1));
        assertTrue(last(busy, 2) > 0);
        assertTrue(section.answers().get(1).contains("-EBUSY"), section.answers()::toString);
    }

    private static double last(final Curves curves, final int series) {
        final List<Curves.Point> points = curves.series().get(series).points();
        return points.get(points.size() - 1).mark().value().value();
    }

    @Test
    void shouldSayNothingOfARunWithoutCounts() {
        final Run without = new TestRuns(1, 0.01).usual(3, 1).run("run");
        assertTrue(new StaySection().of(without).isEmpty());
        assertTrue(new CountSection().of(without).isEmpty());
    }
}
