package org.gup.bench.chart;

import java.util.List;
import org.gup.bench.stats.Estimate;

/** What a chart shows, whatever the question. Colours are numbers of a palette, 0 to 5. */
public sealed interface ChartModel {
    /**
     * What the chart is called.
     *
     * @return a few words with the unit
     */
    String title();

    /**
     * A number that was measured.
     *
     * @param id of the case that it comes from: leads to its raw rows
     * @param value with its bounds
     * @param disturbed whether a fork of it was disturbed: drawn with a broken ring
     */
    record Mark(String id, Estimate value, boolean disturbed) {}

    /**
     * One line for each case: a point, and its interval.
     *
     * @param title what it is called
     * @param axis how it is divided
     * @param reference a value to draw a line at, such as 1 for ratios; NaN for none
     * @param band half the width of a band around the reference, relative: what the same code differs by; 0 for none
     * @param rows at least one; all values positive if the axis is logarithmic
     */
    record Intervals(String title, AxisKind axis, double reference, double band, List<Row> rows) implements ChartModel {
        /**
         * One line.
         *
         * @param label what a reader calls it
         * @param colour of the palette
         * @param mark the number
         */
        public record Row(String label, int colour, Mark mark) {}

        /** Copies the rows. */
        public Intervals {
            rows = List.copyOf(rows);
        }
    }

    /**
     * Curves over a parameter: pages per call, threads, shares, percentiles.
     *
     * @param title what it is called
     * @param xLabel what is varied
     * @param x how the horizontal axis is divided
     * @param y how the vertical axis is divided
     * @param series at least one
     */
    record Curves(String title, String xLabel, AxisKind x, AxisKind y, List<Series> series) implements ChartModel {
        /**
         * One curve.
         *
         * @param name what a reader calls it
         * @param colour of the palette
         * @param points by ascending x
         */
        public record Series(String name, int colour, List<Point> points) {
            /** Copies the points. */
            public Series {
                points = List.copyOf(points);
            }
        }

        /**
         * One point.
         *
         * @param x the parameter; of a percentile p, 1 / (1 - p)
         * @param mark the number
         */
        public record Point(double x, Mark mark) {}

        /** Copies the curves. */
        public Curves {
            series = List.copyOf(series);
        }
    }

    /**
     * Parts of a whole, such as the phases of a migration: their sum stands against the whole as it was measured without
     * looking at the parts.
     *
     * @param title what it is called
     * @param parts names of the parts, in the order of the palette
     * @param bars at least one
     */
    record Stack(String title, List<String> parts, List<Bar> bars) implements ChartModel {
        /**
         * One bar.
         *
         * @param label what a reader calls it
         * @param values of the parts, in their order
         * @param whole measured as a whole
         */
        public record Bar(String label, List<Double> values, Mark whole) {
            /** Copies the values. */
            public Bar {
                values = List.copyOf(values);
            }

            /**
             * What the parts add up to.
             *
             * @return their sum
             */
            public double sum() {
                return values.stream().mapToDouble(Double::doubleValue).sum();
            }
        }

        /** Copies the lists. */
        public Stack {
            parts = List.copyOf(parts);
            bars = List.copyOf(bars);
        }
    }

    /**
     * A ladder of costs: each step is a total, drawn as what it adds to the step before.
     *
     * @param title what it is called
     * @param steps at least one, the first stands on zero
     */
    record Ladder(String title, List<Step> steps) implements ChartModel {
        /**
         * One step.
         *
         * @param label what was added
         * @param colour of the palette
         * @param total what everything so far costs
         */
        public record Step(String label, int colour, Mark total) {}

        /** Copies the steps. */
        public Ladder {
            steps = List.copyOf(steps);
        }
    }
}
