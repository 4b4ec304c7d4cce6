package org.gup.bench.stats;

import org.apache.commons.statistics.distribution.ChiSquaredDistribution;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * How large a difference must be to be found. The standard error is estimated from the same few forks as the difference, so
 * the statistic follows a noncentral t distribution. The sum of two quantiles of Student's, which is often used in its place,
 * promises too much when forks are few: with three forks and a family of 17 a difference of that size is found two times out
 * of three, not four out of five.
 */
final class Power {
    /** How often a difference of the smallest detectable size is found. */
    static final double PROMISED = 0.8;

    /** From here on the estimated standard error is as good as the true one. */
    private static final double MANY = 5000;

    /** Equally probable standard errors that stand for all of them. */
    private static final int STRATA = 128;

    private static final int BISECTIONS = 50;
    private static final NormalDistribution NORMAL = NormalDistribution.of(0, 1);

    private Power() {}

    /**
     * The smallest difference that is found as often as promised.
     *
     * @param freedom degrees of freedom of the standard error
     * @param tail probability that the test allows on one side
     * @return the difference in true standard errors
     */
    static double shift(final double freedom, final double tail) {
        final double critical = TDistribution.of(freedom).inverseSurvivalProbability(tail);
        if (freedom >= MANY) {
            return critical + NORMAL.inverseCumulativeProbability(PROMISED);
        }
        final double[] thresholds = new double[STRATA];
        final ChiSquaredDistribution squares = ChiSquaredDistribution.of(freedom);
        for (int i = 0; i < STRATA; i++) {
            thresholds[i] = critical * Math.sqrt(squares.inverseCumulativeProbability((i + 0.5) / STRATA) / freedom);
        }
        double low = 0;
        // The largest threshold would be passed more often than promised whatever the standard error.
        double high = thresholds[STRATA - 1] + 1;
        for (int i = 0; i < BISECTIONS; i++) {
            final double middle = (low + high) / 2;
            if (found(thresholds, middle) < PROMISED) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    private static double found(final double[] thresholds, final double shift) {
        double sum = 0;
        for (final double threshold : thresholds) {
            sum += NORMAL.survivalProbability(threshold - shift);
        }
        return sum / thresholds.length;
    }
}
