package org.gup.bench.rejection;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.fork.ForkedProgram;
import org.gup.bench.results.CaseInfo;

/** What refusing mappings of DAX file systems costs, as forks: every call in one process. Its scores are nanoseconds per call. */
public final class RejectionForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "refuse/";
    /** A counter: the time of a call divided by that of the call it is compared with, in the same fork. */
    public static final String RATIO = "ratio";
    /** A counter: what every call returned. */
    public static final String RESULT = "result";
    /** A counter: pages that each call pinned and gave back. */
    public static final String THROWN_AWAY = "thrownAway";

    private final int rounds;

    /**
     * Forks.
     *
     * @param rounds rounds to measure in each fork
     */
    public RejectionForks(final int rounds) {
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "refused mappings";
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Refusal.all().stream()
                .map(refusal -> {
                    final SortedMap<String, String> params = new TreeMap<>(Map.of(
                            "mapping", refusal.mapping().word(),
                            "kernel", refusal.kernel().word(),
                            "position", Integer.toString(refusal.position()),
                            "pagesPerCall", Integer.toString(refusal.pages()),
                            "unit", "ns/call"));
                    return new CaseInfo(refusal.id(), refusal.label(), RejectionFork.class.getName(), params, 0, forks);
                })
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(ExtraForks.rows(
                new ForkedProgram("the refused mappings", RejectionFork.class, jvmArguments),
                RejectionFork.MARK,
                List.of(Integer.toString(rounds), Long.toString(seed)),
                RejectionFork.Result.class,
                RejectionForks::read,
                order,
                round,
                cpus));
    }

    private static Map<String, Measured> read(final RejectionFork.Result result) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        result.rows().forEach((id, row) -> {
            final Map<String, Double> counters = new TreeMap<>(Map.of(
                    "fastestTenth",
                    row.fastestTenth(),
                    "callsOfSlice",
                    (double) row.calls(),
                    RESULT,
                    (double) row.result(),
                    THROWN_AWAY,
                    (double) row.thrownAway()));
            final Double ratio = result.ratios().get(id);
            if (ratio != null) {
                counters.put(RATIO, ratio);
            }
            rows.put(id, new Measured(row.nanos(), counters));
        });
        return rows;
    }
}
