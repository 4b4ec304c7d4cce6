package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.CmaOverTime;
import org.gup.bench.migration.CmaOverTime.Pins;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** Why pages are migrated at all: what pins left in place do to a contiguous memory area. */
final class CmaSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<Curves.Series> series = new ArrayList<>();
        final TextTable table = new TextTable(
                1,
                "pins",
                "steps",
                "driver got its memory",
                "positions found busy",
                "pinned pages in the area",
                "longest run at the end");
        for (final Pins pins : Pins.values()) {
            run.find(CmaForks.caseId(pins)).ifPresent(rows -> {
                final ForkRow fork = rows.forks().get(0);
                series.add(series(pins, rows, fork));
                table.row(
                        pins.label(),
                        Integer.toString(fork.iterations().size()),
                        Numbers.count(fork.counter("granted")),
                        Numbers.count(fork.counter("busy")),
                        Numbers.count(fork.counter("pinnedInArea")),
                        Numbers.count(last(fork)));
            });
        }
        if (series.isEmpty()) {
            return List.of();
        }
        return List.of(new Section(
                "cma-over-time",
                "What do pins do to contiguous memory?",
                answers(run),
                List.of(new Figure(
                        "cma-runs",
                        "The longest run of a 16 MiB area that no pin interrupts: more than that, it cannot give.",
                        new Curves(
                                "Longest run without a pin, in pages",
                                "step",
                                AxisKind.LINEAR,
                                AxisKind.LINEAR,
                                series))),
                List.of(new Table("The area", table)),
                List.of(
                        "In each step a process takes 48 pages from the area, pins 4 of them for long, and the oldest of 40"
                                + " processes exits; then a driver asks for " + CmaOverTime.WANTED_PAGES
                                + " contiguous pages and gives them back. Nothing is timed: the numbers are counts, the same on every"
                                + " machine.")));
    }

    private static Curves.Series series(final Pins pins, final CaseRows rows, final ForkRow fork) {
        final List<Curves.Point> points = new ArrayList<>();
        final int every = Math.max(1, fork.iterations().size() / 20);
        for (int step = 0; step < fork.iterations().size(); step += every) {
            final double pages = fork.iterations().get(step);
            points.add(new Curves.Point(
                    step + 1.0,
                    new Mark(rows.info().id(), new Estimate(pages, pages, pages, 1, Estimate.Kind.NONE), false)));
        }
        return new Curves.Series(pins.label(), colour(pins), points);
    }

    private static int colour(final Pins pins) {
        return switch (pins) {
            case NONE -> 5;
            case MIGRATED -> 0;
            case LEFT_IN_PLACE -> 1;
        };
    }

    private static long last(final ForkRow fork) {
        return Math.round(fork.iterations().get(fork.iterations().size() - 1));
    }

    private static List<String> answers(final Run run) {
        final Optional<CaseRows> left = run.find(CmaForks.caseId(Pins.LEFT_IN_PLACE));
        final Optional<CaseRows> moved = run.find(CmaForks.caseId(Pins.MIGRATED));
        if (left.isEmpty() || moved.isEmpty()) {
            return List.of();
        }
        final ForkRow inPlace = left.get().forks().get(0);
        final ForkRow migrated = moved.get().forks().get(0);
        return List.of("Left in place, as the fast path of v5.2 leaves them, " + inPlace.counter("pinnedInArea")
                + " pinned pages cut a " + CmaOverTime.AREA_PAGES + "-page area down to runs of at most "
                + last(inPlace)
                + ", and a driver got its " + CmaOverTime.WANTED_PAGES + " pages in "
                + inPlace.counter("granted") + " of " + inPlace.iterations().size()
                + " steps; with the pins migrated first, in " + migrated.counter("granted") + ".");
    }
}
