package org.gup.bench.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.text.TextTable;

/** The first question: fast or slow? */
final class FastSlowSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final Answers answers = new Answers(run);
        if (answers.rows().stream().allMatch(row -> !row.benchCase().twin().isEmpty())) {
            return List.of();
        }
        final Summary summary = new Summary(run);
        final List<Figure> figures = new ArrayList<>();
        figures.addAll(curves(answers));
        ratios(answers).ifPresent(figures::add);
        figures.add(new Figure(
                "costs",
                "Every case: a page got or put costs so many nanoseconds. A point leads to its raw rows.",
                costs(answers)));
        final List<Table> tables = new ArrayList<>();
        table(tables, "Nanoseconds per page", summary.cases());
        table(tables, "Slow against fast", summary.ratios());
        table(tables, "Which way the pages go, and why", summary.ways());
        table(tables, "Which way they went in the measured calls", summary.legs());
        final List<String> notes = new ArrayList<>();
        notes.add(Summary.SPREAD_NOTE);
        notes.add(KernelReference.SOURCE);
        notes.addAll(summary.waysNotes());
        return List.of(new Section("fast-or-slow", "Fast or slow?", summary.sentences(), figures, tables, notes));
    }

    private static void table(final List<Table> tables, final String title, final TextTable table) {
        if (!table.isEmpty()) {
            tables.add(new Table(title, table));
        }
    }

    /** The chart of all cases. */
    private static Intervals costs(final Answers answers) {
        return new Intervals(
                "Nanoseconds per page",
                AxisKind.LOG,
                Double.NaN,
                0,
                answers.rows().stream()
                        .filter(row -> row.benchCase().twin().isEmpty())
                        .map(row -> new Intervals.Row(
                                row.benchCase().rowLabel(),
                                colour(row.benchCase().subject()),
                                Marks.of(row.rows(), row.nanos())))
                        .toList());
    }

    private static int colour(final Subject subject) {
        return switch (subject) {
            case GET_FAST, GET_FAST_AGAIN -> 0;
            case GET_SLOW -> 1;
            case GET_SLOW_UNLOCKED -> 3;
            case PUT -> 2;
            case ATOMIC_ADD -> 5;
        };
    }

    /** What varies along a curve is the number of pages per call; everything else is the same. */
    private record CurveKey(Subject subject, String guard, String access, int operations) {}

    private static List<Figure> curves(final Answers answers) {
        final Map<String, Map<CurveKey, List<Answers.Row>>> byLayout = new LinkedHashMap<>();
        for (final Answers.Row row : answers.rows()) {
            final BenchCase benchCase = row.benchCase();
            if (benchCase.subject() != Subject.ATOMIC_ADD
                    && benchCase.subject() != Subject.GET_FAST_AGAIN
                    && benchCase.twin().isEmpty()) {
                byLayout.computeIfAbsent(benchCase.layout().label(), layout -> new LinkedHashMap<>())
                        .computeIfAbsent(
                                new CurveKey(
                                        benchCase.subject(),
                                        benchCase.guard(),
                                        benchCase.access(),
                                        benchCase.operations()),
                                key -> new ArrayList<>())
                        .add(row);
            }
        }
        final List<Figure> figures = new ArrayList<>();
        byLayout.forEach((layout, curves) -> {
            final List<Curves.Series> series = new ArrayList<>();
            curves.values().stream().filter(rows -> rows.size() > 1).forEach(rows -> series.add(series(rows)));
            if (!series.isEmpty()) {
                figures.add(new Figure(
                        "curve-" + layout.replaceAll("[^A-Za-z0-9]", "-"),
                        "What a page of " + layout + " costs, by how many are asked for in one call.",
                        new Curves(
                                layout + ": nanoseconds per page",
                                "pages per call",
                                AxisKind.LOG2,
                                AxisKind.LOG,
                                series)));
            }
        });
        return figures;
    }

    private static Curves.Series series(final List<Answers.Row> rows) {
        return new Curves.Series(
                rows.get(0).benchCase().label(),
                rows.get(0).benchCase().guard().equals(BenchCase.FUSED)
                        ? colour(rows.get(0).benchCase().subject())
                        : 4,
                rows.stream()
                        .sorted(Comparator.comparingInt(row -> row.benchCase().pagesPerCall()))
                        .map(row -> new Curves.Point(row.benchCase().pagesPerCall(), Marks.of(row.rows(), row.nanos())))
                        .toList());
    }

    private static Optional<Figure> ratios(final Answers answers) {
        final List<Intervals.Row> rows = new ArrayList<>();
        for (final BenchCase fast : answers.comparedFast()) {
            final BenchCase slow = answers.sibling(fast, Subject.GET_SLOW).orElseThrow();
            final CaseRows slowRows = answers.of(slow);
            rows.add(new Intervals.Row(
                    fast.layout().label() + " x " + fast.pagesPerCall()
                            + (fast.guard().equals(BenchCase.FUSED) ? "" : ", " + fast.guard()),
                    1,
                    new Mark(
                            slowRows.info().id(),
                            answers.ratio(slow, fast),
                            slowRows.disturbed() + answers.of(fast).disturbed() > 0)));
        }
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new Figure(
                        "slow-fast",
                        "How many times as much the slow path costs. A real kernel's ratio is "
                                + KernelReference.SLOW_TO_FAST + " on present 4K pages.",
                        new Intervals("Slow path / fast path", AxisKind.LOG, 1, 0, rows)));
    }
}
