package org.gup.bench.curve;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.fork.ForkedProgram;
import org.gup.bench.results.CaseInfo;

/** Where the fast path stops, as forks: one factor at a time. */
public final class CurveForks implements ExtraForks {
    /** Name of a counter: nanoseconds to give a page back. */
    public static final String PUT = "putNanosPerPage";
    /** Name of a counter: pages that the walk returned, in a call. */
    public static final String FAST_PAGES = "fastPages";
    /** Name of a counter: pages that the slow path returned, in a call. */
    public static final String SLOW_PAGES = "slowPages";
    /** Name of a counter: runs of the slow path, in a call. */
    public static final String SLOW_CALLS = "slowCalls";
    /** Name of a counter: faults of the slow path, in a call. */
    public static final String FAULTS = "faults";

    /** Most threads that ask at the same time. */
    private static final int MAX_THREADS = 4;

    private final int rounds;
    private final int threads;

    /**
     * Forks, with as many threads as there are processors, at most four.
     *
     * @param rounds how often each point is measured in a fork, after half as many that warm up
     */
    public CurveForks(final int rounds) {
        this(rounds, Math.min(MAX_THREADS, Runtime.getRuntime().availableProcessors()));
    }

    /**
     * Forks.
     *
     * @param rounds how often each point is measured in a fork, after half as many that warm up
     * @param threads the most that ask at the same time
     */
    public CurveForks(final int rounds, final int threads) {
        this.rounds = rounds;
        this.threads = threads;
    }

    @Override
    public String name() {
        return "where the fast path stops";
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Scenes.cases(threads).stream()
                .map(point ->
                        new CaseInfo(point.id(), point.label(), CurveFork.class.getName(), point.params(), 0, forks))
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(ExtraForks.rows(
                new ForkedProgram(name(), CurveFork.class, jvmArguments),
                CurveFork.MARK,
                List.of(Integer.toString(rounds), Long.toString(seed), Integer.toString(threads)),
                CurveFork.Result.class,
                CurveForks::read,
                order,
                round,
                cpus));
    }

    private static Map<String, Measured> read(final CurveFork.Result result) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        result.rows()
                .forEach((id, row) -> rows.put(
                        id,
                        new Measured(
                                row.getNanos(),
                                Map.of(
                                        PUT, row.putNanos(),
                                        FAST_PAGES, (double) row.legs().fastPages(),
                                        SLOW_PAGES, (double) row.legs().slowPages(),
                                        SLOW_CALLS, (double) row.legs().slowCalls(),
                                        FAULTS, (double) row.legs().faults()))));
        return rows;
    }
}
