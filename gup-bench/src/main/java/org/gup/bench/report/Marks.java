package org.gup.bench.report;

import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.results.CaseRows;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;

/** Measured cases as marks of a chart: each leads to its raw rows, and shows whether a fork of it was disturbed. */
final class Marks {
    private Marks() {}

    /** What a case costs. */
    static Mark of(final CaseRows rows) {
        return of(rows, Estimates.mean(rows.scores()));
    }

    /** Another number that comes from a case. */
    static Mark of(final CaseRows rows, final Estimate value) {
        return new Mark(rows.info().id(), value, rows.disturbed() > 0);
    }

    /** A number that was counted: it has no interval, and nothing disturbs it. */
    static Mark counted(final CaseRows rows, final double count) {
        return new Mark(rows.info().id(), new Estimate(count, count, count, 1, Estimate.Kind.NONE), false);
    }
}
