package org.gup.bench.report;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.curve.CurveCase;
import org.gup.bench.curve.CurveForks;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** A part of the first question: where does the fast path stop, and what does a page cost there? */
final class CurveSection implements Section.Source {
    private static final String SHARE = "share";
    private static final String POSITION = "position";
    private static final String LEAF = "leaf";
    private static final String PLACES = "places";
    private static final String THREADS = "threads";
    private static final int COLOURS = 6;

    @Override
    public List<Section> of(final Run run) {
        final Map<String, List<CaseRows>> families = families(run);
        if (families.isEmpty()) {
            return List.of();
        }
        final List<Figure> figures = new ArrayList<>();
        curves(
                families.getOrDefault(SHARE, List.of()),
                "curve-shares",
                "A call of 512 pages, by how many of them are bad ones, spread evenly: the walk stops at the first that it cannot"
                        + " take. It takes devmap pages.",
                "Nanoseconds per page, by share of bad pages",
                "% of the pages are bad ones",
                figures);
        curves(
                families.getOrDefault(POSITION, List.of()),
                "curve-positions",
                "A call of 512 pages with one bad page, by where it stands: what comes before it goes the fast way.",
                "Nanoseconds per page, by place of the only bad one",
                "place of the bad page in the call, from 0",
                figures);
        final List<CaseRows> leaves = families.getOrDefault(LEAF, List.of());
        leaves(leaves, "fast", "The fast way, by what maps a page, got to be written.", figures);
        leaves(leaves, "slow", "The slow way, by what maps a page, got to be written.", figures);
        points(
                families.getOrDefault(PLACES, List.of()),
                "curve-places",
                "The walk over frames that follow each other and over scattered ones; hot: 512 pages again and again; cold: so many"
                        + " that their struct pages have left the caches when their turn comes.",
                figures);
        points(
                families.getOrDefault(THREADS, List.of()),
                "curve-threads",
                "Threads that get and put at once, 512 pages a call: what a page costs each of them.",
                figures);
        return List.of(new Section(
                "where-fast-stops",
                "Where does the fast path stop?",
                answers(run),
                figures,
                tables(families),
                notes()));
    }

    private static Map<String, List<CaseRows>> families(final Run run) {
        final Map<String, List<CaseRows>> families = new LinkedHashMap<>();
        for (final CaseRows row : run.cases()) {
            if (row.info().id().startsWith(CurveCase.PREFIX)) {
                families.computeIfAbsent(param(row, "family"), family -> new ArrayList<>())
                        .add(row);
            }
        }
        return families;
    }

    private static String param(final CaseRows row, final String name) {
        return row.info().params().getOrDefault(name, "");
    }

    private static Map<String, List<CaseRows>> kinds(final List<CaseRows> rows) {
        final Map<String, List<CaseRows>> kinds = new LinkedHashMap<>();
        rows.forEach(row -> kinds.computeIfAbsent(param(row, "kind"), kind -> new ArrayList<>())
                .add(row));
        return kinds;
    }

    private static void curves(
            final List<CaseRows> rows,
            final String id,
            final String caption,
            final String title,
            final String xLabel,
            final List<Figure> figures) {
        final List<Curves.Series> series = new ArrayList<>();
        kinds(rows).forEach((kind, points) -> {
            if (points.size() > 1) {
                series.add(new Curves.Series(
                        kind,
                        series.size() % COLOURS,
                        points.stream()
                                .map(point -> new Curves.Point(Double.parseDouble(param(point, "x")), Marks.of(point)))
                                .toList()));
            }
        });
        if (!series.isEmpty()) {
            figures.add(new Figure(id, caption, new Curves(title, xLabel, AxisKind.LINEAR, AxisKind.LOG, series)));
        }
    }

    private static void leaves(
            final List<CaseRows> rows, final String way, final String caption, final List<Figure> figures) {
        final List<Curves.Series> series = new ArrayList<>();
        kinds(rows).forEach((kind, points) -> {
            if (kind.endsWith("-" + way + "-write") && points.size() > 1) {
                final String label = points.get(0).info().label();
                series.add(new Curves.Series(
                        label.substring(0, label.indexOf(" x ")),
                        series.size() % COLOURS,
                        points.stream()
                                .map(point -> new Curves.Point(Double.parseDouble(param(point, "x")), Marks.of(point)))
                                .toList()));
            }
        });
        if (!series.isEmpty()) {
            figures.add(new Figure(
                    "curve-leaves-" + way,
                    caption,
                    new Curves("Nanoseconds per page, " + way, "pages per call", AxisKind.LOG2, AxisKind.LOG, series)));
        }
    }

    private static void points(
            final List<CaseRows> rows, final String id, final String caption, final List<Figure> figures) {
        if (!rows.isEmpty()) {
            figures.add(new Figure(
                    id,
                    caption,
                    new Intervals(
                            "Nanoseconds per page",
                            AxisKind.LOG,
                            Double.NaN,
                            0,
                            rows.stream()
                                    .map(row -> new Intervals.Row(row.info().label(), 0, Marks.of(row)))
                                    .toList())));
        }
    }

    private static List<Table> tables(final Map<String, List<CaseRows>> families) {
        final TextTable table = new TextTable(
                3,
                "factor",
                "case",
                "access",
                "get ns/page",
                "put ns/page",
                "fast pages",
                "slow pages",
                "slow calls",
                "faults");
        families.values()
                .forEach(rows -> rows.forEach(row -> table.row(
                        param(row, "family"),
                        row.info().label(),
                        param(row, "access"),
                        Numbers.withBounds(Estimates.mean(row.scores())),
                        Numbers.number(counter(row, CurveForks.PUT)),
                        count(row, CurveForks.FAST_PAGES),
                        count(row, CurveForks.SLOW_PAGES),
                        count(row, CurveForks.SLOW_CALLS),
                        count(row, CurveForks.FAULTS))));
        return List.of(new Table("Which way the pages of a call went, and what they cost", table));
    }

    private static String count(final CaseRows row, final String name) {
        final double count = counter(row, name);
        return Double.isNaN(count) ? "-" : Numbers.count(Math.round(count));
    }

    private static double counter(final CaseRows row, final String name) {
        return row.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(name, Double.NaN))
                .average()
                .orElse(Double.NaN);
    }

    private static List<String> answers(final Run run) {
        final List<String> answers = new ArrayList<>();
        times(run, "share/absent/1", "share/absent/0")
                .ifPresent(times -> answers.add("One absent page in a hundred makes a page cost " + times
                        + " times as much: the walk stops at it, and the slow path takes the rest of the call."));
        times(run, "position/special/0", "position/special/511")
                .ifPresent(times -> answers.add("One zero page at the start of a call of 512 makes a page cost " + times
                        + " times as much as one at its end: what counts is where the first bad page stands."));
        times(run, "share/absent/100", "share/absent/0")
                .ifPresent(times -> answers.add("A page that is not there costs " + times
                        + " times as much as one that the walk finds: the slow path faults in a cleared page."));
        times(run, "share/devmap/100", "share/devmap/0")
                .ifPresent(times -> answers.add("The walk takes devmap pages itself. A page of such a call costs "
                        + times + " times as much."));
        final Optional<String> apart = times(run, "threads/disjoint/2", "threads/disjoint/1");
        final Optional<String> huge = times(run, "threads/huge/2", "threads/huge/1");
        if (apart.isPresent() && huge.isPresent()) {
            answers.add("With a second thread at work, a page costs " + apart.get()
                    + " times as much if each has pages of its own, and " + huge.get()
                    + " times if both get those of one huge page, whose references are one word.");
        }
        range(run, "threads/same/2", "threads/same/1")
                .ifPresent(range -> answers.add("If both get the same 512 pages, it depends on whether they meet: "
                        + range + " times as much, from JVM to JVM."));
        times(run, "places/scattered/cold", "places/contiguous/cold")
                .ifPresent(times -> answers.add("Scattered frames whose struct pages are cold cost " + times
                        + " times as much a page as cold ones in a row."));
        return answers;
    }

    private static Optional<String> times(final Run run, final String numerator, final String denominator) {
        final Optional<CaseRows> one = run.find(CurveCase.PREFIX + numerator);
        final Optional<CaseRows> other = run.find(CurveCase.PREFIX + denominator);
        return one.isPresent() && other.isPresent()
                ? Optional.of(Numbers.withBounds(Ratios.of(one.get(), other.get())))
                : Optional.empty();
    }

    /** The least and the most of the forks: where they fall into two states, a mean is neither. */
    private static Optional<String> range(final Run run, final String numerator, final String denominator) {
        final Optional<CaseRows> one = run.find(CurveCase.PREFIX + numerator);
        final Optional<CaseRows> other = run.find(CurveCase.PREFIX + denominator);
        if (one.isEmpty() || other.isEmpty()) {
            return Optional.empty();
        }
        final double base = Estimates.mean(other.get().scores()).value();
        final DoubleSummaryStatistics forks = one.get().forks().stream()
                .mapToDouble(fork -> fork.mean() / base)
                .summaryStatistics();
        return Optional.of(Numbers.number(forks.getMin()) + " to " + Numbers.number(forks.getMax()));
    }

    private static List<String> notes() {
        return List.of(
                "One factor at a time; everything else stays as it is. A fork measures every point in each of its rounds, in shuffled"
                        + " order; its median is one observation.",
                "Shares and positions: each sample first gets and gives back all 512 pages, then makes the bad ones, and times one call."
                        + " Making them, the checks and the way back are not in the time. Each call must go exactly the way that the"
                        + " table says, or the fork fails.",
                "Bad pages: absent (contents dropped), read-only (write-protected, got to be written), protnone (NUMA balancing),"
                        + " special (the zero page, got to be read), devmap (a DAX file mapped private; written pages are ordinary)."
                        + " Shares of absent pages include their faults.",
                "Leaves, places and threads: the pages stay as they are, and getting and giving back are timed apart. Cold: 2 MiB of"
                        + " struct pages, more than a cache of the second level. The model maps no leaf of 1 GiB.");
    }
}
