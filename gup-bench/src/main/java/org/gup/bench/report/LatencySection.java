package org.gup.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.latency.LatencyForks;
import org.gup.bench.latency.LatencyForks.Named;
import org.gup.bench.latency.Percentiles;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;
import org.gup.bench.stats.PairedRatios;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** How long one call takes while another thread changes the same address space. */
final class LatencySection implements Section.Source {
    private static final double TAIL = 99.9;
    private static final double THRESHOLD = 0.01;
    private static final double NANOS_PER_MICRO = 1000;

    @Override
    public List<Section> of(final Run run) {
        final List<CaseRows> rows = new LatencyForks(1, 1)
                .cases(1).stream().flatMap(info -> run.find(info.id()).stream()).toList();
        if (rows.isEmpty()) {
            return List.of();
        }
        final Optional<CaseRows> alone = run.find(LatencyForks.PREFIX + LatencyForks.ALONE);
        return List.of(new Section(
                "latency",
                "How long does a call take while somebody else changes the address space?",
                answers(run, alone),
                List.of(figure(rows)),
                List.of(
                        new Table("Calls, in microseconds", calls(rows)),
                        new Table("99.9th percentile against nobody else", verdicts(run, alone))),
                notes(rows.get(0))));
    }

    /** Counters as microseconds, in place of the scores. */
    private static CaseRows micros(final CaseRows rows, final String counter) {
        return new CaseRows(
                rows.info(),
                rows.forks().stream()
                        .map(fork -> new ForkRow(
                                fork.caseId(),
                                fork.order(),
                                fork.round(),
                                fork.machine(),
                                fork.startedUtc(),
                                fork.tookMillis(),
                                List.of(fork.counters().getOrDefault(counter, Double.NaN) / NANOS_PER_MICRO),
                                new TreeMap<>(),
                                fork.load1Before(),
                                fork.load1After(),
                                fork.stealShare(),
                                fork.othersBusy(),
                                fork.disturbances()))
                        .toList());
    }

    /** In microseconds. Latencies spread by factors, not by sums: the geometric mean over JVMs, and its interval. */
    private static Estimate estimate(final CaseRows rows, final String counter) {
        final double[] micros = micros(rows, counter).forks().stream()
                .mapToDouble(ForkRow::mean)
                .toArray();
        final double[] ones = new double[micros.length];
        Arrays.fill(ones, 1);
        return Estimates.pairedRatio(micros, ones);
    }

    private static String corrected(final double percentile) {
        return Percentiles.CORRECTED + Percentiles.name(percentile);
    }

    private static double mean(final CaseRows rows, final String counter) {
        return rows.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(counter, 0.0))
                .average()
                .orElse(0);
    }

    private static double sum(final CaseRows rows, final String counter) {
        return mean(rows, counter) * rows.forks().size();
    }

    private static List<String> answers(final Run run, final Optional<CaseRows> alone) {
        final List<String> answers = new ArrayList<>();
        for (final Named scenario : LatencyForks.disturbing()) {
            final Optional<CaseRows> rows = run.find(scenario.id());
            if (rows.isEmpty() || alone.isEmpty()) {
                continue;
            }
            answers.add("With another thread " + scenario.doing() + ", the 99.9th percentile of a "
                    + rows.get().info().params().getOrDefault("pagesPerCall", "") + "-page call is "
                    + Numbers.withBounds(estimate(rows.get(), corrected(TAIL))) + " us, "
                    + Numbers.withBounds(
                            Ratios.of(micros(rows.get(), corrected(TAIL)), micros(alone.get(), corrected(TAIL))))
                    + " times what it is alone.");
        }
        alone.ifPresent(rows -> answers.add("Alone, half of the calls take at most "
                + Numbers.withBounds(estimate(rows, corrected(50))) + " us, and 99.9 % at most "
                + Numbers.withBounds(estimate(rows, corrected(TAIL))) + " us."));
        worstHidden(run).ifPresent(answers::add);
        return answers;
    }

    /** Where a closed loop would have hidden most. */
    private static Optional<String> worstHidden(final Run run) {
        CaseRows worst = null;
        String doing = "";
        double most = 0;
        for (final Named scenario : LatencyForks.disturbing()) {
            final Optional<CaseRows> rows = run.find(scenario.id());
            if (rows.isPresent()) {
                final double hidden = mean(rows.get(), corrected(TAIL))
                        / mean(rows.get(), Percentiles.SERVICE + Percentiles.name(TAIL));
                if (hidden > most) {
                    most = hidden;
                    worst = rows.get();
                    doing = scenario.doing();
                }
            }
        }
        return worst == null
                ? Optional.empty()
                : Optional.of("A closed loop, which times a call from when it began, would have shown "
                        + Numbers.withBounds(estimate(worst, Percentiles.SERVICE + Percentiles.name(TAIL)))
                        + " us instead of " + Numbers.withBounds(estimate(worst, corrected(TAIL)))
                        + " us at the 99.9th percentile, with another thread " + doing + ".");
    }

    private static Figure figure(final List<CaseRows> rows) {
        final List<Curves.Series> series = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            final CaseRows row = rows.get(i);
            final double calls = mean(row, "calls");
            final List<Curves.Point> points = new ArrayList<>();
            for (final double percentile : Percentiles.kept()) {
                if (Percentiles.isKnown(percentile, calls)) {
                    points.add(new Curves.Point(
                            1 / (1 - percentile / 100), Marks.of(row, estimate(row, corrected(percentile)))));
                }
            }
            series.add(new Curves.Series(row.info().label(), i, points));
        }
        return new Figure(
                "latency-percentiles",
                "Latency by percentile, from when each call was due. A point leads to its raw rows.",
                new Curves(
                        "Microseconds of a call",
                        "percentile of the calls",
                        AxisKind.PERCENTILE,
                        AxisKind.LOG,
                        series));
    }

    private static TextTable calls(final List<CaseRows> rows) {
        final TextTable table = new TextTable(
                1,
                "meanwhile",
                "calls",
                "fell back",
                "fewer pages",
                "refused",
                "p50",
                "p99",
                "p99.9",
                "max",
                "service p99.9",
                "service max",
                "changes/s",
                "a change, p50");
        for (final CaseRows row : rows) {
            final double calls = sum(row, "calls");
            final double operations = sum(row, "operations");
            table.row(
                    row.info().label(),
                    Numbers.count(Math.round(calls)),
                    Numbers.share(sum(row, "fellBack") / calls),
                    Numbers.count(Math.round(sum(row, "cutShort"))),
                    Numbers.count(Math.round(sum(row, "refused"))),
                    Numbers.withBounds(estimate(row, corrected(50))),
                    Numbers.withBounds(estimate(row, corrected(99))),
                    Numbers.withBounds(estimate(row, corrected(TAIL))),
                    Numbers.number(largest(row, Percentiles.CORRECTED + Percentiles.MAX)),
                    Numbers.withBounds(estimate(row, Percentiles.SERVICE + Percentiles.name(TAIL))),
                    Numbers.number(largest(row, Percentiles.SERVICE + Percentiles.MAX)),
                    operations == 0 ? "" : Numbers.count(Math.round(operations / sum(row, "seconds"))),
                    operations == 0
                            ? ""
                            : Numbers.number(
                                    estimate(row, Percentiles.CHANGES + "p50").value()));
        }
        return table;
    }

    private static double largest(final CaseRows rows, final String counter) {
        return rows.forks().stream()
                        .mapToDouble(fork -> fork.counters().getOrDefault(counter, 0.0))
                        .max()
                        .orElse(0)
                / NANOS_PER_MICRO;
    }

    private static TextTable verdicts(final Run run, final Optional<CaseRows> alone) {
        final TextTable table = new TextTable(
                1, "meanwhile", "ratio", "95 % interval", "n", "p (Holm)", "verdict", "smallest detectable");
        final List<CaseRows> compared = new ArrayList<>();
        final List<Comparison> family = new ArrayList<>();
        for (final Named scenario : LatencyForks.disturbing()) {
            run.find(scenario.id()).ifPresent(rows -> {
                final double[] ratios = alone.map(base -> paired(rows, base)).orElse(new double[0]);
                if (ratios.length > 0) {
                    compared.add(rows);
                    family.add(PairedRatios.of(ratios));
                }
            });
        }
        final List<Decision> decisions = Decisions.decide(family, THRESHOLD);
        for (int i = 0; i < compared.size(); i++) {
            final Decision decision = decisions.get(i);
            table.row(
                    compared.get(i).info().label(),
                    Numbers.number(decision.comparison().ratio()),
                    Numbers.bounds(decision.comparison().estimate()),
                    Integer.toString(decision.comparison().newForks()),
                    Numbers.probability(decision.adjustedP()),
                    decision.verdict().words(),
                    Numbers.share(decision.detectable()));
        }
        return table;
    }

    /** Tail against tail of the same JVM. */
    private static double[] paired(final CaseRows rows, final CaseRows alone) {
        final List<Double> ratios = new ArrayList<>();
        for (final ForkRow fork : rows.forks()) {
            for (final ForkRow base : alone.forks()) {
                if (base.round() == fork.round() && base.machine() == fork.machine()) {
                    ratios.add(tail(fork) / tail(base));
                }
            }
        }
        return ratios.stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .toArray();
    }

    private static double tail(final ForkRow fork) {
        return fork.counters().getOrDefault(corrected(TAIL), Double.NaN);
    }

    private static List<String> notes(final CaseRows rows) {
        final Map<String, String> params = rows.info().params();
        return List.of(
                "Open loop: one thread calls get_user_pages_fast(FOLL_WRITE) on "
                        + params.getOrDefault("pagesPerCall", "") + " pages at random places of "
                        + params.getOrDefault("windowPages", "") + ", a call every "
                        + micros(params, "callEveryNanos")
                        + " us whether or not the last one has returned. It spins until a call is due. Latency counts from when"
                        + " the call was due, so what waits behind a slow call is late too; service counts from when it began,"
                        + " which is all that a closed loop sees. Checking the pages and giving them back is not timed.",
                "The other thread changes " + params.getOrDefault("changedPages", "") + " pages at random places every "
                        + micros(params, "changeEveryNanos")
                        + " us (a fork copies everything), and sleeps in between; a change that is late is not made up for. So"
                        + " one processor is always busy and the other most of the time: on a machine with two, whatever else"
                        + " runs shows in the tail, and so do the JVM's pauses.",
                "Latencies are geometric means over JVMs: they spread by factors. The largest is that of all JVMs.",
                "Every answer is checked: as many pages as asked for, or fewer and -EFAULT where mappings come and go; each page"
                        + " with the contents of its address; at the end no page is held and the books balance.",
                "The histograms lie in hlog/, one file for each thread and JVM, times in nanoseconds. HdrHistogram's"
                        + " HistogramLogProcessor reads them: lines without a tag are latency, those with the tag service are"
                        + " service (-tag service).");
    }

    private static String micros(final Map<String, String> params, final String name) {
        final String nanos = params.getOrDefault(name, "");
        return nanos.isEmpty() ? "?" : Numbers.number(Long.parseLong(nanos) / NANOS_PER_MICRO);
    }
}
