package org.gup.bench.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Ladder;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.chart.ChartModel.Stack;
import org.gup.bench.chart.ChartWriter.Format;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimate.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads charts as a reader does: from the axis, by position. */
class ChartWriterTest {
    private static final Intervals COSTS = new Intervals(
            "Nanoseconds & \"more\"",
            AxisKind.LOG,
            Double.NaN,
            0,
            List.of(
                    row("atomic-add", new Estimate(3.6, 3.5, 3.7, 3, Kind.FORK_INTERVAL), false),
                    row("a<b", new Estimate(3.75, 3.6, 3.9, 3, Kind.FORK_INTERVAL), true),
                    row("get-fast/2M/512", new Estimate(0.25, 0.2, 0.4, 1, Kind.ITERATION_SPREAD), false),
                    row("get-slow/4K/1", new Estimate(43, Double.NaN, Double.NaN, 1, Kind.NONE), false)));

    private static Intervals.Row row(final String id, final Estimate value, final boolean disturbed) {
        return new Intervals.Row("label of " + id, 0, new Mark(id, value, disturbed));
    }

    private static Document parse(final String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(final Document document, final String tag, final String cssClass) {
        final NodeList all = document.getElementsByTagName(tag);
        return IntStream.range(0, all.getLength())
                .mapToObj(i -> (Element) all.item(i))
                .filter(element ->
                        List.of(element.getAttribute("class").split(" ")).contains(cssClass))
                .toList();
    }

    private static double number(final Element element, final String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    /** The value at a position, from the outermost grid lines of an axis. */
    private static double read(final Document chart, final String axis, final boolean log, final double position) {
        final List<Element> grid = elements(chart, "line", "grid").stream()
                .filter(line -> line.getAttribute("data-axis").equals(axis))
                .toList();
        final Element first = grid.get(0);
        final Element last = grid.get(grid.size() - 1);
        final String at = axis + "1";
        final double share = (position - number(first, at)) / (number(last, at) - number(first, at));
        final double low = number(first, "data-value");
        final double high = number(last, "data-value");
        return log ? low * Math.pow(high / low, share) : low + share * (high - low);
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void shouldDrawEveryEstimateWhereItBelongs(final Format format) throws Exception {
        final Document chart = parse(ChartWriter.inline(COSTS, format));
        final List<Element> points = elements(chart, "circle", "point");
        final List<Element> bounds = elements(chart, "line", "bounds");
        assertEquals(4, points.size());
        assertEquals(3, bounds.size(), "one case has no bounds");
        for (int i = 0; i < points.size(); i++) {
            final double value = COSTS.rows().get(i).mark().value().value();
            assertEquals(value, read(chart, "x", true, number(points.get(i), "cx")), 0.005 * value);
        }
        assertEquals(3.6, read(chart, "x", true, number(bounds.get(1), "x1")), 0.02);
        assertEquals(3.9, read(chart, "x", true, number(bounds.get(1), "x2")), 0.02);
        assertEquals(1, elements(chart, "line", "spread").size(), "a spread is not an interval");
        assertEquals(2, elements(chart, "circle", "hollow").size());
        assertEquals(1, elements(chart, "circle", "disturbed").size());
        assertEquals("#raw-a-b", ((Element) chart.getElementsByTagName("a").item(1)).getAttribute("href"));
    }

    @Test
    void shouldDrawCurvesWhereTheyBelong() throws Exception {
        final Curves curves = new Curves(
                "ns",
                "pages per call",
                AxisKind.LOG2,
                AxisKind.LOG,
                List.of(new Curves.Series(
                        "fast",
                        1,
                        List.of(
                                new Curves.Point(
                                        1, new Mark("a", new Estimate(27, 26, 28, 3, Kind.FORK_INTERVAL), false)),
                                new Curves.Point(
                                        512, new Mark("b", new Estimate(7, 6, 8, 3, Kind.FORK_INTERVAL), false))))));
        final Document chart = parse(ChartWriter.inline(curves, Format.WIDE));
        final List<Element> points = elements(chart, "circle", "point").stream()
                .filter(point ->
                        ((Element) point.getParentNode()).getAttribute("class").equals("mark"))
                .toList();
        assertEquals(2, points.size());
        assertEquals(512, read(chart, "x", true, number(points.get(1), "cx")), 5);
        assertEquals(27, read(chart, "y", true, number(points.get(0), "cy")), 0.3);
        assertEquals(
                6,
                read(chart, "y", true, number(elements(chart, "line", "bounds").get(1), "y1")),
                0.1);
        assertEquals(1, elements(chart, "path", "curve").size());
    }

    @Test
    void shouldDrawPartsThatAddUpBesideTheWhole() throws Exception {
        final Stack stack = new Stack(
                "ns",
                List.of("drain", "copy", "remap"),
                List.of(new Stack.Bar(
                        "base pages",
                        List.of(100.0, 250.0, 50.0),
                        new Mark("m", new Estimate(420, 410, 430, 5, Kind.FORK_INTERVAL), false))));
        final Document chart = parse(ChartWriter.inline(stack, Format.WIDE));
        final List<Element> parts = elements(chart, "rect", "part");
        assertEquals(3, parts.size());
        final double left = number(parts.get(1), "x");
        assertEquals(100, read(chart, "x", false, left), 1);
        assertEquals(350, read(chart, "x", false, left + number(parts.get(1), "width")), 1);
        final Element whole = elements(chart, "circle", "point").get(0);
        assertEquals(420, read(chart, "x", false, number(whole, "cx")), 1);
    }

    @Test
    void shouldDrawStepsOnTopOfEachOther() throws Exception {
        final Ladder ladder = new Ladder(
                "ns",
                List.of(
                        new Ladder.Step(
                                "walk", 0, new Mark("w", new Estimate(6, 5.9, 6.1, 5, Kind.FORK_INTERVAL), false)),
                        new Ladder.Step(
                                "check", 1, new Mark("c", new Estimate(8, 7.9, 8.1, 5, Kind.FORK_INTERVAL), false))));
        final Document chart = parse(ChartWriter.inline(ladder, Format.NARROW));
        final Element step = elements(chart, "rect", "step").get(1);
        assertEquals(6, read(chart, "x", false, number(step, "x")), 0.05);
        assertEquals(8, read(chart, "x", false, number(step, "x") + number(step, "width")), 0.05);
        assertEquals(2, number(step, "data-added"), 1e-9);
    }

    @Test
    void shouldGiveTheSameBytesForTheSameRun() {
        assertEquals(ChartWriter.file(COSTS), ChartWriter.file(COSTS));
        assertTrue(ChartWriter.file(COSTS).startsWith("<svg "));
        final Intervals nothing = new Intervals("x", AxisKind.LOG, Double.NaN, 0, List.of());
        assertThrows(IllegalArgumentException.class, () -> ChartWriter.file(nothing));
    }

    @Test
    void shouldLabelAxesAsPeopleCount() {
        assertEquals(List.of("0", "20", "40", "60", "80", "100"), labels(AxisKind.LINEAR, 3, 97));
        assertEquals(List.of("0.96", "0.98", "1", "1.02", "1.04"), labels(AxisKind.ZOOMED, 0.961, 1.039));
        assertEquals(List.of("1", "2", "4", "8"), labels(AxisKind.LOG2, 1, 8));
        assertEquals(List.of("0.2", "0.5", "1", "2"), labels(AxisKind.LOG, 0.25, 1.5));
        assertEquals(List.of("0 %", "90 %", "99 %", "99.9 %"), labels(AxisKind.PERCENTILE, 1, 999));
        assertThrows(IllegalArgumentException.class, () -> Scale.of(AxisKind.LOG, 0, 1, 0, 1));
    }

    private static List<String> labels(final AxisKind kind, final double least, final double most) {
        return Scale.of(kind, least, most, 0, 100).ticks().stream()
                .filter(Scale.Tick::labelled)
                .map(Scale.Tick::label)
                .toList();
    }
}
