package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartWriter;
import org.gup.bench.latency.LatencyForks;
import org.gup.bench.latency.Percentiles;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

/** The latencies in the report, from rows that nobody measured. */
class LatencySectionTest {
    /** Alone, percentile p takes 100 x p ns; with munmap 20 times that, with the others 1.5 times; service is half. */
    private static Run run(final int forks, final double calls) {
        final List<CaseInfo> planned = new LatencyForks(1, 1).cases(forks);
        final List<ForkRow> rows = new ArrayList<>();
        for (int fork = 0; fork < forks; fork++) {
            for (final CaseInfo info : planned) {
                final double spread = 1 + 0.01 * fork;
                final double factor =
                        spread * (info.id().endsWith("alone") ? 1 : info.id().endsWith("munmap") ? 20 : 1.5);
                final Map<String, Double> counters = new TreeMap<>(Map.of(
                        "calls", calls, "fellBack", calls / 50, "refused", 7.0, "operations", 800.0, "seconds", 0.4));
                for (final double percentile : Percentiles.kept()) {
                    final String name = Percentiles.name(percentile);
                    counters.put(Percentiles.CORRECTED + name, 100 * percentile * factor);
                    counters.put(Percentiles.SERVICE + name, 50 * percentile * factor);
                }
                counters.put(Percentiles.CORRECTED + Percentiles.MAX, 200_000 * factor);
                counters.put(Percentiles.SERVICE + Percentiles.MAX, 100_000 * factor);
                counters.put(Percentiles.CHANGES + "p50", 30_000.0);
                rows.add(TestRuns.row(info.id(), fork, 5000 * factor, counters));
            }
        }
        return TestRuns.of(planned, rows);
    }

    private static Section section(final int forks, final double calls) {
        return new LatencySection().of(run(forks, calls)).get(0);
    }

    @Test
    void shouldAnswerWhatUnmappingCosts() {
        final Section section = section(3, 40_000);
        final String answer = section.answers().get(0);
        assertTrue(
                answer.startsWith("With another thread unmapping, the 99.9th percentile of a 16-page call is 202 ["),
                answer);
        assertTrue(answer.contains("] us, 20.0 [20.0, 20.0] times what it is alone."), answer);
        assertTrue(
                section.answers().stream()
                        .anyMatch(text -> text.contains("would have shown 101 [") && text.contains("instead of 202 [")),
                () -> section.answers().toString());
    }

    @Test
    void shouldDrawEachScenarioOverItsPercentiles() {
        final Curves curves = (Curves) section(3, 40_000).figures().get(0).chart();
        assertEquals(AxisKind.PERCENTILE, curves.x());
        assertEquals(5, curves.series().size());
        final List<Curves.Point> points = curves.series().get(1).points();
        assertEquals(Percentiles.kept().size(), points.size());
        assertEquals(1000, points.get(8).x(), 1e-6, "99.9 % is 1 in 1,000");
        assertEquals(
                99.9 * 2 * Math.cbrt(1.01 * 1.02), points.get(8).mark().value().value(), 1e-6, "in microseconds");
        assertTrue(points.get(8).mark().value().hasInterval());
        final String svg = ChartWriter.file(curves);
        assertTrue(svg.contains("99.9 %") && svg.contains("munmap"), svg);
    }

    @Test
    void shouldLeaveOutPercentilesThatTooFewCallsShow() {
        final Curves curves = (Curves) section(1, 3000).figures().get(0).chart();
        final List<Curves.Point> points = curves.series().get(0).points();
        assertEquals(1000, points.get(points.size() - 1).x(), 1e-6, "3 of 3,000 calls are beyond 99.9 %");
    }

    @Test
    void shouldCountWhatHappened() {
        final Section section = section(3, 40_000);
        final List<String> unmapping = section.tables().get(0).table().rows().get(1);
        assertEquals("munmap, mmap, touch", unmapping.get(0));
        assertEquals("120,000", unmapping.get(1));
        assertEquals("2.0 %", unmapping.get(2));
        assertEquals("21", unmapping.get(4));
        assertEquals("2,000", unmapping.get(11));
        final List<String> verdict = section.tables().get(1).table().rows().get(0);
        assertEquals("slower", verdict.get(5));
    }

    @Test
    void shouldClaimNoIntervalForOneFork() {
        final Section section = section(1, 40_000);
        assertFalse(section.answers().get(0).contains("["), section.answers().get(0));
        assertTrue(
                section.answers().get(0).contains("200 us, 20.0 times"),
                section.answers().get(0));
        assertEquals(4, section.tables().get(1).table().rows().size());
    }

    @Test
    void shouldSayNothingOfARunWithoutThem() {
        assertTrue(new LatencySection()
                .of(new TestRuns(1, 0.01).usual(3, 1).run("run"))
                .isEmpty());
    }
}
