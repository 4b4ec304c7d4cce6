package org.gup.bench.stats;

import org.apache.commons.statistics.distribution.TDistribution;

/**
 * One case in two runs.
 *
 * @param ratio the new score over the base's
 * @param standardError of the logarithm of the ratio; NaN if there are too few forks
 * @param freedom degrees of freedom; NaN likewise
 * @param pValue probability of a difference at least as large, were there none; NaN likewise
 * @param baseForks forks of the base
 * @param newForks forks of the other run
 */
public record Comparison(
        double ratio, double standardError, double freedom, double pValue, int baseForks, int newForks) {
    /**
     * Whether there were forks enough for an interval.
     *
     * @return false if nothing can be decided
     */
    public boolean hasInterval() {
        return !Double.isNaN(pValue);
    }

    /**
     * Lower bound of the ratio's 95 % interval.
     *
     * @return NaN if there are too few forks
     */
    public double low() {
        return hasInterval() ? ratio * Math.exp(-halfWidth()) : Double.NaN;
    }

    /**
     * Upper bound of the ratio's 95 % interval.
     *
     * @return NaN if there are too few forks
     */
    public double high() {
        return hasInterval() ? ratio * Math.exp(halfWidth()) : Double.NaN;
    }

    private double halfWidth() {
        return standardError == 0
                ? 0
                : standardError * TDistribution.of(freedom).inverseSurvivalProbability((1 - Estimates.CONFIDENCE) / 2);
    }

    /**
     * The ratio with its interval.
     *
     * @return an estimate
     */
    public Estimate estimate() {
        return new Estimate(
                ratio,
                low(),
                high(),
                Math.min(baseForks, newForks),
                hasInterval() ? Estimate.Kind.FORK_INTERVAL : Estimate.Kind.NONE);
    }
}
