package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.rejection.Refusal;
import org.gup.bench.rejection.Refusal.Kernel;
import org.gup.bench.rejection.Refusal.Mapping;
import org.gup.bench.rejection.RejectionForks;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Estimates;
import org.gup.bench.stats.PairedRatios;
import org.gup.bench.stats.Verdict;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** What does refusing mappings of DAX file systems cost: whom it hits, and everybody else? */
final class RejectionSection implements Section.Source {
    private static final double THRESHOLD = 0.01;
    private static final int LAST = Refusal.PAGES - 1;

    /** A call by two kernels, decided. */
    private record Row(Refusal refusal, CaseRows rows, Decision decision) {
        Comparison comparison() {
            return decision.comparison();
        }

        double counter(final String name) {
            return rows.forks().get(0).counters().getOrDefault(name, Double.NaN);
        }
    }

    @Override
    public List<Section> of(final Run run) {
        final double floor = floor(run);
        final List<Row> refused = decided(run, floor, refusal -> refusal.mapping() != Mapping.NONE);
        final List<Row> ordinary = decided(run, floor, refusal -> refusal.mapping() == Mapping.NONE);
        if (refused.isEmpty() && ordinary.isEmpty()) {
            return List.of();
        }
        final List<Figure> figures = new ArrayList<>();
        curves(run).ifPresent(figures::add);
        ratios(ordinary, floor).ifPresent(figures::add);
        final List<Table> tables = new ArrayList<>();
        if (!refused.isEmpty()) {
            tables.add(new Table("Calls that meet a DAX mapping, 512 pages", refusedTable(run, refused)));
        }
        if (!ordinary.isEmpty()) {
            tables.add(new Table("Calls that do not", ordinaryTable(run, ordinary)));
        }
        return List.of(new Section(
                "fs-dax-refusal",
                "What does refusing FS-DAX cost?",
                answers(run, refused, ordinary),
                figures,
                tables,
                List.of(
                        "The two do not mean the same. After the walk (v5.2) one page of a DAX file system refuses the whole call;"
                                + " before it (v5.11) the call returns the pages before that mapping, and only a call that begins"
                                + " in it fails. get_user_pages_fast keeps what its walk has, and hides the error of the rest; its slow leg"
                                + " marks no page accessed or dirty, and so takes less for the same pages.",
                        "get_user_pages(FOLL_WRITE | FOLL_LONGTERM) with mmap_sem held, everything populated: no call faults. A score"
                                + " is nanoseconds per call, the median over slices of 15 microseconds and more; all calls in one"
                                + " process, in shuffled order, each kernel loaded as classes of its own. Giving back what a call"
                                + " returned is outside the timed part; what it gives back itself is inside. Results, pages and"
                                + " references are checked after every slice.",
                        "After the walk needs an array with the mapping of each page. A kernel allocates it for each call, the model"
                                + " keeps it and clears it: kcalloc and kfree come on top. Storing a reference to a Java object costs"
                                + " one store more than a pointer does.",
                        "Thrown away: pages that the call pinned and gave back, of those it pinned. A verdict needs significance,"
                                + " corrected for all comparisons of its table, and a size above 1 % and above what the same code"
                                + " differs by from itself ("
                                + Numbers.share(floor) + " here).")));
    }

    private static Optional<CaseRows> find(final Run run, final Refusal refusal) {
        return run.find(refusal.id());
    }

    private static double[] ratios(final CaseRows rows) {
        return rows.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(RejectionForks.RATIO, Double.NaN))
                .filter(ratio -> !Double.isNaN(ratio))
                .toArray();
    }

    /** One family: the calls with a base, in the order of the tables. */
    private static List<Row> decided(final Run run, final double floor, final Predicate<Refusal> wanted) {
        final List<Refusal> asked = new ArrayList<>();
        final List<CaseRows> measured = new ArrayList<>();
        final List<Comparison> family = new ArrayList<>();
        for (final Refusal refusal : Refusal.all()) {
            final Optional<CaseRows> rows =
                    wanted.test(refusal) && refusal.kernel() != Kernel.BEFORE ? find(run, refusal) : Optional.empty();
            if (rows.isPresent() && ratios(rows.get()).length > 0) {
                asked.add(refusal);
                measured.add(rows.get());
                family.add(PairedRatios.of(ratios(rows.get())));
            }
        }
        final List<Decision> decisions = Decisions.decide(family, Math.max(THRESHOLD, floor));
        final List<Row> decided = new ArrayList<>();
        for (int i = 0; i < decisions.size(); i++) {
            decided.add(new Row(asked.get(i), measured.get(i), decisions.get(i)));
        }
        return decided;
    }

    /** How much the same kernel differs from itself: the largest of its twins. */
    private static double floor(final Run run) {
        return Refusal.all().stream()
                .filter(refusal -> refusal.kernel() == Kernel.AFTER_AGAIN)
                .flatMap(refusal -> find(run, refusal).stream())
                .map(RejectionSection::ratios)
                .filter(ratios -> ratios.length > 0)
                .mapToDouble(ratios -> Math.expm1(Math.abs(Math.log(Decisions.geometricMean(ratios)))))
                .max()
                .orElse(0);
    }

    private static Optional<Figure> curves(final Run run) {
        final List<Curves.Series> series = new ArrayList<>();
        series(run, Mapping.PTE, Kernel.AFTER, "after the walk (v5.2)", 1).ifPresent(series::add);
        series(run, Mapping.PMD, Kernel.AFTER, "after the walk, 2M entry", 3).ifPresent(series::add);
        series(run, Mapping.PTE, Kernel.BEFORE, "before the walk (v5.11)", 0).ifPresent(series::add);
        return series.isEmpty()
                ? Optional.empty()
                : Optional.of(new Figure(
                        "refusal-positions",
                        "A call of 512 pages that meets a DAX mapping, by where that mapping begins. After the walk everything is"
                                + " pinned first, and put; before it, what comes first is pinned, and returned.",
                        new Curves(
                                "Nanoseconds per call",
                                "pages of the call before the DAX mapping",
                                AxisKind.LINEAR,
                                AxisKind.LOG,
                                series)));
    }

    private static Optional<Curves.Series> series(
            final Run run, final Mapping mapping, final Kernel kernel, final String name, final int colour) {
        final List<Curves.Point> points = Refusal.all().stream()
                .filter(refusal -> refusal.mapping() == mapping && refusal.kernel() == kernel)
                .flatMap(refusal -> find(run, refusal).stream()
                        .map(rows ->
                                new Curves.Point(refusal.position(), Marks.of(rows, Estimates.mean(rows.scores())))))
                .toList();
        return points.size() < 2 ? Optional.empty() : Optional.of(new Curves.Series(name, colour, points));
    }

    private static Optional<Figure> ratios(final List<Row> ordinary, final double floor) {
        return ordinary.isEmpty()
                ? Optional.empty()
                : Optional.of(new Figure(
                        "refusal-ordinary",
                        "What everybody pays: calls on ordinary memory, none of which is refused. Grey: what the same code differs"
                                + " by from itself.",
                        new Intervals(
                                "Check after the walk / check before it",
                                AxisKind.ZOOMED,
                                1,
                                floor,
                                ordinary.stream()
                                        .map(row -> new Intervals.Row(
                                                what(row.refusal),
                                                switch (row.decision.verdict()) {
                                                    case SLOWER -> 1;
                                                    case FASTER -> 2;
                                                    default -> 5;
                                                },
                                                Marks.of(
                                                        row.rows,
                                                        row.comparison().estimate())))
                                        .toList())));
    }

    private static String what(final Refusal refusal) {
        final String pages = pages(refusal.pages()) + " a call";
        return refusal.kernel() == Kernel.AFTER_AGAIN ? pages + ", the same code twice" : pages;
    }

    private static String pages(final int pages) {
        return pages == 1 ? "one page" : pages + " pages";
    }

    private static TextTable refusedTable(final Run run, final List<Row> rows) {
        final TextTable table = new TextTable(
                1,
                "what",
                "DAX from page",
                "after, ns/call",
                "returns",
                "thrown away",
                "share",
                "before, ns/call",
                "returns",
                "thrown away",
                "after / before",
                "verdict");
        for (final Row row : rows) {
            final double thrownAway = row.counter(RejectionForks.THROWN_AWAY);
            final double kept = Math.max(0, row.counter(RejectionForks.RESULT));
            final Optional<CaseRows> before = find(run, row.refusal.by(Kernel.BEFORE));
            table.row(
                    row.refusal.mapping().label(),
                    Integer.toString(row.refusal.position()),
                    Numbers.withBounds(Estimates.mean(row.rows.scores())),
                    result(row.rows),
                    Numbers.count(Math.round(thrownAway)),
                    Numbers.share(thrownAway / (thrownAway + kept)),
                    before.map(base -> Numbers.withBounds(Estimates.mean(base.scores())))
                            .orElse("-"),
                    before.map(RejectionSection::result).orElse("-"),
                    before.map(base -> Numbers.count(base.forks().get(0).counter(RejectionForks.THROWN_AWAY)))
                            .orElse("-"),
                    Numbers.withBounds(row.comparison().estimate()),
                    row.decision.verdict().words());
        }
        return table;
    }

    private static String result(final CaseRows rows) {
        final long result = rows.forks().get(0).counter(RejectionForks.RESULT);
        return result < 0 ? "-EOPNOTSUPP" : Numbers.count(result);
    }

    private static TextTable ordinaryTable(final Run run, final List<Row> rows) {
        final TextTable table = new TextTable(
                1,
                "pages a call",
                "after, ns/call",
                "before, ns/call",
                "ratio",
                "95 % interval",
                "n",
                "p (Holm)",
                "verdict",
                "smallest detectable");
        for (final Row row : rows) {
            final boolean twin = row.refusal.kernel() == Kernel.AFTER_AGAIN;
            final Optional<CaseRows> base = find(run, row.refusal.by(twin ? Kernel.AFTER : Kernel.BEFORE));
            table.row(
                    twin ? row.refusal.pages() + ", after twice (A/A)" : Integer.toString(row.refusal.pages()),
                    Numbers.withBounds(Estimates.mean(row.rows.scores())),
                    base.map(other -> Numbers.withBounds(Estimates.mean(other.scores())))
                            .orElse("-"),
                    ratio(row.comparison().ratio()),
                    Numbers.bounds(row.comparison().estimate()),
                    Integer.toString(row.comparison().newForks()),
                    Numbers.probability(row.decision.adjustedP()),
                    row.decision.verdict().words(),
                    Numbers.share(row.decision.detectable()));
        }
        return table;
    }

    private static List<String> answers(final Run run, final List<Row> refused, final List<Row> ordinary) {
        final List<String> answers = new ArrayList<>();
        final Optional<Row> last = row(refused, Mapping.PTE, LAST);
        last.ifPresent(row -> answers.add(wholeSentence(run, row) + firstSentence(run, refused)));
        for (final int pages : new int[] {Refusal.PAGES, 1}) {
            row(ordinary, Mapping.NONE, pages).ifPresent(row -> answers.add(ordinarySentence(row)));
        }
        row(refused, Mapping.FAST, 0)
                .ifPresent(row -> answers.add("get_user_pages_fast on a DAX mapping stops at its first page and goes on"
                        + " under mmap_sem: it fails after " + nanos(row.rows) + " ns, having pinned and put "
                        + Numbers.count(Math.round(row.counter(RejectionForks.THROWN_AWAY)))
                        + " pages; with the check before the walk, after "
                        + find(run, row.refusal.by(Kernel.BEFORE))
                                .map(RejectionSection::nanos)
                                .orElse("-")
                        + " ns."));
        return answers;
    }

    private static Optional<Row> row(final List<Row> rows, final Mapping mapping, final int position) {
        return rows.stream()
                .filter(row -> row.refusal.mapping() == mapping
                        && row.refusal.kernel() == Kernel.AFTER
                        && row.refusal.position() == position)
                .findFirst();
    }

    private static String nanos(final CaseRows rows) {
        return Numbers.withBounds(Estimates.mean(rows.scores()));
    }

    private static String wholeSentence(final Run run, final Row row) {
        return "v5.2 pins and puts " + Numbers.count(Math.round(row.counter(RejectionForks.THROWN_AWAY)))
                + " pages before it says no: " + nanos(row.rows) + " ns a call with the DAX mapping last, "
                + Numbers.withBounds(row.comparison().estimate())
                + " times what the check before the walk (v5.11) takes to pin"
                + " and return the "
                + find(run, row.refusal.by(Kernel.BEFORE))
                        .map(RejectionSection::result)
                        .orElse("-")
                + " pages before it";
    }

    private static String firstSentence(final Run run, final List<Row> refused) {
        return row(refused, Mapping.PTE, 0)
                .map(row -> "; with it first, " + nanos(row.rows) + " ns against "
                        + find(run, row.refusal.by(Kernel.BEFORE))
                                .map(RejectionSection::nanos)
                                .orElse("-")
                        + ".")
                .orElse(".");
    }

    private static String ordinarySentence(final Row row) {
        final Comparison comparison = row.comparison();
        final String subject =
                "On ordinary memory, " + pages(row.refusal.pages()) + " a call, the check after the walk adds ";
        final String change = percent(comparison.ratio());
        final Verdict verdict = row.decision.verdict();
        if (verdict == Verdict.TOO_FEW_FORKS) {
            return subject + change + ": too few forks to decide.";
        }
        return subject + change + " [" + percent(comparison.low()) + ", " + percent(comparison.high())
                + "] to the call with the check before it: " + verdict.words()
                + (verdict == Verdict.NO_DIFFERENCE
                        ? " (smallest detectable " + Numbers.share(row.decision.detectable()) + ")."
                        : ".");
    }

    private static String percent(final double ratio) {
        return Numbers.percent(ratio - 1);
    }

    private static String ratio(final double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }
}
