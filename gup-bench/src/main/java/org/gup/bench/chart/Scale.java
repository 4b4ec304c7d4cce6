package org.gup.bench.chart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** From values to positions, and the ticks that tell a reader the way back. */
final class Scale {
    private static final double[] STEPS = {1, 2, 5};
    private static final int TICKS = 5;
    /** From so many decades on, only decades are labelled. */
    private static final int MANY_DECADES = 4;

    private final AxisKind kind;
    private final double low;
    private final double high;
    private final double from;
    private final double to;

    private Scale(final AxisKind kind, final double low, final double high, final double from, final double to) {
        this.kind = kind;
        this.low = low;
        this.high = high;
        this.from = from;
        this.to = to;
    }

    /** A tick. */
    record Tick(double value, String label, boolean labelled) {}

    /**
     * A scale that shows all values.
     *
     * @param kind how it is divided
     * @param least smallest value
     * @param most largest value
     * @param from position of the low end
     * @param to position of the high end
     */
    static Scale of(final AxisKind kind, final double least, final double most, final double from, final double to) {
        if (kind == AxisKind.LINEAR) {
            final double step = step(Math.max(most, 0) - Math.min(least, 0));
            final double low = Math.min(0, step * Math.floor(least / step));
            return new Scale(kind, low, Math.max(low + step, step * Math.ceil(most / step - 1e-9)), from, to);
        }
        if (kind == AxisKind.ZOOMED) {
            final double step = step(most - least);
            final double low = step * Math.floor(least / step + 1e-9);
            return new Scale(kind, low, Math.max(low + step, step * Math.ceil(most / step - 1e-9)), from, to);
        }
        if (!(least > 0)) {
            throw new IllegalArgumentException("a logarithmic axis needs positive values: least=" + least);
        }
        if (kind == AxisKind.LOG2) {
            final double low = Math.pow(2, Math.floor(log2(least) + 1e-9));
            return new Scale(kind, low, Math.max(2 * low, Math.pow(2, Math.ceil(log2(most) - 1e-9))), from, to);
        }
        final double low = stepBelow(least);
        return new Scale(kind, low, Math.max(stepAbove(low), stepAbove(most)), from, to);
    }

    private static double log2(final double value) {
        return Math.log(value) / Math.log(2);
    }

    /** The largest of 1, 2, 5, 10, 20, ... that is no larger. */
    private static double stepBelow(final double value) {
        final double decade = Math.pow(10, Math.floor(Math.log10(value)));
        double below = decade;
        for (final double step : STEPS) {
            if (step * decade <= value * (1 + 1e-9)) {
                below = step * decade;
            }
        }
        return below;
    }

    /** The smallest of them that is larger. */
    private static double stepAbove(final double value) {
        final double decade = Math.pow(10, Math.floor(Math.log10(value)));
        for (final double step : STEPS) {
            if (step * decade > value * (1 + 1e-9)) {
                return step * decade;
            }
        }
        return 10 * decade;
    }

    private static double step(final double range) {
        final double rough = range / TICKS;
        return rough <= 0 ? 1 : stepAbove(rough * 0.999);
    }

    double at(final double value) {
        return from + (to - from) * (position(value) - position(low)) / (position(high) - position(low));
    }

    private double position(final double value) {
        return even() ? value : Math.log(value);
    }

    private boolean even() {
        return kind == AxisKind.LINEAR || kind == AxisKind.ZOOMED;
    }

    double low() {
        return low;
    }

    List<Tick> ticks() {
        final List<Tick> ticks = new ArrayList<>();
        switch (kind) {
            case LINEAR, ZOOMED -> {
                final double step = step(high - low);
                for (long i = Math.round(low / step); i * step <= high * (1 + 1e-9); i++) {
                    ticks.add(new Tick(i * step, text(i * step), true));
                }
            }
            case LOG2 -> {
                for (double value = low; value <= high * (1 + 1e-9); value *= 2) {
                    ticks.add(new Tick(value, text(value), true));
                }
            }
            case LOG, PERCENTILE -> decades(ticks);
        }
        return ticks;
    }

    private void decades(final List<Tick> ticks) {
        final boolean many = Math.log10(high / low) >= MANY_DECADES || kind == AxisKind.PERCENTILE;
        for (int decade = (int) Math.floor(Math.log10(low) + 1e-9);
                Math.pow(10, decade) <= high * (1 + 1e-9);
                decade++) {
            for (int digit = 1; digit < 10; digit++) {
                final double value = digit * Math.pow(10, decade);
                if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) {
                    final boolean labelled = digit == 1 || (!many && (digit == 2 || digit == 5));
                    ticks.add(
                            new Tick(value, kind == AxisKind.PERCENTILE ? percentile(decade) : text(value), labelled));
                }
            }
        }
    }

    private static String percentile(final int decade) {
        return switch (decade) {
            case 0 -> "0 %";
            case 1 -> "90 %";
            default -> "99" + (decade > 2 ? "." + "9".repeat(decade - 2) : "") + " %";
        };
    }

    private static String text(final double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e9) {
            return String.format(Locale.ROOT, "%,d", (long) value);
        }
        final String plain = String.format(Locale.ROOT, "%.6f", value);
        return plain.replaceAll("0+$", "");
    }
}
