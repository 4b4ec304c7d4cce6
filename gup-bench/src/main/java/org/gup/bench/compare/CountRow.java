package org.gup.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;

/**
 * A case that is counted, not timed. Its numbers are exact: they are equal, or they differ; nothing is estimated.
 *
 * @param id the case
 * @param differences a sentence for each number that is another one; empty if all are equal
 */
public record CountRow(String id, List<String> differences) {
    /** Copies the list. */
    public CountRow {
        differences = List.copyOf(differences);
    }

    /**
     * Compares.
     *
     * @param base the case in the base
     * @param other the case in the other run
     * @return what differs
     */
    static CountRow of(final CaseRows base, final CaseRows other) {
        final SortedMap<String, Double> one = numbers(base);
        final SortedMap<String, Double> two = numbers(other);
        final SortedMap<String, Double> all = new TreeMap<>(one);
        all.putAll(two);
        final List<String> differences = new ArrayList<>();
        for (final String name : all.keySet()) {
            final double before = one.getOrDefault(name, Double.NaN);
            final double after = two.getOrDefault(name, Double.NaN);
            if (Double.compare(before, after) != 0) {
                differences.add(name + ": " + text(before) + ", now " + text(after));
            }
        }
        return new CountRow(base.info().id(), differences);
    }

    /** Whether nothing differs. */
    public boolean isSame() {
        return differences.isEmpty();
    }

    private static SortedMap<String, Double> numbers(final CaseRows rows) {
        final ForkRow fork = rows.forks().get(0);
        final SortedMap<String, Double> numbers = new TreeMap<>(
                Map.of(rows.info().params().getOrDefault("unit", "score") + " (mean)", fork.mean(), "steps", (double)
                        fork.iterations().size()));
        numbers.putAll(fork.counters());
        return numbers;
    }

    private static String text(final double value) {
        if (Double.isNaN(value)) {
            return "none";
        }
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.4f", value);
    }
}
