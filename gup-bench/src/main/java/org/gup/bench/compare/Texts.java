package org.gup.bench.compare;

import org.gup.bench.stats.Comparison;
import org.gup.bench.text.Numbers;

/** Ratios as changes. */
final class Texts {
    private Texts() {}

    static String change(final double ratio) {
        return Numbers.percent(ratio - 1);
    }

    static String interval(final Comparison comparison) {
        return comparison.hasInterval() ? "[" + change(comparison.low()) + ", " + change(comparison.high()) + "]" : "-";
    }
}
