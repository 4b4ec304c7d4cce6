package org.gup.bench.chart;

import java.util.Locale;

/** Writes elements. Numbers have two decimals and a point, whatever the locale. */
final class Svg {
    private final StringBuilder text = new StringBuilder();

    static String escaped(final String plain) {
        return plain.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    static String number(final double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    void raw(final String line) {
        text.append(line).append('\n');
    }

    /** A line; extra attributes start with a space. */
    void line(
            final String cssClass,
            final double x1,
            final double y1,
            final double x2,
            final double y2,
            final String extra) {
        raw("<line class=\"" + cssClass + "\" x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2)
                + "\" y2=\"" + number(y2) + "\"" + extra + "/>");
    }

    void rect(
            final String cssClass,
            final double x,
            final double y,
            final double width,
            final double height,
            final String extra) {
        raw("<rect class=\"" + cssClass + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width)
                + "\" height=\"" + number(height) + "\"" + extra + "/>");
    }

    void circle(final String cssClass, final double x, final double y, final double radius) {
        raw("<circle class=\"" + cssClass + "\" cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" + number(radius)
                + "\"/>");
    }

    /** A text; the anchor is start, middle or end. */
    void text(final String cssClass, final double x, final double y, final String anchor, final String plain) {
        raw("<text class=\"" + cssClass + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor
                + "\">" + escaped(plain) + "</text>");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
