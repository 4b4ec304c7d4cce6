package org.gup.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Verdict;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** A comparison for people: for a terminal, or as Markdown to be pasted into an issue. */
public final class CompareText {
    private final RunComparison comparison;
    private final boolean changedOnly;

    /**
     * A text.
     *
     * @param comparison what to tell
     * @param changedOnly leave out rows without a difference; their number is told
     */
    public CompareText(final RunComparison comparison, final boolean changedOnly) {
        this.comparison = comparison;
        this.changedOnly = changedOnly;
    }

    /**
     * For a terminal.
     *
     * @param bold how to stress a text
     * @return lines
     */
    public List<String> terminal(final UnaryOperator<String> bold) {
        return lines(false, bold);
    }

    /**
     * As Markdown.
     *
     * @return lines
     */
    public List<String> markdown() {
        return lines(true, text -> "**" + text + "**");
    }

    private List<String> lines(final boolean markdown, final UnaryOperator<String> bold) {
        final List<String> lines = new ArrayList<>();
        lines.add("base  " + comparison.baseLabel() + ": " + about(comparison.base()));
        for (final RunPair pair : comparison.pairs()) {
            lines.add("other " + pair.label() + ": " + about(pair.run()));
        }
        for (final RunPair pair : comparison.pairs()) {
            lines.add("");
            lines.add(bold.apply(pair.label() + " against " + comparison.baseLabel() + ": " + sentence(pair)));
            final TextTable table = table(pair);
            if (!table.isEmpty()) {
                lines.add("");
                lines.addAll(markdown ? table.markdown() : table.plain());
            }
            if (markdown) {
                lines.add("");
            }
            lines.addAll(notes(pair));
        }
        lines.add("");
        lines.addAll(method());
        return lines;
    }

    /**
     * What a run is, in a line.
     *
     * @param run a run
     * @return profile, version, JDK and machine
     */
    public static String about(final Run run) {
        final String commit = run.fact("gitCommit");
        return "profile " + run.profile() + ", gup " + run.fact("gupVersion")
                + (commit.equals("unknown") ? "" : " (" + commit.substring(0, Math.min(12, commit.length())) + ")")
                + ", JDK " + run.fact("jdk", "vmVersion") + ", " + run.fact("cpu", "model") + ", "
                + run.fact("cpu", "logicalCpus") + " CPUs, " + run.fact("run", "startedUtc");
    }

    /**
     * The answer: how many rows of each verdict, and the mean.
     *
     * @param pair what to tell
     * @return a sentence without its full stop
     */
    public static String sentence(final RunPair pair) {
        final List<String> parts = new ArrayList<>();
        for (final Verdict verdict : Verdict.values()) {
            final long rows = pair.rows().stream()
                    .filter(row -> row.decision().verdict() == verdict)
                    .count();
            if (rows > 0) {
                parts.add(rows + " " + verdict.words());
            }
        }
        final OptionalDouble mean = pair.geometricMean();
        if (!pair.counts().isEmpty()) {
            parts.add((pair.counts().size() - pair.changedCounts().size()) + " of "
                    + pair.counts().size() + " counted cases the same");
        }
        return (parts.isEmpty() ? "no case in common" : String.join(", ", parts))
                + (mean.isPresent()
                        ? "; geometric mean of " + pair.scoreRatios().length + " ratios "
                                + String.format(Locale.ROOT, "%.3f", mean.getAsDouble()) + " ("
                                + Texts.change(mean.getAsDouble()) + ")"
                        : "");
    }

    /**
     * The rows of a pair.
     *
     * @param pair what to tell
     * @return those that were asked for
     */
    public TextTable table(final RunPair pair) {
        final TextTable table = new TextTable(
                1, "case", "base", "other", "unit", "change", "95 % interval", "n", "p", "p (Holm)", "verdict");
        for (final CompareRow row : pair.rows()) {
            final Decision decision = row.decision();
            final Comparison compared = decision.comparison();
            if (changedOnly && !row.isChanged()) {
                continue;
            }
            table.row(
                    row.id(),
                    number(row, row.before()),
                    number(row, row.after()),
                    row.quantity().unit(),
                    Texts.change(compared.ratio()),
                    Texts.interval(compared),
                    compared.baseForks() + "+" + compared.newForks(),
                    Numbers.probability(compared.pValue()),
                    Numbers.probability(decision.adjustedP()),
                    verdict(row));
        }
        return table;
    }

    /** Ratios lie about 1: three digits would not tell them apart. */
    private static String number(final CompareRow row, final double value) {
        return row.quantity().kind() == Quantity.Kind.PAIRED_RATIO
                ? String.format(Locale.ROOT, "%.4f", value)
                : Numbers.number(value);
    }

    /**
     * The verdict of a row, with what belongs beside it.
     *
     * @param row a row
     * @return a few words
     */
    public static String verdict(final CompareRow row) {
        final Decision decision = row.decision();
        final String words = decision.verdict() == Verdict.NO_DIFFERENCE
                ? "~ " + decision.verdict().words() + " (smallest detectable " + Numbers.share(decision.detectable())
                        + ")"
                : decision.verdict().words();
        final int disturbed = row.base().disturbed() + row.other().disturbed();
        if (row.hangsOnDisturbance()) {
            return words + " !! without disturbed forks: " + row.undisturbed().words();
        }
        return disturbed == 0 ? words : words + " (" + disturbed + " disturbed)";
    }

    /**
     * How much a row differs.
     *
     * @param row a row
     * @return the change with its interval, if it has one
     */
    public static String change(final CompareRow row) {
        final Comparison compared = row.decision().comparison();
        return Texts.change(compared.ratio()) + (compared.hasInterval() ? " " + Texts.interval(compared) : "");
    }

    /**
     * What belongs to a pair besides its rows: what was left out, what differs about the runs.
     *
     * @param pair what to tell
     * @return sentences
     */
    public List<String> notes(final RunPair pair) {
        final List<String> notes = new ArrayList<>();
        if (changedOnly) {
            final long hidden =
                    pair.rows().stream().filter(row -> !row.isChanged()).count();
            if (hidden > 0) {
                notes.add(hidden + " rows without a difference are not shown.");
            }
        }
        pair.changedCounts()
                .forEach(row -> notes.add(
                        "Counted otherwise, " + row.id() + ": " + String.join("; ", row.differences()) + "."));
        if (!pair.missing().isEmpty()) {
            notes.add("Only in the base, not compared: " + String.join(", ", pair.missing()) + ".");
        }
        if (!pair.added().isEmpty()) {
            notes.add("Only in " + pair.label() + ", not compared: " + String.join(", ", pair.added()) + ".");
        }
        pair.comparability()
                .refusals()
                .forEach(reason -> notes.add("NOT COMPARABLE, compared all the same: " + reason));
        pair.comparability().flags().forEach(reason -> notes.add("Flagged: " + reason + "."));
        pair.rows().stream()
                .filter(row -> row.decision().verdict() == Verdict.NO_DIFFERENCE)
                .mapToInt(row -> row.decision().forksForOnePercent())
                .max()
                .ifPresent(forks -> notes.add("To find a difference of 1 % in every row: " + Numbers.count(forks)
                        + " forks on each side, if they spread as these do."));
        return notes;
    }

    /**
     * How it was compared.
     *
     * @return sentences
     */
    public List<String> method() {
        final Floors floors = comparison.floors();
        final double wanted = comparison.wanted().threshold();
        final List<String> lines = new ArrayList<>();
        lines.add(
                "Base and other: geometric means over JVMs (n). Interval: 95 %, from JVMs, by Welch's t on logarithms. A"
                        + " difference must be significant and larger than "
                        + Numbers.share(Math.max(wanted, floors.sameCode()))
                        + (floors.sameCode() > 0 && floors.sameCode() >= wanted
                                ? " (what the same code differed by from itself in these runs)"
                                : "")
                        + "."
                        + (hasRatios()
                                ? " A row with 'ratio' compares what was measured side by side in one process; there "
                                        + Numbers.share(Math.max(wanted, floors.sameWalk())) + " must be passed"
                                        + (floors.sameWalk() >= wanted
                                                ? " (what the same walk differed by from itself)."
                                                : ".")
                                : ""));
        lines.add("Family of " + comparison.tests()
                + " comparisons, Holm's correction: the probability of any false alarm is"
                + " at most " + Numbers.share(Decisions.ALPHA) + "; uncorrected, "
                + String.format(Locale.ROOT, "%.1f", Decisions.ALPHA * comparison.tests()) + " would be expected.");
        return lines;
    }

    private boolean hasRatios() {
        return comparison.pairs().stream()
                .flatMap(pair -> pair.rows().stream())
                .anyMatch(row -> row.quantity().kind() == Quantity.Kind.PAIRED_RATIO);
    }
}
