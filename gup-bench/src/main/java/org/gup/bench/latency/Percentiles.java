package org.gup.bench.latency;

import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/** Which percentiles of a histogram are kept beside the scores, and what they are called there. */
public final class Percentiles {
    /** From when a call was due. */
    public static final String CORRECTED = "corrected/";
    /** From when a call began: what a closed loop would have seen. */
    public static final String SERVICE = "service/";
    /** Of the other thread's changes. */
    public static final String CHANGES = "mutator/";
    /** The name of the largest value. */
    public static final String MAX = "max";

    /** A percentile that fewer calls than this exceed is chance. */
    private static final int ENOUGH_BEYOND = 3;

    private static final List<Double> KEPT =
            List.of(50.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.8, 99.9, 99.95, 99.98, 99.99);

    private Percentiles() {}

    /**
     * Those that are kept.
     *
     * @return from 50 to 99.99, ascending
     */
    public static List<Double> kept() {
        return KEPT;
    }

    /**
     * What a percentile is called.
     *
     * @param percentile from 0 to 100
     * @return such as {@code p99.9}
     */
    public static String name(final double percentile) {
        return "p"
                + (percentile == Math.rint(percentile)
                        ? Long.toString((long) percentile)
                        : Double.toString(percentile));
    }

    /**
     * Whether so many calls say anything about a percentile.
     *
     * @param percentile below 100
     * @param calls how many were timed
     * @return true if at least three of them lie beyond it
     */
    public static boolean isKnown(final double percentile, final double calls) {
        return (1 - percentile / 100) * calls >= ENOUGH_BEYOND - 1e-6;
    }

    static void put(final Map<String, Double> counters, final String prefix, final Histogram histogram) {
        for (final double percentile : KEPT) {
            counters.put(prefix + name(percentile), (double) histogram.getValueAtPercentile(percentile));
        }
        counters.put(prefix + MAX, (double) histogram.getMaxValue());
        counters.put(prefix + "mean", histogram.getMean());
    }
}
