package org.gup.bench.stats;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.apache.commons.statistics.descriptive.DoubleStatistics;
import org.apache.commons.statistics.descriptive.Statistic;
import org.apache.commons.statistics.distribution.TDistribution;
import org.gup.bench.stats.Estimate.Kind;

/**
 * How estimates are made. The unit is the fork: iterations of one fork share its compiled code and its memory, so that they
 * agree with each other better than with the next fork, and an interval made from them would be too narrow.
 */
public final class Estimates {
    /** Fewest forks that give an interval. */
    public static final int MIN_FORKS = 3;

    static final double CONFIDENCE = 0.95;

    private Estimates() {}

    /**
     * The mean over forks of the mean over iterations.
     *
     * @param iterationsByFork scores of each fork's iterations; at least one fork, none empty
     * @return with a 95 % interval for three forks or more, else with the spread of the iterations
     */
    public static Estimate mean(final List<double[]> iterationsByFork) {
        if (iterationsByFork.isEmpty()) {
            throw new IllegalArgumentException("no forks");
        }
        final double[] forkMeans = iterationsByFork.stream()
                .mapToDouble(iterations -> Arrays.stream(iterations).average().orElseThrow())
                .toArray();
        if (forkMeans.length >= MIN_FORKS) {
            return studentInterval(forkMeans);
        }
        final double[] all =
                iterationsByFork.stream().flatMapToDouble(Arrays::stream).toArray();
        final DoubleStatistics spread = DoubleStatistics.of(EnumSet.of(Statistic.MIN, Statistic.MAX), all);
        return new Estimate(
                meanOf(forkMeans),
                spread.getAsDouble(Statistic.MIN),
                spread.getAsDouble(Statistic.MAX),
                forkMeans.length,
                Kind.ITERATION_SPREAD);
    }

    /**
     * The mean of independent samples.
     *
     * @param samples at least two
     * @return with a 95 % interval by Student's t
     */
    public static Estimate studentInterval(final double[] samples) {
        if (samples.length < 2) {
            throw new IllegalArgumentException("an interval needs two samples: samples=" + samples.length);
        }
        final DoubleStatistics statistics =
                DoubleStatistics.of(EnumSet.of(Statistic.MEAN, Statistic.STANDARD_DEVIATION), samples);
        final double mean = statistics.getAsDouble(Statistic.MEAN);
        final double standardError = statistics.getAsDouble(Statistic.STANDARD_DEVIATION) / Math.sqrt(samples.length);
        final double t = TDistribution.of(samples.length - 1).inverseSurvivalProbability((1 - CONFIDENCE) / 2);
        return new Estimate(
                mean, mean - t * standardError, mean + t * standardError, samples.length, Kind.FORK_INTERVAL);
    }

    /**
     * The ratio of two cases measured side by side: the geometric mean of the pairs' ratios, so that what slows both
     * members of a pair cancels.
     *
     * @param numerators fork means of the one
     * @param denominators fork means of the other, same rounds in the same order
     * @return with a 95 % interval for three pairs or more, else without bounds
     */
    public static Estimate pairedRatio(final double[] numerators, final double[] denominators) {
        if (numerators.length != denominators.length || numerators.length == 0) {
            throw new IllegalArgumentException(
                    "pairs wanted: numerators=" + numerators.length + ", denominators=" + denominators.length);
        }
        final double[] logs = new double[numerators.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = Math.log(numerators[i] / denominators[i]);
        }
        if (logs.length < MIN_FORKS) {
            return new Estimate(Math.exp(meanOf(logs)), Double.NaN, Double.NaN, logs.length, Kind.NONE);
        }
        final Estimate log = studentInterval(logs);
        return new Estimate(
                Math.exp(log.value()), Math.exp(log.low()), Math.exp(log.high()), log.forks(), Kind.FORK_INTERVAL);
    }

    private static double meanOf(final double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }
}
