package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.June2019;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** The measurement of June 2019 once more: its published figures beside ours. */
final class June2019Section implements Section.Source {
    /** Where the published figures come from. */
    static final String SOURCE =
            "2019: gup_benchmark -r 100 over 128 MiB on an EPYC 7601, v5.2-rc2, message " + June2019.MESSAGE
                    + " of 11 June 2019: 14.58 ns a page with 64 pages a call, 14.68 with the flag; CMA test in the walk 14.23"
                    + " and 16.17, as a second pass 14.70 and 19.54. No spread was published.";

    private static final CheckLadder LADDER = CheckLadder.JUNE_2019;
    private static final String SECOND_PASS = "cma-second-pass-lt";
    private static final String IN_WALK = "cma-in-walk-lt";
    private static final String ALTERNATIVES = "alternatives";

    @Override
    public List<Section> of(final Run run) {
        final List<CheckDecisions> bySize = new ArrayList<>();
        final List<Integer> sizes = new ArrayList<>();
        CheckDecisions.sizes(run, LADDER).stream().sorted().forEach(size -> {
            final CheckDecisions decided = CheckDecisions.of(run, LADDER, size);
            if (!decided.rows().isEmpty()) {
                sizes.add(size);
                bySize.add(decided);
            }
        });
        if (sizes.isEmpty()) {
            return List.of();
        }
        final List<Figure> figures = new ArrayList<>();
        if (sizes.size() > 1) {
            figures.add(alternatives(sizes, bySize));
        }
        final List<Table> tables = new ArrayList<>();
        final List<String> notes = new ArrayList<>(List.of(
                SOURCE,
                "Rows of the ratio tables stand beside the mail's run with a baseline (64 pages a call alone), else beside its"
                        + " second run. On the list a larger -r and -n were asked for, and it was doubted that such a difference"
                        + " can be measured at all.",
                "Ours: the model's walk over as many pages in one process, slices in shuffled order, JVMs as replicates, p"
                        + " corrected for the comparisons of a table. Nanoseconds are a model's: compare ratios."));
        for (int i = 0; i < sizes.size(); i++) {
            final int size = sizes.get(i);
            figures.add(CheckSection.ratios("june-2019-ratios-" + size, bySize.get(i)));
            tables.add(new Table(
                    size + " pages a call: ratios, with the published ones", comparisons(bySize.get(i), size)));
            bySize.get(i).disturbance().ifPresent(note -> notes.add(size + " pages a call: " + note));
        }
        tables.add(new Table("Nanoseconds per page, with the published ones", nanos(run, sizes)));
        return List.of(new Section(
                "june-2019",
                "June 2019: in the walk, or as a second pass?",
                answers(run, sizes, bySize),
                figures,
                tables,
                notes));
    }

    /** The ratio of the two alternatives over the size of a call, theirs beside ours. */
    private static Figure alternatives(final List<Integer> sizes, final List<CheckDecisions> bySize) {
        final List<Curves.Series> series = new ArrayList<>();
        series.add(new Curves.Series("check by check", 0, points(sizes, bySize, ALTERNATIVES)));
        series.add(new Curves.Series("fused", 1, points(sizes, bySize, "fused-" + ALTERNATIVES)));
        final List<Curves.Point> published = new ArrayList<>();
        for (final int size : sizes) {
            final double ratio = June2019.ratio(SECOND_PASS, IN_WALK, size, false);
            if (!Double.isNaN(ratio)) {
                // Leads to our rows: there are none of theirs.
                published.add(new Curves.Point(
                        size,
                        new Mark(
                                CheckForks.caseId(LADDER, SECOND_PASS, size),
                                new Estimate(ratio, Double.NaN, Double.NaN, 1, Estimate.Kind.NONE),
                                false)));
            }
        }
        series.add(new Curves.Series("published in 2019, no spread", 5, published));
        return new Figure(
                "june-2019-alternatives",
                "What a second pass costs against a test in the walk, flag set, by pages per call. Above 1 the test in the walk is"
                        + " the cheaper.",
                new Curves(
                        "Second pass / test in the walk",
                        "pages per call",
                        AxisKind.LOG2,
                        AxisKind.LINEAR,
                        series.stream().filter(one -> !one.points().isEmpty()).toList()));
    }

    private static List<Curves.Point> points(
            final List<Integer> sizes, final List<CheckDecisions> bySize, final String comparison) {
        final List<Curves.Point> points = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            final int size = sizes.get(i);
            bySize.get(i)
                    .find(comparison)
                    .ifPresent(row -> points.add(new Curves.Point(
                            size, Marks.of(row.measured(), row.comparison().estimate()))));
        }
        return points;
    }

    private static TextTable comparisons(final CheckDecisions decided, final int size) {
        final TextTable table = new TextTable(
                1,
                "what is compared",
                "2019",
                "ratio",
                "95 % interval",
                "n",
                "p (Holm)",
                "verdict",
                "smallest detectable");
        for (final CheckDecisions.Row row : decided.rows()) {
            final double mails = June2019.ratio(row.asked().arm(), row.asked().base(), size);
            table.row(
                    row.asked().question(),
                    Double.isNaN(mails) ? "" : CheckSection.ratio(mails),
                    CheckSection.ratio(row.comparison().ratio()),
                    Numbers.bounds(row.comparison().estimate()),
                    Integer.toString(row.comparison().newForks()),
                    Numbers.probability(row.decision().adjustedP()),
                    row.verdict(),
                    Numbers.share(row.decision().detectable()));
        }
        return table;
    }

    private static TextTable nanos(final Run run, final List<Integer> sizes) {
        final TextTable table = new TextTable(1, "variant", "pages/call", "2019", "2019, second run", "here");
        for (final CaseInfo arm : new CheckForks(LADDER, sizes.get(0), 1).cases(1)) {
            final String id = arm.params().getOrDefault("arm", "");
            for (final int size : sizes) {
                run.find(CheckForks.caseId(LADDER, id, size))
                        .ifPresent(measured -> table.row(
                                arm.label(),
                                Integer.toString(size),
                                published(id, size, true),
                                published(id, size, false),
                                Numbers.withBounds(Estimates.mean(measured.scores()))));
            }
        }
        return table;
    }

    private static String published(final String arm, final int size, final boolean first) {
        final OptionalDouble nanos = June2019.nanosPerPage(arm, size, first);
        return nanos.isPresent() ? String.format(Locale.ROOT, "%.2f", nanos.getAsDouble()) : "";
    }

    private static List<String> answers(final Run run, final List<Integer> sizes, final List<CheckDecisions> bySize) {
        final List<String> answers = new ArrayList<>();
        final int theirs = Math.max(0, sizes.indexOf(June2019.PAGES_PER_CALL));
        final CheckDecisions asThere = bySize.get(theirs);
        final int size = sizes.get(theirs);
        asThere.find(ALTERNATIVES)
                .ifPresent(row -> answers.add(cheaper(row) + ": with " + size
                        + " pages a call and the flag set, a second pass in its place is "
                        + row.sentence() + " (2019: "
                        + change(June2019.ratio(SECOND_PASS, IN_WALK, size)) + ", no spread)."));
        asThere.sentence("fused-" + ALTERNATIVES, "The same in the fused guard").ifPresent(answers::add);
        other(sizes, bySize, size).ifPresent(answers::add);
        asThere.sentence(IN_WALK, "What the test in the walk adds, flag set (2019: " + added(IN_WALK) + ")")
                .ifPresent(answers::add);
        asThere.sentence(SECOND_PASS, "What the second pass adds, flag set (2019: " + added(SECOND_PASS) + ")")
                .ifPresent(answers::add);
        unaffected(asThere).ifPresent(answers::add);
        outlier(run).ifPresent(answers::add);
        return answers;
    }

    private static String cheaper(final CheckDecisions.Row row) {
        return switch (row.decision().verdict()) {
            case SLOWER -> "The test in the walk is the cheaper of the two";
            case FASTER -> "The second pass is the cheaper of the two";
            case WITHIN_THRESHOLD -> "The two differ by less than matters";
            case NO_DIFFERENCE -> "Neither of the two is shown to be the cheaper";
            case TOO_FEW_FORKS -> "Too few JVMs to say which of the two is the cheaper";
        };
    }

    private static String added(final String arm) {
        return change(June2019.ratio(arm, "v5.2-lt", June2019.PAGES_PER_CALL));
    }

    private static String change(final double ratio) {
        return Numbers.percent(ratio - 1);
    }

    /** The other sizes of a call, in one sentence. */
    private static Optional<String> other(final List<Integer> sizes, final List<CheckDecisions> bySize, final int but) {
        final List<String> parts = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            final int size = sizes.get(i);
            if (size != but) {
                bySize.get(i)
                        .find(ALTERNATIVES)
                        .ifPresent(row -> parts.add("with " + size + ": " + row.sentence() + " (2019: "
                                + change(June2019.ratio(SECOND_PASS, IN_WALK, size)) + ")"));
            }
        }
        return parts.isEmpty()
                ? Optional.empty()
                : Optional.of("Other sizes of a call: " + String.join("; ", parts) + ".");
    }

    /** The walk that nothing was added to became faster on the list: is that noise? */
    private static Optional<String> unaffected(final CheckDecisions decided) {
        return Stream.of("cma-in-walk")
                .flatMap(id -> decided.find(id).stream())
                .map(row -> {
                    final double theirs = June2019.ratio("cma-in-walk", "v5.2", June2019.PAGES_PER_CALL);
                    final double distance = Math.expm1(Math.abs(Math.log(theirs)));
                    return "Flag clear, the test in the walk made theirs " + Numbers.share(1 - theirs)
                            + " faster (14.23 after 14.58 ns). Here it is " + row.sentence()
                            + "; the same walk differs from itself by " + Numbers.share(decided.floor()) + ", so that "
                            + (distance <= decided.floor()
                                    ? "theirs would be noise here."
                                    : "theirs would not be noise here: they could not tell, having measured it once.");
                })
                .findFirst();
    }

    /** Their second pass stands out with 256 pages a call: does ours? */
    private static Optional<String> outlier(final Run run) {
        final List<Double> ours = Stream.of(128, 256, 512)
                .flatMap(size -> run.find(CheckForks.caseId(LADDER, SECOND_PASS, size)).stream())
                .map(CaseRows::scores)
                .map(scores -> Estimates.mean(scores).value())
                .toList();
        if (ours.size() < 3) {
            return Optional.empty();
        }
        final double theirs = above(
                June2019.nanosPerPage(SECOND_PASS, 128, false).orElseThrow(),
                June2019.nanosPerPage(SECOND_PASS, 256, false).orElseThrow(),
                June2019.nanosPerPage(SECOND_PASS, 512, false).orElseThrow());
        return Optional.of("Their second pass with 256 pages a call stands " + Numbers.percent(theirs)
                + " off the mean of 128 and 512; ours " + Numbers.percent(above(ours.get(0), ours.get(1), ours.get(2)))
                + ".");
    }

    private static double above(final double left, final double middle, final double right) {
        return 2 * middle / (left + right) - 1;
    }
}
