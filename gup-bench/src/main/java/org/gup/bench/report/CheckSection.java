package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.CheckLadder.Role;
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

/** The third question: what does a check cost? */
final class CheckSection implements Section.Source {
    private static final double THRESHOLD = 0.01;

    /** A comparison of a run, decided. */
    private record Row(CheckLadder.Comparison asked, CaseRows rows, Decision decision) {
        Comparison comparison() {
            return decision.comparison();
        }
    }

    @Override
    public List<Section> of(final Run run) {
        final List<Section> sections = new ArrayList<>();
        for (final int pagesPerCall : new int[] {512, 8}) {
            final List<Row> rows = decided(run, pagesPerCall);
            if (!rows.isEmpty()) {
                sections.add(section(run, rows, pagesPerCall));
            }
        }
        return sections;
    }

    private static List<Row> decided(final Run run, final int pagesPerCall) {
        final List<CheckLadder.Comparison> asked = new ArrayList<>();
        final List<CaseRows> rows = new ArrayList<>();
        final List<Comparison> family = new ArrayList<>();
        for (final CheckLadder.Comparison comparison : CheckLadder.comparisons()) {
            final Optional<CaseRows> measured = run.find(CheckForks.caseId(comparison.arm(), pagesPerCall));
            if (measured.isPresent()) {
                asked.add(comparison);
                rows.add(measured.get());
                family.add(PairedRatios.of(ratios(measured.get(), comparison.id())));
            }
        }
        final double floor = floor(asked, family);
        final List<Decision> decisions = Decisions.decide(family, Math.max(THRESHOLD, floor));
        final List<Row> decided = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            decided.add(new Row(asked.get(i), rows.get(i), decisions.get(i)));
        }
        return decided;
    }

    private static double[] ratios(final CaseRows rows, final String comparison) {
        return rows.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(CheckForks.RATIO + comparison, Double.NaN))
                .filter(ratio -> !Double.isNaN(ratio))
                .toArray();
    }

    /** How much the same walk differs from itself: twice the larger of the two pairs, or their intervals' reach. */
    private static double floor(final List<CheckLadder.Comparison> asked, final List<Comparison> family) {
        double floor = 0;
        for (int i = 0; i < asked.size(); i++) {
            if (asked.get(i).role() == Role.SAME_TWICE) {
                floor = Math.max(
                        floor, Math.expm1(Math.abs(Math.log(family.get(i).ratio()))));
            }
        }
        return floor;
    }

    private static Section section(final Run run, final List<Row> rows, final int pagesPerCall) {
        final double floor = floor(
                rows.stream().map(Row::asked).toList(),
                rows.stream().map(Row::comparison).toList());
        final TextTable table = new TextTable(
                1,
                "what is added",
                "ratio",
                "95 % interval",
                "n",
                "p (Holm)",
                "verdict",
                "smallest detectable",
                "2019");
        for (final Row row : rows) {
            table.row(
                    row.asked.question(),
                    ratio(row.comparison().ratio()),
                    Numbers.bounds(row.comparison().estimate()),
                    Integer.toString(row.comparison().newForks()),
                    Numbers.probability(row.decision.adjustedP()),
                    row.decision.verdict().words(),
                    Numbers.share(row.decision.detectable()),
                    Double.isNaN(row.asked.mail2019()) ? "" : ratio(row.asked.mail2019()));
        }
        return new Section(
                "check-cost-" + pagesPerCall,
                "What does a check cost? (" + pagesPerCall + " pages a call)",
                answers(rows),
                List.of(
                        new Figure(
                                "check-ratios-" + pagesPerCall,
                                "What each check adds to the walk. Grey: what the same walk differs by from itself.",
                                new Intervals(
                                        "With the check / without it",
                                        AxisKind.ZOOMED,
                                        1,
                                        floor,
                                        rows.stream()
                                                .filter(row -> row.asked.role() != Role.KNOWN_DIFFERENCE)
                                                .map(CheckSection::mark)
                                                .toList())),
                        new Figure(
                                "check-nanos-" + pagesPerCall,
                                "Each variant of the walk, all of them in one process.",
                                new Intervals(
                                        "Nanoseconds per page",
                                        AxisKind.ZOOMED,
                                        Double.NaN,
                                        0,
                                        new CheckForks(pagesPerCall, 1)
                                                .cases(1).stream()
                                                        .flatMap(info -> run.find(info.id()).stream())
                                                        .map(measured -> new Intervals.Row(
                                                                measured.info().label(),
                                                                colour(measured.info()
                                                                        .params()
                                                                        .getOrDefault("guard", "")),
                                                                new Mark(
                                                                        measured.info()
                                                                                .id(),
                                                                        Estimates.mean(measured.scores()),
                                                                        measured.disturbed() > 0)))
                                                        .toList()))),
                List.of(new Table("Comparisons", table)),
                List.of(
                        "Every variant is a class of its own, compiled with its own guard, over the same 16 MiB in one process; slices"
                                + " of some 15 microseconds alternate in shuffled order. A fork gives one ratio, the median over its"
                                + " rounds; the interval comes from the forks; p is corrected for all comparisons of the table.",
                        "\"No difference found\" is no proof of none: the smallest difference that so many forks would show four"
                                + " times out of five stands beside it. A verdict needs significance and a size above 1 %, and above"
                                + " what the same walk differs by from itself.",
                        "2019: gup_benchmark on an EPYC 7601, v5.2-rc2, 64 pages a call, mail 20190611122935.GA9919 of 11 June 2019:"
                                + " 14.58 ns a page, 14.68 with the flag; CMA test in the walk 14.23 and 16.17, as a second pass 14.70"
                                + " and 19.54. No spread was published."));
    }

    private static int colour(final String guard) {
        return guard.startsWith("fused") ? 1 : 0;
    }

    private static Intervals.Row mark(final Row row) {
        return new Intervals.Row(
                row.asked.question(),
                switch (row.decision.verdict()) {
                    case SLOWER -> 1;
                    case FASTER -> 2;
                    default -> 5;
                },
                new Mark(row.rows.info().id(), row.comparison().estimate(), row.rows.disturbed() > 0));
    }

    private static List<String> answers(final List<Row> rows) {
        final List<String> answers = new ArrayList<>();
        sentence(rows, "longterm-test", "The long-term test of v5.2").ifPresent(answers::add);
        sentence(rows, "longterm-set", "Setting FOLL_LONGTERM on ordinary pages")
                .ifPresent(answers::add);
        sentence(rows, "cma-in-walk-lt", "A CMA test inside the walk, flag set").ifPresent(answers::add);
        sentence(rows, "cma-second-pass-lt", "A CMA test as a second pass, flag set")
                .ifPresent(answers::add);
        sentence(rows, "control", "The positive control, a second locked operation")
                .ifPresent(answers::add);
        return answers;
    }

    private static Optional<String> sentence(final List<Row> rows, final String id, final String subject) {
        return rows.stream()
                .filter(row -> row.asked.id().equals(id))
                .findFirst()
                .map(row -> {
                    final Comparison comparison = row.comparison();
                    final String change = String.format(Locale.ROOT, "%+.1f %%", (comparison.ratio() - 1) * 100);
                    if (row.decision.verdict() == Verdict.TOO_FEW_FORKS) {
                        return subject + ": " + change + ", too few forks to decide.";
                    }
                    final String interval = String.format(
                            Locale.ROOT, "[%+.1f, %+.1f]", (comparison.low() - 1) * 100, (comparison.high() - 1) * 100);
                    return subject + ": " + change + " " + interval + ", "
                            + row.decision.verdict().words()
                            + (row.decision.verdict() == Verdict.NO_DIFFERENCE
                                    ? " (smallest detectable " + Numbers.share(row.decision.detectable()) + ")."
                                    : ".");
                });
    }

    private static String ratio(final double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }
}
