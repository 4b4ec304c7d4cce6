package org.gup.bench.stats;

/**
 * A number with the uncertainty that goes with it.
 *
 * @param value the best guess
 * @param low lower bound; NaN if there is none
 * @param high upper bound; NaN if there is none
 * @param forks how many forks it rests on
 * @param kind what the bounds mean
 */
public record Estimate(double value, double low, double high, int forks, Kind kind) {
    /** What the bounds of an estimate mean. */
    public enum Kind {
        /** A 95 % interval of the mean, from the forks' means and Student's t. */
        FORK_INTERVAL,
        /** Too few forks for an interval: the fastest and the slowest iteration seen. */
        ITERATION_SPREAD,
        /** No bounds. */
        NONE
    }

    /**
     * Whether the bounds are a 95 % interval.
     *
     * @return false for a mere spread or nothing at all
     */
    public boolean hasInterval() {
        return kind == Kind.FORK_INTERVAL;
    }

    /**
     * Whether there are bounds of any kind.
     *
     * @return true for an interval or a spread
     */
    public boolean hasBounds() {
        return kind != Kind.NONE;
    }
}
