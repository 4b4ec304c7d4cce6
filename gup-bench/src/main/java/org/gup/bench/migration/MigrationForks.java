package org.gup.bench.migration;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.fork.ForkedProgram;
import org.gup.bench.results.CaseInfo;

/** The second question as forks: the calls that migrate, each set up anew for every sample. */
public final class MigrationForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "migrate/";
    /** What the names of counters that hold a phase's nanoseconds begin with. */
    public static final String PHASE = "phase/";

    /** What the names of counters that hold failed tries by cause begin with. */
    public static final String TRIES = "tries/";
    /** What the names of counters that hold pages that stayed, by cause, begin with. */
    public static final String STAYED = "stayed/";

    private final int samples;

    /**
     * Forks.
     *
     * @param samples calls of each scenario in each fork
     */
    public MigrationForks(final int samples) {
        this.samples = samples;
    }

    @Override
    public String name() {
        return "calls that migrate";
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Scenario.all().stream()
                .map(scenario -> {
                    final SortedMap<String, String> params = new TreeMap<>(Map.of(
                            "scenario", scenario.id(),
                            "pagesPerCall", Integer.toString(scenario.pages()),
                            "inCma", Integer.toString(scenario.inCma())));
                    return new CaseInfo(
                            PREFIX + scenario.id(), scenario.label(), MigrationFork.class.getName(), params, 0, forks);
                })
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(ExtraForks.rows(
                new ForkedProgram("the calls that migrate", MigrationFork.class, jvmArguments),
                MigrationFork.MARK,
                List.of(Integer.toString(samples), Long.toString(seed)),
                MigrationFork.Result.class,
                MigrationForks::read,
                order,
                round,
                cpus));
    }

    private static Map<String, Measured> read(final MigrationFork.Result result) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        result.rows().forEach((id, row) -> {
            final Map<String, Double> counters = new TreeMap<>(Map.of(
                    "stampedNanosPerPage", row.stampedNanos() / row.pages(),
                    "migrated", row.migrated(),
                    "failed", row.failed(),
                    "drains", row.drains(),
                    "rounds", row.rounds(),
                    "stamps", row.stamps(),
                    "stampNanos", result.stampNanos(),
                    "copyHotNanos", result.copyHotNanos(),
                    "copyColdNanos", result.copyColdNanos()));
            row.phases().forEach((phase, nanos) -> counters.put(PHASE + phase, nanos / row.pages()));
            row.tries().forEach((cause, count) -> counters.put(TRIES + cause, count));
            row.stayed().forEach((cause, count) -> counters.put(STAYED + cause, count));
            rows.put(PREFIX + id, new Measured(row.nanos() / row.pages(), counters));
        });
        return rows;
    }
}
