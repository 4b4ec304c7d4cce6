package org.gup.bench.text;

import java.util.Locale;
import org.gup.bench.stats.Estimate;

/** Numbers as people read them: three digits that mean something. */
public final class Numbers {
    private Numbers() {}

    /**
     * A number of nanoseconds, or a ratio.
     *
     * @param value any
     * @return three digits, one more just above 1, where ratios are close to each other; a dash for NaN
     */
    public static String number(final double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        final double size = Math.abs(value);
        final int decimals = size < 1.0995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /**
     * A change.
     *
     * @param share such as 0.05
     * @return such as {@code +5.0 %}
     */
    public static String percent(final double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%+.1f %%", 100 * share) : "-";
    }

    /**
     * A size without a sign.
     *
     * @param share such as 0.013
     * @return such as {@code 1.3 %}
     */
    public static String share(final double share) {
        return Double.isFinite(share) ? String.format(Locale.ROOT, "%.1f %%", 100 * share) : "-";
    }

    /**
     * A probability.
     *
     * @param p from 0 to 1; NaN if there is none
     * @return three decimals, or that it is smaller
     */
    public static String probability(final double p) {
        if (Double.isNaN(p)) {
            return "-";
        }
        return p < 0.001 ? "<0.001" : String.format(Locale.ROOT, "%.3f", p);
    }

    /**
     * A count.
     *
     * @param value any
     * @return with commas
     */
    public static String count(final long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /**
     * The bounds of an estimate.
     *
     * @param estimate any
     * @return an interval in brackets; a mere spread with dots, marked by a star; nothing at all as a dash
     */
    public static String bounds(final Estimate estimate) {
        return switch (estimate.kind()) {
            case FORK_INTERVAL -> "[" + number(estimate.low()) + ", " + number(estimate.high()) + "]";
            case ITERATION_SPREAD -> number(estimate.low()) + " .. " + number(estimate.high()) + " *";
            case NONE -> "-";
        };
    }

    /**
     * An estimate with its interval, if it has one.
     *
     * @param estimate any
     * @return a few words
     */
    public static String withBounds(final Estimate estimate) {
        return estimate.hasInterval() ? number(estimate.value()) + " " + bounds(estimate) : number(estimate.value());
    }
}
