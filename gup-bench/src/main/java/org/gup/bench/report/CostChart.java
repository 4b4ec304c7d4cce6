package org.gup.bench.report;

import java.util.List;
import java.util.Locale;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.stats.Estimate;

/**
 * The costs of all cases as a picture: one row each, a point at the estimate, a line over its interval, on a logarithmic
 * axis of nanoseconds per page.
 *
 * <p>A mere spread is drawn dashed and its point hollow, so that nobody takes it for an interval. The same input gives the
 * same bytes.
 */
public final class CostChart {
    private static final int WIDTH = 860;
    private static final int LABELS = 330;
    private static final int VALUES = 70;
    private static final int ROW = 22;
    private static final int TOP = 44;
    private static final int BOTTOM = 44;
    private static final int RADIUS = 4;

    private final List<Answers.Row> rows;
    private final int firstDecade;
    private final int decades;

    private CostChart(final List<Answers.Row> rows) {
        this.rows = rows;
        double least = Double.MAX_VALUE;
        double most = Double.MIN_VALUE;
        for (final Answers.Row row : rows) {
            least = Math.min(least, low(row.nanos()));
            most = Math.max(most, high(row.nanos()));
        }
        this.firstDecade = (int) Math.floor(Math.log10(least));
        this.decades = Math.max(1, (int) Math.ceil(Math.log10(most)) - firstDecade);
    }

    /**
     * Draws a run.
     *
     * @param rows what was measured, at least one row; every estimate positive
     * @return an SVG document
     */
    public static String of(final List<Answers.Row> rows) {
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("nothing to draw");
        }
        return new CostChart(List.copyOf(rows)).draw();
    }

    private String draw() {
        final int height = TOP + rows.size() * ROW + BOTTOM;
        final StringBuilder svg = new StringBuilder();
        line(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\""
                        + " aria-label=\"Nanoseconds per page\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH,
                height);
        line(svg, "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, height);
        line(svg, "<text x=\"12\" y=\"20\" font-size=\"14\" font-weight=\"bold\">%s</text>", "Nanoseconds per page");
        axis(svg, height - BOTTOM);
        for (int i = 0; i < rows.size(); i++) {
            row(svg, rows.get(i), TOP + i * ROW + ROW / 2);
        }
        line(
                svg,
                "<text x=\"12\" y=\"%d\" fill=\"#555555\">%s</text>",
                height - 10,
                "Line: 95 % interval over JVMs. Dashed, hollow: fewer than three JVMs, fastest to slowest iteration."
                        + " Logarithmic axis.");
        line(svg, "</svg>");
        return svg.toString();
    }

    private void axis(final StringBuilder svg, final int bottom) {
        for (int decade = 0; decade <= decades; decade++) {
            final double value = Math.pow(10, firstDecade + decade);
            line(
                    svg,
                    "<line class=\"grid\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" stroke=\"#dddddd\"/>",
                    x(value),
                    TOP - 6,
                    x(value),
                    bottom);
            line(
                    svg,
                    "<text x=\"%.2f\" y=\"%d\" text-anchor=\"middle\" fill=\"#555555\">%s</text>",
                    x(value),
                    bottom + 16,
                    value < 1 ? Double.toString(value) : Long.toString(Math.round(value)));
        }
    }

    private void row(final StringBuilder svg, final Answers.Row row, final int y) {
        final Estimate nanos = row.nanos();
        final String colour = colour(row.benchCase().subject());
        line(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                LABELS - 12,
                y + 4,
                escaped(label(row.benchCase())));
        if (nanos.hasBounds()) {
            line(
                    svg,
                    "<line class=\"bounds\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"%s/>",
                    x(low(nanos)),
                    y,
                    x(high(nanos)),
                    y,
                    colour,
                    nanos.hasInterval() ? "" : " stroke-dasharray=\"3 3\"");
        }
        line(
                svg,
                "<circle class=\"point\" data-case=\"%s\" cx=\"%.2f\" cy=\"%d\" r=\"%d\" fill=\"%s\" stroke=\"%s\""
                        + " stroke-width=\"2\"><title>%s</title></circle>",
                escaped(row.benchCase().id()),
                x(nanos.value()),
                y,
                RADIUS,
                nanos.hasInterval() ? colour : "#ffffff",
                colour,
                escaped(row.benchCase().id() + ": " + Numbers.number(nanos.value()) + " ns/page "
                        + Numbers.bounds(nanos) + ", n=" + nanos.forks()));
        line(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                WIDTH - 12,
                y + 4,
                Numbers.number(nanos.value()));
    }

    /** Where a value is on the axis. */
    private double x(final double nanos) {
        final int span = WIDTH - VALUES - LABELS;
        return LABELS + span * (Math.log10(nanos) - firstDecade) / decades;
    }

    private static double low(final Estimate estimate) {
        return estimate.hasBounds() && estimate.low() > 0 ? estimate.low() : estimate.value();
    }

    private static double high(final Estimate estimate) {
        return estimate.hasBounds() ? estimate.high() : estimate.value();
    }

    private static String label(final BenchCase benchCase) {
        return benchCase.subject() == Subject.ATOMIC_ADD
                ? benchCase.label()
                : benchCase.label() + ", " + benchCase.layout().label() + " x " + benchCase.pagesPerCall();
    }

    private static String colour(final Subject subject) {
        return switch (subject) {
            case GET_FAST, GET_FAST_AGAIN -> "#0b6e4f";
            case GET_SLOW, GET_SLOW_UNLOCKED -> "#b3541e";
            case PUT -> "#3b5ba9";
            case ATOMIC_ADD -> "#444444";
        };
    }

    private static String escaped(final String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static void line(final StringBuilder svg, final String format, final Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
