package org.gup.bench.stats;

import java.util.Arrays;
import java.util.EnumSet;
import org.apache.commons.statistics.descriptive.DoubleStatistics;
import org.apache.commons.statistics.descriptive.Statistic;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * A comparison whose two sides were measured side by side in every fork: a fork gives one ratio.
 *
 * <p>A limit: if the compiler makes one of two kinds of code of each side by chance, the ratio takes three values only, and the
 * false alarms of a large family are a little more than promised: 5.7 % in place of 5 % (17 comparisons, 20 forks).
 */
public final class PairedRatios {
    private PairedRatios() {}

    /**
     * Compares by Student's t test on the logarithms of the ratios.
     *
     * @param ratios one for each fork, positive
     * @return their geometric mean; without an interval for fewer than three forks
     */
    public static Comparison of(final double[] ratios) {
        if (ratios.length == 0) {
            throw new IllegalArgumentException("no ratios");
        }
        final double[] logs = Arrays.stream(ratios).map(Math::log).toArray();
        final DoubleStatistics statistics =
                DoubleStatistics.of(EnumSet.of(Statistic.MEAN, Statistic.STANDARD_DEVIATION), logs);
        final double mean = statistics.getAsDouble(Statistic.MEAN);
        final int forks = ratios.length;
        if (forks < Estimates.MIN_FORKS) {
            return new Comparison(Math.exp(mean), Double.NaN, Double.NaN, Double.NaN, forks, forks);
        }
        final double error = statistics.getAsDouble(Statistic.STANDARD_DEVIATION) / Math.sqrt(forks);
        final double freedom = forks - 1.0;
        final double pValue;
        if (error == 0) {
            // No spread at all: only made-up ratios are like that. They differ from 1 or they don't.
            pValue = mean == 0 ? 1 : 0;
        } else {
            pValue = Math.min(1, 2 * TDistribution.of(freedom).survivalProbability(Math.abs(mean) / error));
        }
        return new Comparison(Math.exp(mean), error, freedom, pValue, forks, forks);
    }
}
