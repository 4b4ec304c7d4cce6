package org.gup.bench.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.mutate.Mutation;

/**
 * What a soak has done so far.
 *
 * @param elapsed since its beginning
 * @param calls by way of getting pages
 * @param pages pages got
 * @param fellBack calls that began without a lock and went to the slow path, or stopped
 * @param refused calls that got no page
 * @param changes by kind
 * @param changedPages by kind
 * @param checks of all references, everybody pausing
 * @param heldPages pages that were held at these checks, all checks together
 * @param reclaimed pages found in the swap cache at the end that nobody named any more: locked when their last mapping went
 */
@SuppressWarnings("EnumOrdinal") // numbers of counters, in this package alone
public record SoakCounts(
        Duration elapsed,
        Map<String, Long> calls,
        long pages,
        long fellBack,
        long refused,
        Map<String, Long> changes,
        Map<String, Long> changedPages,
        long checks,
        long heldPages,
        long reclaimed) {
    /** Copies nothing: the maps are made for it. */
    static SoakCounts of(
            final List<Pinner> pinners,
            final List<Changer> changers,
            final Duration elapsed,
            final long checks,
            final long heldPages,
            final long reclaimed) {
        final Map<String, Long> calls = new LinkedHashMap<>();
        for (final GetKind kind : GetKind.values()) {
            calls.put(kind.label(), sum(pinners, kind.ordinal()));
        }
        final Map<String, Long> changes = new LinkedHashMap<>();
        final Map<String, Long> changedPages = new LinkedHashMap<>();
        for (final Mutation mutation : Mutation.values()) {
            changes.put(mutation.id(), sum(changers, mutation.ordinal()));
            changedPages.put(mutation.id(), sum(changers, Changer.PAGES + mutation.ordinal()));
        }
        return new SoakCounts(
                elapsed,
                calls,
                sum(pinners, Pinner.PAGES),
                sum(pinners, Pinner.FELL_BACK),
                sum(pinners, Pinner.REFUSED),
                changes,
                changedPages,
                checks,
                heldPages,
                reclaimed);
    }

    private static long sum(final List<? extends Worker> workers, final int counter) {
        return workers.stream().mapToLong(worker -> worker.counted(counter)).sum();
    }

    /**
     * All calls.
     *
     * @return how many
     */
    public long allCalls() {
        return calls.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * All changes.
     *
     * @return how many
     */
    public long allChanges() {
        return changes.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * What never happened: a run without it says nothing about it.
     *
     * @return ways of getting pages that were not called, and changes that have not changed a page
     */
    public List<String> missing() {
        final List<String> missing = new ArrayList<>();
        calls.forEach((name, count) -> {
            if (count == 0) {
                missing.add(name);
            }
        });
        changedPages.forEach((name, count) -> {
            if (count == 0) {
                missing.add(name);
            }
        });
        return missing;
    }
}
