/**
 * Charts as SVG, drawn by ourselves: what is to be shown is a {@link org.gup.bench.chart.ChartModel}, and the same model gives
 * the same bytes. Every mark carries its numbers as {@code data-} attributes and every axis its ticks, so that a test can parse
 * positions back to data.
 */
@NullMarked
package org.gup.bench.chart;

import org.jspecify.annotations.NullMarked;
