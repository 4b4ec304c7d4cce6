package org.gup.bench.compare;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.gup.bench.results.CaseRows;

/** Which number of a fork stands for it. */
public enum Measure {
    /** The mean of its iterations. */
    MEAN,
    /** Their median. */
    P50,
    /** The fastest one: least sensitive to what else the machine did. */
    MIN;

    /**
     * One number for each fork.
     *
     * @param row a case
     * @return nanoseconds per page
     */
    double[] of(final CaseRows row) {
        return row.scores().stream().mapToDouble(this::ofFork).toArray();
    }

    private double ofFork(final double[] scores) {
        return switch (this) {
            case MEAN -> Arrays.stream(scores).average().orElseThrow();
            case P50 -> median(scores);
            case MIN -> Arrays.stream(scores).min().orElseThrow();
        };
    }

    /**
     * As on the command line.
     *
     * @return a word
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Measure> named(final String word) {
        return Arrays.stream(values())
                .filter(measure -> measure.word().equals(word))
                .findFirst();
    }

    private static double median(final double[] scores) {
        final double[] sorted = scores.clone();
        Arrays.sort(sorted);
        final int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
