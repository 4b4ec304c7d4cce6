package org.gup.bench.report;

import com.google.gson.JsonArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.compare.CompareRow;
import org.gup.bench.compare.CompareText;
import org.gup.bench.compare.Quantity;
import org.gup.bench.compare.RunComparison;
import org.gup.bench.compare.RunPair;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.report.HtmlPage.Fact;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;

/** A comparison as one self-contained file: how many rows differ, the ratios with their intervals, and the rows of all runs behind them. */
public final class ComparePage {
    /** Of a label beside a chart. */
    private static final int MOST_CHARACTERS = 42;

    private final RunComparison comparison;
    private final CompareText text;

    /**
     * A page.
     *
     * @param comparison what to tell
     */
    public ComparePage(final RunComparison comparison) {
        this.comparison = comparison;
        this.text = new CompareText(comparison, false);
    }

    /**
     * Draws it.
     *
     * @return the text of an HTML file
     */
    public String html() {
        final JsonArray environments = new JsonArray();
        runs().forEach(named -> named.run().environments().forEach(environments::add));
        return new HtmlPage(
                        String.join(
                                        ", ",
                                        comparison.pairs().stream()
                                                .map(RunPair::label)
                                                .toList())
                                + " against " + comparison.baseLabel(),
                        String.join(
                                " and ",
                                runs().map(named -> named.run().profile())
                                        .distinct()
                                        .toList()),
                        warnings(),
                        sections(),
                        rawRows(),
                        runs().map(named -> new Fact(named.label(), CompareText.about(named.run())))
                                .toList(),
                        environments,
                        text.method())
                .html();
    }

    private Stream<RunComparison.Named> runs() {
        return Stream.concat(
                Stream.of(new RunComparison.Named(comparison.baseLabel(), comparison.base())),
                comparison.pairs().stream().map(pair -> new RunComparison.Named(pair.label(), pair.run())));
    }

    private List<String> warnings() {
        final List<String> warnings = new ArrayList<>();
        for (final RunPair pair : comparison.pairs()) {
            pair.comparability()
                    .refusals()
                    .forEach(reason ->
                            warnings.add(pair.label() + ": not comparable, compared all the same: " + reason + "."));
            pair.comparability().flags().forEach(reason -> warnings.add(pair.label() + ": " + reason + "."));
        }
        comparison.failures().forEach(failure -> warnings.add("Regression: " + failure + "."));
        comparison.undecided().forEach(undecided -> warnings.add("Not decided: " + undecided + "."));
        return warnings;
    }

    private List<Section> sections() {
        final List<Section> sections = new ArrayList<>();
        for (int i = 0; i < comparison.pairs().size(); i++) {
            final RunPair pair = comparison.pairs().get(i);
            final List<String> answers = new ArrayList<>();
            answers.add(sentence(pair));
            pair.rows().stream()
                    .filter(CompareRow::isChanged)
                    .forEach(row -> answers.add(
                            row.id() + ": " + CompareText.change(row) + ", " + CompareText.verdict(row) + "."));
            sections.add(new Section(
                    "pair-" + i,
                    pair.label() + " against " + comparison.baseLabel(),
                    answers,
                    figures(i, pair),
                    List.of(new Table("Rows", text.table(pair))),
                    text.notes(pair)));
        }
        return sections;
    }

    private static String sentence(final RunPair pair) {
        final String sentence = CompareText.sentence(pair);
        return sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1) + ".";
    }

    /** A chart for each question. */
    private List<Figure> figures(final int number, final RunPair pair) {
        final Map<String, List<CompareRow>> questions = new LinkedHashMap<>();
        pair.rows()
                .forEach(row -> questions
                        .computeIfAbsent(question(row), question -> new ArrayList<>())
                        .add(row));
        final List<Figure> figures = new ArrayList<>();
        questions.forEach((question, rows) -> {
            // A log axis would hide what differs little; a linear one, everything else once a row is far away.
            final boolean far = rows.stream()
                    .mapToDouble(row -> row.decision().comparison().ratio())
                    .anyMatch(ratio -> ratio > 3 || ratio < 1.0 / 3);
            figures.add(new Figure(
                    "ratios-" + number + "-" + figures.size(),
                    "Right of 1: slower. Grey: smaller differences do not count."
                            + " A point leads to the rows of both runs.",
                    new Intervals(
                            question + ": " + pair.label() + " / " + comparison.baseLabel(),
                            far ? AxisKind.LOG : AxisKind.ZOOMED,
                            1,
                            comparison.threshold(rows.get(0).quantity()),
                            rows.stream().map(ComparePage::mark).toList())));
        });
        return figures;
    }

    /** What the names of its cases begin with; the first question has several such words. */
    private static String question(final CompareRow row) {
        final String id = row.base().info().id();
        if (RawRows.isOfJmh(row.base().info())) {
            return "fast or slow";
        }
        final int slash = id.indexOf('/');
        return (slash < 0 ? id : id.substring(0, slash))
                + (row.quantity().kind() == Quantity.Kind.PAIRED_RATIO ? ", side by side" : "");
    }

    private static Intervals.Row mark(final CompareRow row) {
        return new Intervals.Row(
                label(row),
                switch (row.decision().verdict()) {
                    case SLOWER -> 1;
                    case FASTER -> 2;
                    default -> 5;
                },
                new Mark(
                        row.base().info().id(),
                        row.decision().comparison().estimate(),
                        row.base().disturbed() + row.other().disturbed() > 0));
    }

    /** What stands before a row, where there is little room. */
    private static String label(final CompareRow row) {
        final String id = row.base().info().id();
        final String counter = row.quantity().counter();
        if (counter.startsWith(CheckForks.RATIO)) {
            return counter.substring(CheckForks.RATIO.length()) + ", " + id.substring(id.lastIndexOf('/') + 1)
                    + " a call";
        }
        return row.id().length() <= MOST_CHARACTERS
                ? row.id()
                : row.base().info().label();
    }

    /** Of each case that is in a chart, the rows of every run that has it. */
    private List<Map<String, Object>> rawRows() {
        final Map<String, List<RawRows.Of>> cases = new LinkedHashMap<>();
        for (final RunPair pair : comparison.pairs()) {
            for (final CompareRow row : pair.rows()) {
                final List<RawRows.Of> runs =
                        cases.computeIfAbsent(row.base().info().id(), id -> new ArrayList<>());
                if (runs.isEmpty()) {
                    runs.add(new RawRows.Of(comparison.base(), comparison.baseLabel(), row.base()));
                }
                add(runs, pair.run(), pair.label(), row.other());
            }
        }
        return cases.values().stream().map(RawRows::of).toList();
    }

    /** Several numbers of a case have the same rows. */
    private static void add(final List<RawRows.Of> runs, final Run run, final String label, final CaseRows rows) {
        if (runs.stream().noneMatch(of -> of.label().equals(label))) {
            runs.add(new RawRows.Of(run, label, rows));
        }
    }
}
