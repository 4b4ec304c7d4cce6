package org.gup.bench.report;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import org.apache.commons.statistics.descriptive.DoubleStatistics;
import org.apache.commons.statistics.descriptive.Statistic;
import org.apache.commons.statistics.distribution.BinomialDistribution;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.compare.AaPair;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decisions;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** How much the same code differs from itself: what the other sections' differences must be measured against. */
final class SameCodeSection implements Section.Source {
    /** Pairs that say something about how often the test is wrong. */
    private static final int ENOUGH = 10;

    /** How often chance stays within what is called chance. */
    private static final double CONFIDENCE = 0.95;

    @Override
    public List<Section> of(final Run run) {
        final List<AaPair> pairs = AaPair.of(run).stream()
                .filter(pair -> pair.decision().comparison().hasInterval())
                .toList();
        if (pairs.isEmpty()) {
            return List.of();
        }
        final double floor = AaPair.floor(run);
        final TextTable table = new TextTable(1, "pair", "ratio", "95 % interval", "n", "p", "smallest detectable", "");
        pairs.forEach(pair -> table.row(
                pair.name(),
                String.format(Locale.ROOT, "%.3f", pair.decision().comparison().ratio()),
                Numbers.bounds(pair.decision().comparison().estimate()),
                pair.one().forks().size() + "+" + pair.two().forks().size(),
                Numbers.probability(pair.decision().comparison().pValue()),
                Numbers.share(pair.decision().detectable()),
                pair.falseAlarm() ? "false alarm" : ""));
        return List.of(new Section(
                "same-code",
                "How much does the same code differ from itself?",
                answers(pairs, floor),
                List.of(new Figure(
                        "same-code-ratios",
                        "Both halves of a pair run the same code. Grey: the largest difference seen.",
                        new Intervals(
                                "Same code / same code",
                                AxisKind.ZOOMED,
                                1,
                                floor,
                                pairs.stream()
                                        .map(pair -> new Intervals.Row(
                                                pair.name(),
                                                pair.falseAlarm() ? 1 : 5,
                                                new Mark(
                                                        pair.two().info().id(),
                                                        pair.decision()
                                                                .comparison()
                                                                .estimate(),
                                                        pair.one().disturbed()
                                                                        + pair.two()
                                                                                .disturbed()
                                                                > 0)))
                                        .toList()))),
                List.of(new Table("Pairs", table)),
                List.of(
                        "A pair is decided by Welch's t test on the logarithms of its JVMs' means, each pair by itself. So many"
                                + " false alarms, or fewer, are called chance as the binomial distribution allows in"
                                + " 95 of 100 runs whose intervals are right.")));
    }

    private static List<String> answers(final List<AaPair> pairs, final double floor) {
        final List<Comparison> comparisons =
                pairs.stream().map(pair -> pair.decision().comparison()).toList();
        final int count = pairs.size();
        final long alarms = pairs.stream().filter(AaPair::falseAlarm).count();
        final List<String> answers = new ArrayList<>();
        answers.add(promise(count, alarms));
        if (count > 1) {
            final long left = Decisions.decide(comparisons, 0).stream()
                    .filter(decision -> decision.adjustedP() < Decisions.ALPHA)
                    .count();
            answers.add("Decided as one family, as all other comparisons are, "
                    + (left == 0 ? "none" : left + " of " + count)
                    + " looks different; one or more may in 1 run of 20.");
        }
        answers.add("The same code differs from itself by up to " + Numbers.share(floor)
                + " between means of JVMs: a smaller difference means nothing here.");
        if (count >= ENOUGH) {
            answers.add("The pairs' ratios spread by " + Numbers.share(spread(comparisons))
                    + " (standard deviation); their own standard errors promise " + Numbers.share(promised(comparisons))
                    + ".");
        }
        return answers;
    }

    private static String promise(final int count, final long alarms) {
        final String seen = alarms + " of " + count + (count == 1 ? " pair" : " pairs") + " of the same code "
                + (alarms == 1 ? "looks" : "look") + " different by a test at 5 %";
        if (count < ENOUGH) {
            return seen
                    + ". So few pairs do not say whether intervals and verdicts can be trusted here: 'run --aa 20' does.";
        }
        final int most = BinomialDistribution.of(count, Decisions.ALPHA).inverseCumulativeProbability(CONFIDENCE);
        final String expected = String.format(
                Locale.ROOT, "; %.1f are to be expected, and up to %d are chance", Decisions.ALPHA * count, most);
        return alarms <= most
                ? "The rig keeps its promise: " + seen + expected + "."
                : "The rig does not keep its promise: " + seen + expected
                        + ". Intervals are too narrow on this machine: trust no difference that was called significant.";
    }

    private static double spread(final List<Comparison> comparisons) {
        final double[] logs = comparisons.stream()
                .mapToDouble(comparison -> Math.log(comparison.ratio()))
                .toArray();
        return DoubleStatistics.of(EnumSet.of(Statistic.STANDARD_DEVIATION), logs)
                .getAsDouble(Statistic.STANDARD_DEVIATION);
    }

    private static double promised(final List<Comparison> comparisons) {
        return Math.sqrt(comparisons.stream()
                .mapToDouble(comparison -> comparison.standardError() * comparison.standardError())
                .average()
                .orElse(0));
    }
}
