package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.rejection.Refusal;
import org.gup.bench.rejection.Refusal.Kernel;
import org.gup.bench.rejection.Refusal.Mapping;
import org.gup.bench.rejection.RejectionForks;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

/** What refusing costs in the report, from rows that nobody measured. */
class RejectionSectionTest {
    private static final double PAGE_NANOS = 25;
    private static final double ENTRY_NANOS = 100;

    /** After the walk 512 pages are pinned and put, for 40 ns each; before it, the pages before the mapping, for 25 ns each. */
    private static double nanos(final Refusal refusal) {
        if (refusal.mapping() == Mapping.NONE) {
            return ENTRY_NANOS + refusal.pages() * PAGE_NANOS * (refusal.kernel() == Kernel.BEFORE ? 1 : 1.05);
        }
        return refusal.kernel() == Kernel.BEFORE
                ? ENTRY_NANOS + refusal.position() * PAGE_NANOS
                : ENTRY_NANOS + Refusal.PAGES * 40;
    }

    private static Run run(final int forks, final Predicate<Refusal> measured) {
        final SplittableRandom random = new SplittableRandom(5);
        final List<CaseInfo> planned = new RejectionForks(1).cases(forks);
        final List<ForkRow> rows = new ArrayList<>();
        for (int fork = 0; fork < forks; fork++) {
            for (final Refusal refusal : Refusal.all()) {
                if (measured.test(refusal)) {
                    rows.add(row(refusal, fork, Math.exp(0.002 * random.nextGaussian())));
                }
            }
        }
        return TestRuns.of(planned, rows);
    }

    private static ForkRow row(final Refusal refusal, final int fork, final double noise) {
        final boolean after = refusal.kernel() != Kernel.BEFORE;
        final boolean none = refusal.mapping() == Mapping.NONE;
        final boolean fast = refusal.mapping() == Mapping.FAST;
        final Map<String, Double> counters = new TreeMap<>();
        if (after) {
            final Refusal base = refusal.by(refusal.kernel() == Kernel.AFTER ? Kernel.BEFORE : Kernel.AFTER);
            counters.put(RejectionForks.RATIO, noise * nanos(refusal) / nanos(base));
        }
        final boolean fails = !none && ((after && !fast) || refusal.position() == 0);
        counters.put(RejectionForks.RESULT, fails ? -95.0 : refusal.position());
        final int inSlowLeg = fast ? Refusal.PAGES - refusal.position() : Refusal.PAGES;
        counters.put(RejectionForks.THROWN_AWAY, after && !none ? (double) inSlowLeg : 0);
        return TestRuns.row(refusal.id(), fork, noise * nanos(refusal), counters);
    }

    private static Section section(final Run run) {
        final List<Section> sections = new RejectionSection().of(run);
        assertEquals(1, sections.size());
        return sections.get(0);
    }

    @Test
    void shouldSayWhatIsThrownAwayAndWhatEverybodyPays() {
        final Section section = section(run(5, refusal -> true));
        assertEquals("fs-dax-refusal", section.id());
        final List<String> answers = section.answers();
        final String first = answers.get(0);
        assertTrue(first.startsWith("v5.2 pins and puts 512 pages before it says no: 20"), first);
        assertTrue(first.contains(" ns a call with the DAX mapping last, 1.6"), first);
        assertTrue(first.contains("return the 511 pages before it; with it first, 20"), first);
        assertTrue(first.matches(".* ns against (99\\.\\d|10\\d) \\[.*\\]\\."), first);
        assertTrue(answers.get(1).startsWith("On ordinary memory, 512 pages a call, the check after the walk adds +"));
        assertTrue(answers.get(1).endsWith("slower."), answers.get(1));
        assertTrue(answers.get(2).startsWith("On ordinary memory, one page a call"), answers.get(2));
        assertTrue(answers.get(3).contains("having pinned and put 512 pages"), answers.get(3));
    }

    @Test
    void shouldDrawTheCallOverThePosition() {
        final Section section = section(run(3, refusal -> true));
        final Curves curves = (Curves) section.figures().get(0).chart();
        assertEquals(3, curves.series().size());
        final Curves.Series after = curves.series().get(0);
        final Curves.Series before = curves.series().get(2);
        assertEquals(
                List.of(0.0, 1.0, 8.0, 64.0, 256.0, 511.0),
                after.points().stream().map(Curves.Point::x).toList());
        for (int i = 0; i < after.points().size(); i++) {
            final Curves.Point point = before.points().get(i);
            assertEquals(100 + 25 * point.x(), point.mark().value().value(), 0.01 * (100 + 25 * point.x()));
            assertEquals(20_580, after.points().get(i).mark().value().value(), 206);
            assertTrue(point.mark().value().hasInterval());
            assertEquals("refuse/pte/before/" + (int) point.x(), point.mark().id());
        }
        final Intervals ratios = (Intervals) section.figures().get(1).chart();
        assertEquals(5, ratios.rows().size());
        final Intervals.Row longest = ratios.rows().get(3);
        assertEquals("512 pages a call", longest.label());
        assertEquals(1.05, longest.mark().value().value(), 0.01);
        assertEquals(1, longest.colour(), "slower");
        assertTrue(ratios.band() < 0.01, "what the same code differs by");
        assertEquals(
                "512 pages a call, the same code twice", ratios.rows().get(4).label());
    }

    @Test
    void shouldShowEveryCallWithWhatItReturnsAndThrowsAway() {
        final List<Section.Table> tables = section(run(5, refusal -> true)).tables();
        final List<List<String>> refused = tables.get(0).table().rows();
        assertEquals(12, refused.size());
        final List<String> last = refused.get(5);
        assertEquals("511", last.get(1));
        assertEquals(List.of("-EOPNOTSUPP", "512", "100.0 %"), last.subList(3, 6));
        assertEquals(List.of("511", "0"), last.subList(7, 9));
        assertEquals("slower", last.get(10));
        final List<String> fast = refused.get(10);
        assertEquals("4K entries, get_user_pages_fast", fast.get(0));
        assertEquals(List.of("256", "256", "50.0 %"), fast.subList(3, 6));
        final List<List<String>> ordinary = tables.get(1).table().rows();
        assertEquals(5, ordinary.size());
        assertEquals("512, after twice (A/A)", ordinary.get(4).get(0));
        assertEquals("no difference found", ordinary.get(4).get(7));
        assertEquals("slower", ordinary.get(3).get(7));
    }

    @Test
    void shouldClaimNoIntervalFromOneFork() {
        final Section section = section(run(1, refusal -> true));
        assertTrue(
                section.answers().get(1).endsWith("too few forks to decide."),
                section.answers().get(1));
        assertTrue(
                section.answers().stream().noneMatch(answer -> answer.contains("[")),
                () -> section.answers().toString());
        final String html = new ReportPage(run(1, refusal -> true)).html();
        assertTrue(html.contains("refuse/pte/after/511"));
    }

    @Test
    void shouldSayWhatItCanOfAPart() {
        final Section ordinary = section(run(3, refusal -> refusal.mapping() == Mapping.NONE));
        assertEquals(1, ordinary.figures().size());
        assertEquals(1, ordinary.tables().size());
        assertTrue(ordinary.answers().get(0).startsWith("On ordinary memory"));
        final Section refused = section(run(3, refusal -> refusal.mapping() == Mapping.PMD));
        assertEquals(1, refused.figures().size());
        assertTrue(refused.answers().isEmpty());
        assertEquals(3, refused.tables().get(0).table().rows().size());
        assertTrue(new RejectionSection().of(run(3, refusal -> false)).isEmpty());
        assertTrue(new RejectionSection()
                .of(run(3, refusal -> refusal.kernel() == Kernel.BEFORE))
                .isEmpty());
    }
}
