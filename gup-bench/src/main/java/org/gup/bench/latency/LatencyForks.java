package org.gup.bench.latency;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.fork.ForkedProgram;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;

/** Latencies of single calls as forks: alone, and while another thread changes the same address space. */
public final class LatencyForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "latency/";
    /** The scenario that the others are compared with. */
    public static final String ALONE = Scenario.ALONE.id();

    private final int rounds;
    private final int roundMillis;

    /**
     * Forks.
     *
     * @param rounds rounds of each scenario in each fork, at least 1
     * @param roundMillis milliseconds of a round, at least 1
     */
    public LatencyForks(final int rounds, final int roundMillis) {
        this.rounds = rounds;
        this.roundMillis = roundMillis;
    }

    /**
     * A scenario as a sentence needs it.
     *
     * @param id its case
     * @param doing what the other thread is doing
     */
    public record Named(String id, String doing) {}

    /**
     * The scenarios in which another thread is at work.
     *
     * @return in the order of the report
     */
    public static List<Named> disturbing() {
        return Scenario.all().stream()
                .filter(scenario -> scenario.mutation().isPresent())
                .map(scenario -> new Named(PREFIX + scenario.id(), scenario.doing()))
                .toList();
    }

    @Override
    public String name() {
        return "latencies of single calls";
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Scenario.all().stream()
                .map(scenario -> {
                    final SortedMap<String, String> params = new TreeMap<>(Map.of(
                            "scenario", scenario.id(),
                            "pagesPerCall", Integer.toString(LatencyScene.PAGES_PER_CALL),
                            "callEveryNanos", Long.toString(LatencyScene.CALL_PERIOD_NANOS),
                            "changeEveryNanos", Long.toString(LatencyScene.CHANGE_PERIOD_NANOS),
                            "changedPages", Integer.toString(LatencyScene.CHANGED_PAGES),
                            "windowPages", Integer.toString(LatencyScene.WINDOW_PAGES),
                            "unit", "ns/call"));
                    return new CaseInfo(
                            PREFIX + scenario.id(), scenario.label(), LatencyFork.class.getName(), params, 0, forks);
                })
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        final Map<String, String> files = new TreeMap<>();
        final List<ForkRow> rows = new ArrayList<>(ExtraForks.rows(
                new ForkedProgram("the latencies of single calls", LatencyFork.class, jvmArguments),
                LatencyFork.MARK,
                List.of(Integer.toString(rounds), Integer.toString(roundMillis), Long.toString(seed)),
                LatencyFork.Result.class,
                result -> read(result, round, files),
                order,
                round,
                cpus));
        return new Outcome(rows, files);
    }

    private static Map<String, Measured> read(
            final LatencyFork.Result result, final int round, final Map<String, String> files) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        result.rows().forEach((id, row) -> {
            rows.put(PREFIX + id, new Measured(row.score(), row.counters()));
            final String name = "hlog/latency-" + id + "-fork" + round;
            files.put(name + "-t0.hlog", row.readerLog());
            if (!row.mutatorLog().isEmpty()) {
                files.put(name + "-t1.hlog", row.mutatorLog());
            }
        });
        return rows;
    }
}
