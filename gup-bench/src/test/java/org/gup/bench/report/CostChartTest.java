package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimate.Kind;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** Reads the picture back: what was drawn is what was measured. */
class CostChartTest {
    private static final List<Answers.Row> ROWS = List.of(
            row(BenchCase.baseline(), new Estimate(3.4, 3.3, 3.5, 5, Kind.FORK_INTERVAL)),
            row(
                    BenchCase.synthetic(Subject.GET_FAST, Layout.BASE_PAGES, 512),
                    new Estimate(3.7, 3.6, 3.9, 5, Kind.FORK_INTERVAL)),
            row(
                    BenchCase.synthetic(Subject.GET_FAST, Layout.HUGE_PAGE, 512),
                    new Estimate(0.25, 0.2, 0.4, 1, Kind.ITERATION_SPREAD)),
            row(
                    BenchCase.synthetic(Subject.GET_SLOW, Layout.BASE_PAGES, 1),
                    new Estimate(43, Double.NaN, Double.NaN, 1, Kind.NONE)));

    private static Answers.Row row(final BenchCase benchCase, final Estimate nanos) {
        return new Answers.Row(benchCase, nanos, nanos.value(), 1, 0);
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
                .filter(element -> element.getAttribute("class").equals(cssClass))
                .toList();
    }

    /** Grid lines are decades from 0.1 on for these rows: the axis as a reader would rebuild it. */
    private static double value(final List<Element> grid, final double x) {
        final double first = Double.parseDouble(grid.get(0).getAttribute("x1"));
        final double second = Double.parseDouble(grid.get(1).getAttribute("x1"));
        return Math.pow(10, -1 + (x - first) / (second - first));
    }

    @Test
    void shouldDrawEveryEstimateWhereItBelongs() throws Exception {
        final Document chart = parse(CostChart.of(ROWS));
        final List<Element> grid = elements(chart, "line", "grid");
        final List<Element> points = elements(chart, "circle", "point");
        final List<Element> bounds = elements(chart, "line", "bounds");
        assertEquals(4, grid.size(), "0.1, 1, 10, 100");
        assertEquals(ROWS.size(), points.size());
        assertEquals(3, bounds.size(), "one case has no bounds");
        for (int i = 0; i < ROWS.size(); i++) {
            final double drawn = value(grid, Double.parseDouble(points.get(i).getAttribute("cx")));
            final double measured = ROWS.get(i).nanos().value();
            assertEquals(measured, drawn, 0.002 * measured);
            assertEquals(ROWS.get(i).benchCase().id(), points.get(i).getAttribute("data-case"));
        }
        assertEquals(3.6, value(grid, Double.parseDouble(bounds.get(1).getAttribute("x1"))), 0.01);
        assertEquals(3.9, value(grid, Double.parseDouble(bounds.get(1).getAttribute("x2"))), 0.01);
        assertEquals("", bounds.get(1).getAttribute("stroke-dasharray"));
        assertEquals("3 3", bounds.get(2).getAttribute("stroke-dasharray"), "a spread is not an interval");
        assertEquals("#ffffff", points.get(2).getAttribute("fill"));
    }

    @Test
    void shouldGiveTheSameBytesForTheSameRun() {
        assertEquals(CostChart.of(ROWS), CostChart.of(ROWS));
        assertTrue(CostChart.of(ROWS).startsWith("<svg "));
        assertThrows(IllegalArgumentException.class, () -> CostChart.of(List.of()));
    }
}
