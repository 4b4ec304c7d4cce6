package org.gup.bench.chart;

import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Ladder;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.chart.ChartModel.Stack;
import org.gup.bench.stats.Estimate;
import org.gup.bench.text.Numbers;
import org.jspecify.annotations.Nullable;

/**
 * Draws a model. A mere spread is drawn dashed and its point hollow, so that nobody takes it for an interval; a point with a
 * disturbed fork wears a broken ring.
 */
public final class ChartWriter {
    /** For whom it is drawn. */
    public enum Format {
        /** A screen: labels stand beside their rows. */
        WIDE(860),
        /** A phone: labels stand above their rows. */
        NARROW(380);

        private final int width;

        Format(final int width) {
            this.width = width;
        }
    }

    private static final int LEFT = 12;
    private static final int LABELS = 300;
    private static final int VALUES = 76;
    private static final int WIDE_VALUES = 136;
    private static final int ROW = 22;
    private static final int NARROW_ROW = 38;
    private static final int TOP = 40;
    private static final int AXIS = 34;
    private static final int NOTE = 22;
    private static final int RADIUS = 4;
    private static final int CURVES_HEIGHT = 300;
    private static final int Y_LABELS = 58;
    /** Room for half of the last label under an axis. */
    private static final double RIGHT = 30;

    private static final int BAR = 12;
    private static final int LEGEND = 20;
    private static final int CHARACTER = 7;

    private final Format format;
    private final boolean standalone;
    private final Svg svg = new Svg();

    private ChartWriter(final Format format, final boolean standalone) {
        this.format = format;
        this.standalone = standalone;
    }

    /**
     * A file of its own, on white ground.
     *
     * @param model what to show
     * @return an SVG document
     */
    public static String file(final ChartModel model) {
        return new ChartWriter(Format.WIDE, true).draw(model);
    }

    /**
     * A part of a page that has {@link ChartStyle}: every point leads to {@code #raw-} and its id.
     *
     * @param model what to show
     * @param format for whom
     * @return an SVG element
     */
    public static String inline(final ChartModel model, final Format format) {
        return new ChartWriter(format, false).draw(model);
    }

    /**
     * Where a point leads.
     *
     * @param id of a case
     * @return the id of an element
     */
    public static String anchor(final String id) {
        return "raw-" + id.replaceAll("[^A-Za-z0-9-]", "-");
    }

    private String draw(final ChartModel model) {
        if (model instanceof Intervals intervals) {
            intervals(intervals);
        } else if (model instanceof Curves curves) {
            curves(curves);
        } else if (model instanceof Stack stack) {
            stack(stack);
        } else if (model instanceof Ladder ladder) {
            ladder(ladder);
        }
        return svg.toString();
    }

    private boolean narrow() {
        return format == Format.NARROW;
    }

    private int row() {
        return narrow() ? NARROW_ROW : ROW;
    }

    private double plotLeft() {
        return narrow() ? LEFT : LABELS;
    }

    private double plotRight() {
        return format.width - (narrow() ? VALUES : WIDE_VALUES);
    }

    private void open(final ChartModel model, final String kind, final int height) {
        svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart " + kind + "\" viewBox=\"0 0 " + format.width
                + " " + height + "\" role=\"img\" aria-label=\"" + Svg.escaped(model.title()) + "\">");
        if (standalone) {
            svg.raw("<style>svg{" + ChartStyle.light() + "}\n" + ChartStyle.rules() + "</style>");
        }
        svg.rect("ground", 0, 0, format.width, height, "");
        svg.text("title", LEFT, 20, "start", model.title());
    }

    private void close(final String note, final int height) {
        svg.text("dim", LEFT, height - 8, "start", note);
        svg.raw("</svg>");
    }

    private String boundsNote(final Stream<Mark> marks) {
        final List<Mark> all = marks.toList();
        final boolean spread = all.stream()
                .anyMatch(mark -> mark.value().hasBounds() && !mark.value().hasInterval());
        final boolean disturbed = all.stream().anyMatch(Mark::disturbed);
        if (narrow()) {
            return "95 % intervals" + (spread ? "; hollow: spread" : "") + (disturbed ? "; ring: disturbed" : "");
        }
        return "Line: 95 % interval over JVMs."
                + (spread ? " Dashed, hollow: fewer than three JVMs, fastest to slowest iteration." : "")
                + (disturbed ? " Broken ring: a JVM was disturbed." : "");
    }

    private static double low(final Mark mark, final boolean positive) {
        final Estimate value = mark.value();
        return value.hasBounds() && (!positive || value.low() > 0) ? value.low() : value.value();
    }

    private static double high(final Mark mark) {
        return mark.value().hasBounds() ? mark.value().high() : mark.value().value();
    }

    private static double[] range(final Stream<Mark> marks, final boolean positive, final double... more) {
        final double[] all = marks.flatMapToDouble(mark -> DoubleStream.of(low(mark, positive), high(mark)))
                .toArray();
        return new double[] {
            DoubleStream.concat(DoubleStream.of(all), DoubleStream.of(more))
                    .min()
                    .orElseThrow(),
            DoubleStream.concat(DoubleStream.of(all), DoubleStream.of(more))
                    .max()
                    .orElseThrow()
        };
    }

    /** Vertical grid lines with their labels below. */
    private void xAxis(final Scale scale, final double top, final double bottom) {
        for (final Scale.Tick tick : scale.ticks()) {
            final double x = scale.at(tick.value());
            svg.line("grid", x, top, x, bottom, " data-axis=\"x\" data-value=\"" + tick.value() + "\"");
            if (tick.labelled()) {
                svg.text("dim", x, bottom + 16, "middle", tick.label());
            }
        }
    }

    private void intervals(final Intervals chart) {
        if (chart.rows().isEmpty()) {
            throw new IllegalArgumentException("nothing to draw");
        }
        final int bottom = TOP + chart.rows().size() * row();
        final int height = bottom + AXIS + NOTE;
        final boolean positive = chart.axis() == AxisKind.LOG || chart.axis() == AxisKind.LOG2;
        final double[] range = Double.isNaN(chart.reference())
                ? range(chart.rows().stream().map(Intervals.Row::mark), positive)
                : range(
                        chart.rows().stream().map(Intervals.Row::mark),
                        positive,
                        chart.reference() * (1 - chart.band()),
                        chart.reference() * (1 + chart.band()));
        final Scale scale = Scale.of(chart.axis(), range[0], range[1], plotLeft(), plotRight() - RADIUS);
        open(chart, "intervals", height);
        if (chart.band() > 0) {
            final double left = scale.at(chart.reference() * (1 - chart.band()));
            svg.rect(
                    "band",
                    left,
                    TOP,
                    scale.at(chart.reference() * (1 + chart.band())) - left,
                    bottom - (double) TOP,
                    "");
        }
        xAxis(scale, TOP - 4.0, bottom);
        if (!Double.isNaN(chart.reference())) {
            final double x = scale.at(chart.reference());
            svg.line("reference", x, TOP - 4.0, x, bottom, "");
        }
        for (int i = 0; i < chart.rows().size(); i++) {
            final Intervals.Row row = chart.rows().get(i);
            final double y = label(row.label(), TOP + i * row());
            mark(
                    row.mark(),
                    row.label(),
                    row.colour(),
                    scale.at(row.mark().value().value()),
                    y,
                    scale,
                    null);
            final Estimate value = row.mark().value();
            svg.text(
                    "value",
                    format.width - (double) LEFT,
                    y + 4,
                    "end",
                    narrow() ? Numbers.number(value.value()) : Numbers.withBounds(value));
        }
        close(boundsNote(chart.rows().stream().map(Intervals.Row::mark)), height);
    }

    /** Writes the label of a row and says where its middle is. */
    private double label(final String label, final int top) {
        if (narrow()) {
            svg.text("label", LEFT, top + 11.0, "start", label);
            return top + 21.0;
        }
        svg.text("label", LABELS - 12.0, top + ROW / 2.0 + 4, "end", label);
        return top + ROW / 2.0;
    }

    /** A point with its bounds: along x if there is a horizontal scale, else along y. */
    private void mark(
            final Mark mark,
            final String label,
            final int colour,
            final double x,
            final double y,
            final @Nullable Scale horizontal,
            final @Nullable Scale vertical) {
        final Estimate value = mark.value();
        if (!standalone) {
            svg.raw("<a href=\"#" + anchor(mark.id()) + "\">");
        }
        svg.raw("<g class=\"mark\" data-case=\"" + Svg.escaped(mark.id()) + "\" data-value=\"" + value.value()
                + "\" data-low=\"" + value.low() + "\" data-high=\"" + value.high() + "\" data-bounds=\""
                + value.kind().name().toLowerCase(Locale.ROOT) + "\">");
        svg.raw("<title>"
                + Svg.escaped(label + ": " + Numbers.number(value.value()) + " " + Numbers.bounds(value) + ", n="
                        + value.forks() + (mark.disturbed() ? ", disturbed" : ""))
                + "</title>");
        final String cssClass = "bounds s" + colour + (value.hasInterval() ? "" : " spread");
        if (value.hasBounds() && horizontal != null) {
            svg.line(
                    cssClass,
                    horizontal.at(Math.max(low(mark, false), horizontal.low())),
                    y,
                    horizontal.at(high(mark)),
                    y,
                    "");
        }
        if (value.hasBounds() && vertical != null) {
            svg.line(
                    cssClass,
                    x,
                    vertical.at(Math.max(low(mark, false), vertical.low())),
                    x,
                    vertical.at(high(mark)),
                    "");
        }
        svg.circle("point s" + colour + (value.hasInterval() ? "" : " hollow"), x, y, RADIUS);
        if (mark.disturbed()) {
            svg.circle("disturbed", x, y, RADIUS + 4.0);
        }
        svg.raw("</g>");
        if (!standalone) {
            svg.raw("</a>");
        }
    }

    private void curves(final Curves chart) {
        final List<Mark> marks = chart.series().stream()
                .flatMap(series -> series.points().stream())
                .map(Curves.Point::mark)
                .toList();
        final double[] xs = chart.series().stream()
                .flatMap(series -> series.points().stream())
                .mapToDouble(Curves.Point::x)
                .sorted()
                .toArray();
        if (xs.length == 0) {
            throw new IllegalArgumentException("nothing to draw");
        }
        final double[] range = range(marks.stream(), chart.y() != AxisKind.LINEAR);
        final int legendRows =
                legendRows(chart.series().stream().map(Curves.Series::name).toList());
        final int top = TOP + legendRows * LEGEND;
        final int bottom = top + CURVES_HEIGHT;
        final int height = bottom + AXIS + 14 + NOTE;
        final Scale x = Scale.of(chart.x(), xs[0], xs[xs.length - 1], Y_LABELS, format.width - RIGHT);
        final Scale y = Scale.of(chart.y(), range[0], range[1], bottom, top);
        open(chart, "curves", height);
        legend(
                chart.series().stream().map(Curves.Series::name).toList(),
                chart.series().stream().mapToInt(Curves.Series::colour).toArray(),
                false);
        xAxis(x, top, bottom);
        for (final Scale.Tick tick : y.ticks()) {
            final double at = y.at(tick.value());
            svg.line(
                    "grid",
                    Y_LABELS,
                    at,
                    format.width - RIGHT,
                    at,
                    " data-axis=\"y\" data-value=\"" + tick.value() + "\"");
            if (tick.labelled()) {
                svg.text("dim", Y_LABELS - 6.0, at + 4, "end", tick.label());
            }
        }
        svg.text("dim", (Y_LABELS + format.width - RIGHT) / 2, bottom + 32.0, "middle", chart.xLabel());
        for (final Curves.Series series : chart.series()) {
            final StringBuilder path = new StringBuilder();
            series.points()
                    .forEach(point -> path.append(path.isEmpty() ? "M" : " L")
                            .append(Svg.number(x.at(point.x())))
                            .append(' ')
                            .append(Svg.number(y.at(point.mark().value().value()))));
            svg.raw("<path class=\"curve s" + series.colour() + "\" style=\"fill:none\" d=\"" + path + "\"/>");
            series.points()
                    .forEach(point -> mark(
                            point.mark(),
                            series.name(),
                            series.colour(),
                            x.at(point.x()),
                            y.at(point.mark().value().value()),
                            null,
                            y));
        }
        close(boundsNote(marks.stream()), height);
    }

    private int legendWidth(final String name) {
        return 24 + CHARACTER * name.length() + 12;
    }

    private int legendRows(final List<String> names) {
        int rows = 1;
        int x = LEFT;
        for (final String name : names) {
            if (x > LEFT && x + legendWidth(name) > format.width) {
                rows++;
                x = LEFT;
            }
            x += legendWidth(name);
        }
        return rows;
    }

    /** Names with their colours, in as many lines as they need. */
    private void legend(final List<String> names, final int[] colours, final boolean squares) {
        int x = LEFT;
        double y = TOP - 2.0;
        for (int i = 0; i < names.size(); i++) {
            final String name = names.get(i);
            if (x > LEFT && x + legendWidth(name) > format.width) {
                x = LEFT;
                y += LEGEND;
            }
            if (squares) {
                svg.rect("s" + colours[i], x, y - 6, BAR, BAR, "");
            } else {
                svg.circle("point s" + colours[i], x + 6.0, y, RADIUS);
            }
            svg.text("legend", x + 18.0, y + 4, "start", name);
            x += legendWidth(name);
        }
    }

    private void stack(final Stack chart) {
        final int top = TOP + legendRows(chart.parts()) * LEGEND;
        final int bottom = top + chart.bars().size() * row();
        final int height = bottom + AXIS + NOTE;
        final double[] range = range(
                chart.bars().stream().map(Stack.Bar::whole),
                false,
                chart.bars().stream().mapToDouble(Stack.Bar::sum).toArray());
        final Scale scale = Scale.of(AxisKind.LINEAR, 0, range[1], plotLeft(), plotRight() - RADIUS);
        open(chart, "stack", height);
        legend(
                chart.parts(),
                IntStream.range(0, chart.parts().size()).map(part -> part % 6).toArray(),
                true);
        xAxis(scale, top, bottom);
        for (int i = 0; i < chart.bars().size(); i++) {
            final Stack.Bar bar = chart.bars().get(i);
            final double y = label(bar.label(), top + i * row());
            double sum = 0;
            for (int part = 0; part < bar.values().size(); part++) {
                final double value = bar.values().get(part);
                svg.rect(
                        "part s" + part % 6,
                        scale.at(sum),
                        y - BAR / 2.0,
                        scale.at(sum + value) - scale.at(sum),
                        BAR,
                        " data-part=\"" + Svg.escaped(chart.parts().get(part)) + "\" data-value=\"" + value + "\"");
                sum += value;
            }
            mark(
                    bar.whole(),
                    bar.label() + ", measured whole",
                    5,
                    scale.at(bar.whole().value().value()),
                    y,
                    scale,
                    null);
            svg.text(
                    "value",
                    format.width - (double) LEFT,
                    y + 4,
                    "end",
                    Numbers.number(sum) + " / "
                            + Numbers.number(bar.whole().value().value()));
        }
        close(
                narrow()
                        ? "Bars: sum of parts. Point: the whole."
                        : "Bars: the sum of the parts. Point: the whole, measured by"
                                + " itself. At the right: sum / whole.",
                height);
    }

    private void ladder(final Ladder chart) {
        final int bottom = TOP + chart.steps().size() * row();
        final int height = bottom + AXIS + NOTE;
        final double[] range = range(chart.steps().stream().map(Ladder.Step::total), false);
        final Scale scale = Scale.of(AxisKind.LINEAR, 0, range[1], plotLeft(), plotRight() - RADIUS);
        open(chart, "ladder", height);
        xAxis(scale, TOP - 4.0, bottom);
        double before = 0;
        for (int i = 0; i < chart.steps().size(); i++) {
            final Ladder.Step step = chart.steps().get(i);
            final double y = label(step.label(), TOP + i * row());
            final double total = step.total().value().value();
            svg.rect(
                    "step s" + step.colour(),
                    scale.at(Math.min(before, total)),
                    y - BAR / 2.0,
                    Math.abs(scale.at(total) - scale.at(before)),
                    BAR,
                    " data-added=\"" + (total - before) + "\"");
            mark(step.total(), step.label(), step.colour(), scale.at(total), y, scale, null);
            svg.text(
                    "value",
                    format.width - (double) LEFT,
                    y + 4,
                    "end",
                    (i == 0 ? "" : total < before ? "-" : "+") + Numbers.number(Math.abs(total - before)));
            before = total;
        }
        close(
                narrow()
                        ? "Bar: what is added. Point: total."
                        : "Bar: what the step adds. Point and line: the total so far with" + " its 95 % interval.",
                height);
    }
}
