package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.CmaForks.Measure;
import org.gup.bench.migration.CmaOverTime;
import org.gup.bench.migration.CmaOverTime.Pins;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** Why pages are migrated at all: what pins left in place do to a contiguous memory area. */
final class CmaSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<Figure> figures = new ArrayList<>();
        figure(
                        run,
                        Measure.LARGEST_RUN,
                        "cma-runs",
                        "The longest run of a 16 MiB area that no pin interrupts: more than that, it cannot give.",
                        "Longest run without a pin, in pages")
                .ifPresent(figures::add);
        figure(
                        run,
                        Measure.GRANTED,
                        "cma-granted",
                        "How often cma_alloc() gave the driver its memory, of all steps so far.",
                        "cma_alloc() granted, % of the steps so far")
                .ifPresent(figures::add);
        figure(
                        run,
                        Measure.BUSY,
                        "cma-busy",
                        "Positions of the area that cma_alloc() tried and found busy, -EBUSY each, in all steps so far.",
                        "Positions found busy (-EBUSY), so far")
                .ifPresent(figures::add);
        final TextTable table = new TextTable(
                1,
                "pins",
                "steps",
                "cma_alloc granted",
                "-EBUSY: positions found busy",
                "pinned pages in the area",
                "longest run at the end");
        for (final Pins pins : Pins.values()) {
            run.find(CmaForks.caseId(pins)).ifPresent(rows -> {
                final ForkRow fork = rows.forks().get(0);
                table.row(
                        pins.label(),
                        Integer.toString(fork.iterations().size()),
                        Numbers.count(fork.counter("granted")),
                        Numbers.count(fork.counter("busy")),
                        Numbers.count(fork.counter("pinnedInArea")),
                        Numbers.count(last(fork)));
            });
        }
        if (figures.isEmpty()) {
            return List.of();
        }
        return List.of(new Section(
                "cma-over-time",
                "What do pins do to contiguous memory?",
                answers(run),
                figures,
                List.of(new Table("The area", table)),
                List.of(
                        "In each step a process takes 48 pages from the area, pins 4 of them for long, and the oldest of 40"
                                + " processes exits; then a driver asks for " + CmaOverTime.WANTED_PAGES
                                + " contiguous pages and gives them back. Nothing is timed: the numbers are counts, the same on every"
                                + " machine.")));
    }

    private static Optional<Figure> figure(
            final Run run, final Measure measure, final String id, final String caption, final String title) {
        final List<Curves.Series> series = new ArrayList<>();
        for (final Pins pins : Pins.values()) {
            run.find(CmaForks.caseId(pins, measure)).ifPresent(rows -> series.add(series(pins, measure, rows)));
        }
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Figure(id, caption, new Curves(title, "step", AxisKind.LINEAR, AxisKind.LINEAR, series)));
    }

    private static Curves.Series series(final Pins pins, final Measure measure, final CaseRows rows) {
        final List<Double> steps = rows.forks().get(0).iterations();
        final List<Curves.Point> points = new ArrayList<>();
        final int every = Math.max(1, steps.size() / 20);
        double sum = 0;
        for (int step = 0; step < steps.size(); step++) {
            sum += steps.get(step);
            if (step % every != 0 && step != steps.size() - 1) {
                continue;
            }
            final double value = switch (measure) {
                case LARGEST_RUN -> steps.get(step);
                case GRANTED -> 100 * sum / (step + 1);
                case BUSY -> sum;
            };
            points.add(new Curves.Point(step + 1.0, Marks.counted(rows, value)));
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
        final int steps = inPlace.iterations().size();
        return List.of(
                "Left in place, as the fast path of v5.2 leaves them, " + inPlace.counter("pinnedInArea")
                        + " pinned pages cut a " + CmaOverTime.AREA_PAGES + "-page area down to runs of at most "
                        + last(inPlace)
                        + ", and a driver got its " + CmaOverTime.WANTED_PAGES + " pages in "
                        + inPlace.counter("granted") + " of " + steps
                        + " steps; with the pins migrated first, in " + migrated.counter("granted") + ".",
                "cma_alloc() found " + Numbers.count(inPlace.counter("busy")) + " positions busy (-EBUSY) in these "
                        + steps
                        + " steps where pins were left in place, and " + Numbers.count(migrated.counter("busy"))
                        + " where they were migrated first; what was in the way otherwise, it moved.");
    }
}
