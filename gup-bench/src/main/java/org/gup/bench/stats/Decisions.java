package org.gup.bench.stats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.commons.statistics.descriptive.DoubleStatistics;
import org.apache.commons.statistics.descriptive.Statistic;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Decides what differs. The unit is the fork, the scale is the logarithm: twice as slow and twice as fast are equally far
 * from no change.
 *
 * <p>Two sides are compared by Welch's t test, which does not ask that both spread alike. All comparisons that are made at
 * once are one family: Holm's step-down correction keeps the probability of even one false alarm among them below
 * {@link #ALPHA}. What is significant is called a difference only if it is also larger than a threshold.
 *
 * <p>A limit: if the compiler makes one of two kinds of code by chance, three forks may all get the same kind, and look as
 * if they never differed. In a large family that happens often. Five forks are enough against it.
 */
public final class Decisions {
    /** Greatest probability of a false alarm in a family. */
    public static final double ALPHA = 0.05;

    private Decisions() {}

    /**
     * Compares one case of two runs.
     *
     * @param base a positive score for each fork
     * @param other the same of the other run
     * @return the ratio of the geometric means; without an interval if a side has fewer than three forks
     */
    public static Comparison compare(final double[] base, final double[] other) {
        if (base.length == 0 || other.length == 0) {
            throw new IllegalArgumentException("forks: base=" + base.length + ", other=" + other.length);
        }
        final DoubleStatistics ofBase = logs(base);
        final DoubleStatistics ofOther = logs(other);
        final double difference = ofOther.getAsDouble(Statistic.MEAN) - ofBase.getAsDouble(Statistic.MEAN);
        final double ratio = Math.exp(difference);
        if (Math.min(base.length, other.length) < Estimates.MIN_FORKS) {
            return new Comparison(ratio, Double.NaN, Double.NaN, Double.NaN, base.length, other.length);
        }
        final double squaredBase = ofBase.getAsDouble(Statistic.VARIANCE) / base.length;
        final double squaredOther = ofOther.getAsDouble(Statistic.VARIANCE) / other.length;
        final double error = Math.sqrt(squaredBase + squaredOther);
        if (error == 0) {
            // No spread at all: only made-up scores are like that. They differ or they don't.
            return new Comparison(
                    ratio, 0, base.length + other.length - 2.0, difference == 0 ? 1 : 0, base.length, other.length);
        }
        final double freedom = Math.pow(squaredBase + squaredOther, 2)
                / (squaredBase * squaredBase / (base.length - 1) + squaredOther * squaredOther / (other.length - 1));
        final double pValue =
                Math.min(1, 2 * TDistribution.of(freedom).survivalProbability(Math.abs(difference) / error));
        return new Comparison(ratio, error, freedom, pValue, base.length, other.length);
    }

    /**
     * Decides a family.
     *
     * @param family all comparisons that are made at once
     * @param threshold relative difference that is too small to matter, such as 0.01
     * @return one for each, in the same order
     */
    public static List<Decision> decide(final List<Comparison> family, final double threshold) {
        final double[] adjusted =
                holm(family.stream().mapToDouble(Comparison::pValue).toArray());
        final int tests = (int) family.stream().filter(Comparison::hasInterval).count();
        final List<Decision> decisions = new ArrayList<>();
        for (int i = 0; i < adjusted.length; i++) {
            final Comparison comparison = family.get(i);
            decisions.add(new Decision(comparison, adjusted[i], verdict(comparison, adjusted[i], threshold), tests));
        }
        return decisions;
    }

    private static Verdict verdict(final Comparison comparison, final double adjustedP, final double threshold) {
        if (!comparison.hasInterval()) {
            return Verdict.TOO_FEW_FORKS;
        }
        if (adjustedP >= ALPHA) {
            return Verdict.NO_DIFFERENCE;
        }
        if (Math.abs(Math.log(comparison.ratio())) <= Math.log1p(threshold)) {
            return Verdict.WITHIN_THRESHOLD;
        }
        return comparison.ratio() > 1 ? Verdict.SLOWER : Verdict.FASTER;
    }

    /**
     * Holm's correction.
     *
     * @param pValues of a family; NaN stands for a comparison without one, which does not count
     * @return adjusted values in the same order, NaN where there was none
     */
    static double[] holm(final double[] pValues) {
        final double[] adjusted = new double[pValues.length];
        Arrays.fill(adjusted, Double.NaN);
        final List<Integer> ascending = IntStream.range(0, pValues.length)
                .filter(i -> !Double.isNaN(pValues[i]))
                .boxed()
                .sorted(Comparator.comparingDouble(i -> pValues[i]))
                .toList();
        double largest = 0;
        for (int rank = 0; rank < ascending.size(); rank++) {
            final int i = ascending.get(rank);
            largest = Math.max(largest, Math.min(1, (ascending.size() - rank) * pValues[i]));
            adjusted[i] = largest;
        }
        return adjusted;
    }

    /**
     * The geometric mean.
     *
     * @param ratios positive; at least one
     * @return their geometric mean
     */
    public static double geometricMean(final double[] ratios) {
        return Math.exp(Arrays.stream(ratios).map(Math::log).average().orElseThrow());
    }

    private static DoubleStatistics logs(final double[] scores) {
        return DoubleStatistics.of(
                EnumSet.of(Statistic.MEAN, Statistic.VARIANCE),
                Arrays.stream(scores).map(Math::log).toArray());
    }
}
