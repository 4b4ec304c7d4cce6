package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.gup.bench.migration.CmaForks;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

/** The second and the third question in the report, from rows that nobody measured. */
class QuestionSectionsTest {
    private static final int FORKS = 5;

    /** A run in which every comparison is 1, give or take, but the second pass, which is 1.2. */
    private static Run run() {
        final SplittableRandom random = new SplittableRandom(11);
        final List<CaseInfo> planned = new ArrayList<>(new CheckForks(CheckLadder.ORDINARY, 512, 1).cases(FORKS));
        planned.addAll(new MigrationForks(1).cases(FORKS));
        planned.addAll(new CmaForks(4).cases(1));
        final List<ForkRow> rows = new ArrayList<>();
        for (int fork = 0; fork < FORKS; fork++) {
            for (final CaseInfo info : new CheckForks(CheckLadder.ORDINARY, 512, 1).cases(FORKS)) {
                rows.add(TestRuns.row(info.id(), fork, 4, ratios(random, info)));
            }
            for (final CaseInfo info : new MigrationForks(1).cases(FORKS)) {
                final boolean migrates = !info.id().endsWith("slow-0");
                rows.add(TestRuns.row(
                        info.id(),
                        fork,
                        migrates ? 1050 : 50,
                        Map.of(
                                "migrated", migrates ? 512.0 : 0,
                                "copyColdNanos", 250.0,
                                "phase/before", 50.0,
                                "phase/copy", 300.0,
                                "phase/unmap", 700.0)));
            }
        }
        rows.addAll(new CmaForks(4).run(List.of(), FORKS, 0, 0, 2).rows());
        return TestRuns.of(planned, rows);
    }

    private static Map<String, Double> ratios(final SplittableRandom random, final CaseInfo info) {
        final Map<String, Double> ratios = new TreeMap<>();
        for (final CheckLadder.Comparison comparison : CheckLadder.ORDINARY.comparisons()) {
            if (comparison.arm().equals(info.params().get("arm"))) {
                final double effect = comparison.id().equals("cma-second-pass-lt") ? 1.2 : 1;
                ratios.put(CheckForks.RATIO + comparison.id(), effect * Math.exp(0.002 * random.nextGaussian()));
            }
        }
        return ratios;
    }

    @Test
    void shouldAnswerWhatACheckCosts() {
        final Section section = new CheckSection().of(run()).get(0);
        assertTrue(
                section.answers().get(0).contains("no difference found (smallest detectable"),
                () -> section.answers().toString());
        assertTrue(
                section.answers().stream()
                        .anyMatch(answer -> answer.startsWith("A CMA test as a second pass, flag set: +")
                                && answer.endsWith("slower.")),
                () -> section.answers().toString());
        assertEquals(
                CheckLadder.ORDINARY.comparisons().size(),
                section.tables().get(0).rows().size());
    }

    @Test
    void shouldAnswerWhatMigrationCosts() {
        final Section section = new MigrationSection().of(run()).get(0);
        assertTrue(
                section.answers().get(0).contains("21"), () -> section.answers().toString());
        assertTrue(
                section.answers().get(1).contains("4.0"),
                () -> section.answers().toString());
        assertEquals(3, section.figures().size());
    }

    @Test
    void shouldAnswerWhatPinsDo() {
        final Section section = new CmaSection().of(run()).get(0);
        assertTrue(
                section.answers().get(0).contains("16 pinned pages"),
                () -> section.answers().toString());
        assertEquals(3, section.tables().get(0).rows().size());
    }

    @Test
    void shouldStandOnThePageWithTheirRawRows() {
        final String html = new ReportPage(run()).html();
        for (final String id : List.of("migration-cost", "cma-over-time", "check-cost-512")) {
            assertTrue(html.contains("id=\"" + id + "\""), id);
        }
        assertTrue(html.contains("migrate/slow-100"));
        assertTrue(html.contains("check/v5.2/512"));
    }

    @Test
    void shouldSayNothingOfARunWithoutThem() {
        final Run without = new TestRuns(1, 0.01).usual(3, 1).run("run");
        assertTrue(new CheckSection().of(without).isEmpty());
        assertTrue(new MigrationSection().of(without).isEmpty());
        assertTrue(new CmaSection().of(without).isEmpty());
    }
}
