package org.gup.bench.report;

import java.util.List;
import java.util.Locale;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.compare.AaPair;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.Run;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** How much the same code differs from itself: what the other sections' differences must be measured against. */
final class SameCodeSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<AaPair> pairs = AaPair.of(run).stream()
                .filter(pair -> pair.decision().comparison().hasInterval())
                .toList();
        if (pairs.isEmpty()) {
            return List.of();
        }
        final long alarms = pairs.stream().filter(AaPair::falseAlarm).count();
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
        return List.of(
                new Section(
                        "same-code",
                        "How much does the same code differ from itself?",
                        List.of(
                                "Up to " + Numbers.share(floor)
                                        + " between means of JVMs: a smaller difference means nothing here.",
                                alarms + " of " + pairs.size()
                                        + " pairs look different by a test at 5 %; 1 in 20 is to be expected."),
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
                                                                pair.two()
                                                                        .info()
                                                                        .id(),
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
                                "A pair is decided by Welch's t test on the logarithms of its JVMs' means, each pair by itself.")));
    }
}
