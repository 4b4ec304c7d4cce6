package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Csv;

/** Tables that are made from a run besides the page and the summary. */
public final class ReportFiles {
    /** Name and version of the format of {@code cases.csv}. */
    public static final String CASES_SCHEMA = "gup-bench-cases/1";
    /** Name and version of the format of {@code forks.csv}. */
    public static final String FORKS_SCHEMA = "gup-bench-forks/1";

    private ReportFiles() {}

    /**
     * A line for each case.
     *
     * @param run what was measured
     * @return the text of {@code cases.csv}
     */
    public static String casesCsv(final Run run) {
        final Csv csv = new Csv(
                "schema",
                "case",
                "benchmark",
                "params",
                "ns_per_page",
                "low",
                "high",
                "bounds",
                "forks",
                "planned_forks",
                "disturbed_forks",
                "machines");
        for (final CaseRows row : run.cases()) {
            final Estimate nanos = Estimates.mean(row.scores());
            final List<Object> cells = new ArrayList<>(List.of(
                    CASES_SCHEMA,
                    row.info().id(),
                    row.info().benchmark(),
                    String.join(
                            ";",
                            row.info().params().entrySet().stream()
                                    .map(param -> param.getKey() + "=" + param.getValue())
                                    .toList())));
            cells.addAll(List.of(
                    nanos.value(),
                    nanos.low(),
                    nanos.high(),
                    switch (nanos.kind()) {
                        case FORK_INTERVAL -> "95% interval";
                        case ITERATION_SPREAD -> "spread";
                        case NONE -> "none";
                    },
                    row.forks().size(),
                    row.info().forks(),
                    row.disturbed(),
                    row.machines()));
            csv.row(cells);
        }
        return csv.text();
    }

    /**
     * A line for each JVM.
     *
     * @param run what was measured
     * @return the text of {@code forks.csv}
     */
    public static String forksCsv(final Run run) {
        final Csv csv = new Csv(
                "schema",
                "order",
                "round",
                "machine",
                "case",
                "ns_per_page",
                "iterations_ns_per_page",
                "load1_before",
                "load1_after",
                "steal_share",
                "cpus_kept_busy_by_others",
                "disturbed",
                "disturbances");
        for (final ForkRow fork : run.forks()) {
            final List<Object> cells = new ArrayList<>(
                    List.of(FORKS_SCHEMA, fork.order(), fork.round(), fork.machine(), fork.caseId(), fork.mean()));
            cells.add(String.join(
                    ";", fork.iterations().stream().map(String::valueOf).toList()));
            cells.addAll(List.of(
                    fork.load1Before(),
                    fork.load1After(),
                    fork.stealShare(),
                    fork.othersBusy(),
                    fork.disturbed() ? "yes" : "no",
                    String.join("; ", fork.disturbances())));
            csv.row(cells);
        }
        return csv.text();
    }
}
