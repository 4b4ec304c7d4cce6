package org.gup.bench.report;

import java.util.Locale;
import org.gup.bench.stats.Estimate;

/** Numbers as people read them: three digits that mean something. */
final class Numbers {
    private Numbers() {}

    static String number(final double value) {
        if (Double.isNaN(value)) {
            return "-";
        }
        final double size = Math.abs(value);
        final int decimals = size < 0.995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    static String percent(final double share) {
        return String.format(Locale.ROOT, "%+.1f %%", 100 * share);
    }

    static String count(final long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** An interval in brackets; a mere spread with dots, marked by a star; nothing at all as a dash. */
    static String bounds(final Estimate estimate) {
        return switch (estimate.kind()) {
            case FORK_INTERVAL -> "[" + number(estimate.low()) + ", " + number(estimate.high()) + "]";
            case ITERATION_SPREAD -> number(estimate.low()) + " .. " + number(estimate.high()) + " *";
            case NONE -> "-";
        };
    }

    static String withBounds(final Estimate estimate) {
        return estimate.hasInterval() ? number(estimate.value()) + " " + bounds(estimate) : number(estimate.value());
    }
}
