package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.CheckLadder.Role;
import org.gup.bench.paired.June2019;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** The third question: what does a check cost? */
final class CheckSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<Section> sections = new ArrayList<>();
        for (final CheckLadder ladder : List.of(CheckLadder.ORDINARY, CheckLadder.DEVICE)) {
            for (final int pagesPerCall : CheckDecisions.sizes(run, ladder)) {
                final CheckDecisions decided = CheckDecisions.of(run, ladder, pagesPerCall);
                if (!decided.rows().isEmpty()) {
                    sections.add(section(run, ladder, decided, pagesPerCall));
                }
            }
        }
        return sections;
    }

    private static Section section(
            final Run run, final CheckLadder ladder, final CheckDecisions decided, final int pagesPerCall) {
        final boolean ordinary = ladder == CheckLadder.ORDINARY;
        final String suffix = (ordinary ? "" : "device-") + pagesPerCall;
        final List<String> notes = new ArrayList<>(List.of(
                "Every variant is a class of its own, compiled with its own guard, over the same 16 MiB in one process; slices"
                        + " of some 15 microseconds alternate in shuffled order. A fork gives one ratio, the median over its"
                        + " rounds; the interval comes from the forks; p is corrected for all comparisons of the table.",
                "\"No difference found\" is no proof of none: the smallest difference that so many forks would show four"
                        + " times out of five stands beside it. A verdict needs significance and a size above 1 %, and above"
                        + " what the same walk differs by from itself."));
        notes.add(
                ordinary
                        ? June2019Section.SOURCE + " The column shows its ratios at 64 pages a call."
                        : "Device pages have no compound head, and each takes a reference on its device as well. With"
                                + " FOLL_LONGTERM, v5.2 stops at the first of them, and the slow path refuses the call.");
        decided.disturbance().ifPresent(notes::add);
        return new Section(
                "check-cost-" + suffix,
                "What does a check cost? (" + (ordinary ? "" : ladder.ground().label() + ", ") + pagesPerCall
                        + " pages a call)",
                ordinary ? answers(decided) : answersOfDevice(run, decided, pagesPerCall),
                List.of(
                        ratios("check-ratios-" + suffix, decided),
                        nanos("check-nanos-" + suffix, run, ladder, pagesPerCall)),
                List.of(new Table("Comparisons", table(decided, ordinary))),
                notes);
    }

    /** Each comparison with its verdict. */
    private static TextTable table(final CheckDecisions decided, final boolean withMails) {
        final List<String> columns = new ArrayList<>(
                List.of("what is added", "ratio", "95 % interval", "n", "p (Holm)", "verdict", "smallest detectable"));
        if (withMails) {
            columns.add("2019");
        }
        final TextTable table = new TextTable(1, columns.toArray(String[]::new));
        for (final CheckDecisions.Row row : decided.rows()) {
            final List<String> cells = new ArrayList<>(List.of(
                    row.asked().question(),
                    ratio(row.comparison().ratio()),
                    Numbers.bounds(row.comparison().estimate()),
                    Integer.toString(row.comparison().newForks()),
                    Numbers.probability(row.decision().adjustedP()),
                    row.verdict(),
                    Numbers.share(row.decision().detectable())));
            if (withMails) {
                final double mails =
                        June2019.ratio(row.asked().arm(), row.asked().base(), June2019.PAGES_PER_CALL);
                cells.add(Double.isNaN(mails) ? "" : ratio(mails));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    /** What each comparison adds, but the control: it would hide the others. */
    static Figure ratios(final String id, final CheckDecisions decided) {
        return new Figure(
                id,
                "What each check adds to the walk. Grey: what the same walk differs by from itself.",
                new Intervals(
                        "With the check / without it",
                        AxisKind.ZOOMED,
                        1,
                        decided.floor(),
                        decided.rows().stream()
                                .filter(row -> row.asked().role() != Role.KNOWN_DIFFERENCE)
                                .map(CheckSection::mark)
                                .toList()));
    }

    private static Figure nanos(final String id, final Run run, final CheckLadder ladder, final int pagesPerCall) {
        return new Figure(
                id,
                "Each variant of the walk, all of them in one process.",
                new Intervals(
                        "Nanoseconds per page",
                        AxisKind.ZOOMED,
                        Double.NaN,
                        0,
                        measured(run, ladder, pagesPerCall).stream()
                                .filter(rows -> !rows.info().params().containsKey("unit"))
                                .map(rows -> new Intervals.Row(
                                        rows.info().label(),
                                        rows.info()
                                                        .params()
                                                        .getOrDefault("guard", "")
                                                        .startsWith("fused")
                                                ? 1
                                                : 0,
                                        Marks.of(rows)))
                                .toList()));
    }

    private static List<CaseRows> measured(final Run run, final CheckLadder ladder, final int pagesPerCall) {
        return new CheckForks(ladder, pagesPerCall, 1)
                .cases(1).stream().flatMap(info -> run.find(info.id()).stream()).toList();
    }

    private static Intervals.Row mark(final CheckDecisions.Row row) {
        return new Intervals.Row(
                row.asked().question(),
                switch (row.decision().verdict()) {
                    case SLOWER -> 1;
                    case FASTER -> 2;
                    default -> 5;
                },
                Marks.of(row.measured(), row.comparison().estimate()));
    }

    private static List<String> answers(final CheckDecisions decided) {
        return Stream.of(
                        decided.sentence("longterm-test", "The long-term test of v5.2"),
                        decided.sentence("longterm-set", "Setting FOLL_LONGTERM on ordinary pages"),
                        decided.sentence("cma-in-walk-lt", "A CMA test inside the walk, flag set"),
                        decided.sentence("cma-second-pass-lt", "A CMA test as a second pass, flag set"),
                        decided.sentence("control", "The positive control, a second locked operation"))
                .flatMap(Optional::stream)
                .toList();
    }

    private static List<String> answersOfDevice(final Run run, final CheckDecisions decided, final int pagesPerCall) {
        final List<String> answers = new ArrayList<>();
        decided.sentence("longterm-test", "The long-term test of v5.2 where every page meets it, flag clear")
                .ifPresent(answers::add);
        decided.sentence("fused-longterm-test", "The same in the fused guard").ifPresent(answers::add);
        decided.sentence("shape", "The fused guard in place of check by check").ifPresent(answers::add);
        run.find(CheckForks.caseId(CheckLadder.DEVICE, "v5.2-lt", pagesPerCall))
                .ifPresent(rows -> answers.add("With FOLL_LONGTERM the walk stops at the first device page: "
                        + Numbers.withBounds(Estimates.mean(rows.scores())) + " ns a call."));
        return answers;
    }

    static String ratio(final double ratio) {
        return String.format(Locale.ROOT, "%.3f", ratio);
    }
}
