package org.gup.bench.chart;

/** How an axis is divided. */
public enum AxisKind {
    /** Evenly, from zero on. */
    LINEAR,
    /** Evenly, but from where the values begin: for ratios that are all about one. */
    ZOOMED,
    /** By decades. */
    LOG,
    /** By powers of two: what is doubled is one step further. */
    LOG2,
    /** Of a percentile p the axis shows 1 / (1 - p), by decades: 90 %, 99 %, 99.9 % are equally far apart. */
    PERCENTILE
}
