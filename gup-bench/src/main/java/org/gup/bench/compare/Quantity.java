package org.gup.bench.compare;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.latency.Percentiles;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.rejection.RejectionForks;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;

/**
 * What of a case is compared: its score, or a counter that is an answer of its own. A ratio that was measured inside a process is
 * compared as a ratio, and a latency by its tail as well: both say more than the nanoseconds beside them.
 *
 * @param counter its name; empty for the score
 * @param unit of its numbers
 * @param kind what it is
 */
public record Quantity(String counter, String unit, Kind kind) {
    /** What a number is. */
    public enum Kind {
        /** A time, the score of the case. */
        SCORE,
        /** A ratio of two things that ran side by side. */
        PAIRED_RATIO,
        /** A percentile of latencies. */
        TAIL
    }

    private static final String TAIL_COUNTER = Percentiles.CORRECTED + Percentiles.name(99.9);

    /**
     * What is compared of a case that is timed.
     *
     * @param rows the case
     * @return its score first
     */
    static List<Quantity> of(final CaseRows rows) {
        final List<Quantity> quantities = new ArrayList<>();
        quantities.add(new Quantity("", unit(rows), Kind.SCORE));
        for (final String counter : rows.forks().get(0).counters().keySet()) {
            if (counter.startsWith(CheckForks.RATIO) || counter.equals(RejectionForks.RATIO)) {
                quantities.add(new Quantity(counter, "ratio", Kind.PAIRED_RATIO));
            } else if (counter.equals(TAIL_COUNTER)) {
                quantities.add(new Quantity(counter, unit(rows), Kind.TAIL));
            }
        }
        return quantities;
    }

    /**
     * Whether a case is timed at all; others are counted.
     *
     * @param rows the case
     * @return true if its unit is one of time
     */
    static boolean isTimed(final CaseRows rows) {
        return unit(rows).startsWith("ns");
    }

    private static String unit(final CaseRows rows) {
        return rows.info().params().getOrDefault("unit", "ns/page");
    }

    /**
     * The name of a row.
     *
     * @param caseId the case
     * @return the same for its score, else with the counter
     */
    String name(final String caseId) {
        return counter.isEmpty() ? caseId : caseId + " " + counter;
    }

    /**
     * One number for each fork that has one.
     *
     * @param rows the case
     * @param measure what of a fork's iterations stands for it, where it has any
     * @return positive numbers; empty if no fork has one
     */
    double[] of(final CaseRows rows, final Measure measure) {
        if (counter.isEmpty()) {
            return measure.of(rows);
        }
        return rows.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(counter, Double.NaN))
                .filter(value -> value > 0 && Double.isFinite(value))
                .toArray();
    }
}
