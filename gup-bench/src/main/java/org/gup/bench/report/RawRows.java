package org.gup.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.gup.bench.chart.ChartWriter;
import org.gup.bench.plan.Experiment;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;

/** Everything that was measured of a case, in one run or in several, and the commands that measure it again. */
final class RawRows {
    private static final String JMH_PACKAGE = "org.gup.bench.jmh.";

    private RawRows() {}

    /**
     * The rows of a case in a run.
     *
     * @param run the run
     * @param label what the run is called where there are several; empty if there is one
     * @param rows the rows
     */
    record Of(Run run, String label, CaseRows rows) {}

    /** What the page's template knows as a case: the first run says what it is and how it is repeated. */
    static Map<String, Object> of(final List<Of> runs) {
        final Of first = runs.get(0);
        final CaseInfo info = first.rows.info();
        final Map<String, Object> raw = new LinkedHashMap<>();
        raw.put("anchor", ChartWriter.anchor(info.id()));
        raw.put("id", info.id());
        raw.put("label", info.label());
        raw.put(
                "estimate",
                String.join(
                        " / ",
                        runs.stream()
                                .map(of -> Numbers.withBounds(Estimates.mean(of.rows.scores())))
                                .toList()));
        raw.put("unit", info.params().getOrDefault("unit", "ns/page"));
        raw.put("benchmark", info.benchmark());
        raw.put("command", repeat(first.run, info));
        if (isOfJmh(info)) {
            raw.put("jmh", jmh(info));
        }
        final List<Map<String, Object>> forks = new ArrayList<>();
        runs.forEach(of -> of.rows.forks().forEach(fork -> forks.add(fork(of, fork))));
        raw.put("forks", forks);
        return raw;
    }

    /** Whether JMH measures a case; others have programs of their own. */
    static boolean isOfJmh(final CaseInfo info) {
        return info.benchmark().startsWith(JMH_PACKAGE);
    }

    private static Map<String, Object> fork(final Of of, final ForkRow fork) {
        final Map<String, Object> raw = new LinkedHashMap<>();
        raw.put("order", fork.order() + 1);
        raw.put("round", fork.round() + 1);
        raw.put(
                "machine",
                (of.label.isEmpty() ? "" : ", " + of.label)
                        + (of.run.environments().size() > 1 ? " (machine " + (fork.machine() + 1) + ")" : ""));
        raw.put("mean", Numbers.number(fork.mean()));
        raw.put(
                "iterations",
                String.join(" ", fork.iterations().stream().map(Numbers::number).toList()));
        raw.put("load", load(fork.load1Before()) + " / " + load(fork.load1After()));
        raw.put("steal", Numbers.share(fork.stealShare()));
        raw.put("disturbances", String.join("; ", fork.disturbances()));
        return raw;
    }

    private static String load(final double load) {
        return Double.isNaN(load) ? "-" : String.format(Locale.ROOT, "%.1f", load);
    }

    /** A command that measures the case again. */
    private static String repeat(final Run run, final CaseInfo info) {
        final String layout = info.params().getOrDefault("layout", "");
        final boolean dump = layout.startsWith("tables:");
        return "java -jar gup-bench/target/gup-bench.jar run --profile " + run.profile() + " --seed " + run.seed()
                + (dump ? " --layout '" + layout + "'" : "")
                + Experiment.ofCase(info.id())
                        .map(experiment -> " --experiment " + experiment.id())
                        .orElse("")
                + " --only '=" + info.id() + "'";
    }

    private static String jmh(final CaseInfo info) {
        final StringBuilder command = new StringBuilder("java -jar gup-bench/target/gup-bench.jar jmh '^")
                .append(info.benchmark().replace(".", "\\."))
                .append("$'");
        info.params()
                .forEach((name, value) -> command.append(" -p ")
                        .append(name)
                        .append("='")
                        .append(value)
                        .append("'"));
        if (info.operations() > 0) {
            command.append(" -opi ").append(info.operations());
        }
        return command.toString();
    }
}
