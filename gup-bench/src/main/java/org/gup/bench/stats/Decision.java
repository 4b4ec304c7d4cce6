package org.gup.bench.stats;

/**
 * A comparison among others of its family, and what it comes to.
 *
 * @param comparison the two sides
 * @param adjustedP its p-value after Holm's correction; NaN if there is none
 * @param verdict what it comes to
 * @param tests comparisons of the family
 */
public record Decision(Comparison comparison, double adjustedP, Verdict verdict, int tests) {
    private static final int MOST_FORKS = 100_000;

    /**
     * The smallest relative difference that so many forks with this spread would show four times out of five, as the first of
     * the family's steps, which is the hardest.
     *
     * @return such as 0.02; NaN if unknown
     */
    public double detectable() {
        return comparison.hasInterval()
                ? Math.expm1(shift(comparison.freedom()) * comparison.standardError())
                : Double.NaN;
    }

    /**
     * Forks on each side that would show a difference of 1 %, if both sides spread as these do on average.
     *
     * @return at least 3; 0 if unknown
     */
    public int forksForOnePercent() {
        if (!comparison.hasInterval()) {
            return 0;
        }
        final double perFork =
                comparison.standardError() / Math.sqrt(1.0 / comparison.baseForks() + 1.0 / comparison.newForks());
        int low = Estimates.MIN_FORKS;
        int high = MOST_FORKS;
        while (low < high) {
            final int forks = (low + high) >>> 1;
            if (Math.expm1(shift(2.0 * forks - 2) * perFork * Math.sqrt(2.0 / forks)) <= 0.01) {
                high = forks;
            } else {
                low = forks + 1;
            }
        }
        return low;
    }

    private double shift(final double freedom) {
        return Power.shift(freedom, Decisions.ALPHA / (2 * tests));
    }
}
