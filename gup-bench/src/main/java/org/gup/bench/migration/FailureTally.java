package org.gup.bench.migration;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.gup.migrate.MigrationFailure;
import org.gup.migrate.MigrationListener;
import org.gup.migrate.MigrationPhase;
import org.gup.task.Task;

/** Counts why pages were not moved: each try that failed, and each page that stayed for good. */
class FailureTally implements MigrationListener {
    private final Map<MigrationFailure, Integer> tries = new EnumMap<>(MigrationFailure.class);
    /** By pfn: a page may be told of in several rounds. */
    private final Map<Long, MigrationFailure> stayed = new HashMap<>();

    @Override
    public void enter(final Task task, final MigrationPhase phase) {
        // Phases are timed elsewhere.
    }

    @Override
    public void notMoved(final Task task, final long pfn, final MigrationFailure cause, final int triesLeft) {
        tries.merge(cause, 1, Integer::sum);
        if (triesLeft == 0) {
            stayed.put(pfn, cause);
        }
    }

    /** Tries that failed, by cause. */
    Map<String, Double> tries() {
        return byName(tries);
    }

    /** Pages that stayed, a huge page counting once, by the cause of their last try. */
    Map<String, Double> stayed() {
        final Map<MigrationFailure, Integer> counts = new EnumMap<>(MigrationFailure.class);
        stayed.values().forEach(cause -> counts.merge(cause, 1, Integer::sum));
        return byName(counts);
    }

    /** How many pages stayed, a huge page counting once. */
    int pagesThatStayed() {
        return stayed.size();
    }

    private static Map<String, Double> byName(final Map<MigrationFailure, Integer> counts) {
        final Map<String, Double> named = new TreeMap<>();
        counts.forEach((cause, count) -> named.put(name(cause), (double) count));
        return named;
    }

    /** What a counter calls a cause. */
    static String name(final MigrationFailure cause) {
        return cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
