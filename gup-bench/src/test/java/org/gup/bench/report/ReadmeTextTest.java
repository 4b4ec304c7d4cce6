package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

class ReadmeTextTest {
    /** A run that was kept: its raw rows are never edited. */
    private static final Run KEPT = RunReader.read(Path.of("..", "results", "2026-11-25-epyc-three-questions"));

    private static String text(final Run run) {
        return new ReadmeText(run, new ReportPage(run).sections(), "results/x").markdown();
    }

    @Test
    void shouldAnswerEachQuestionWithItsInterval() {
        final String text = text(KEPT).replace('\n', ' ');
        assertTrue(
                text.startsWith("From [`results/x`](results/x/summary.md): profile default, 41 JVMs, JDK 17.0.15,"),
                text);
        assertTrue(text.contains("**Fast or slow?** The slow path costs **4.20 [4.11, 4.29]** times as much"), text);
        assertTrue(text.contains("costs **1.086 [1.009, 1.17]** times one atomic add"), text);
        assertTrue(text.contains("differs by -3.7 %, interval -12.0 % to +5.4 %."), text);
        assertTrue(text.contains("**What does migration cost?** "), text);
        assertTrue(text.contains("**16.4 [8.31, 32.4]** times one that migrates nothing"), text);
        assertTrue(
                text.contains("**What does a check cost?** The long-term test of v5.2: **+0.3 % [-0.4, +1.0]**, no"),
                text);
        assertTrue(
                text.contains("In June 2019 the list had +10.1 % for a test in the walk and +33.1 % for a second"),
                text);
        assertFalse(text.contains("disturbed"), text);
    }

    @Test
    void shouldShowTheTableOfTheCallsThatMostPeopleMake() {
        final List<String> rows =
                text(KEPT).lines().filter(line -> line.startsWith("|")).toList();
        assertEquals(6, rows.size(), rows::toString);
        assertEquals(
                List.of("ns per page", "4K x 512", "4K x 64", "4K x 1", "2M x 512", "dumped process"),
                cells(rows.get(0)));
        assertEquals(
                List.of("getUserPagesFast", "6.89 [6.62, 7.16]", "7.79", "26.5", "0.330", "21.4"), cells(rows.get(2)));
        assertEquals(List.of("getUserPages", "29.0 [28.4, 29.5]", "30.0", "42.7", "21.1", "41.7"), cells(rows.get(3)));
        assertEquals(List.of("putPages", "6.49", "", "14.5", "6.83", "7.09"), cells(rows.get(4)));
        assertEquals(List.of("one atomic add", "6.35 [6.13, 6.57]", "", "", "", ""), cells(rows.get(5)));
    }

    private static List<String> cells(final String row) {
        return List.of(row.substring(1, row.length() - 1).split("\\|", -1)).stream()
                .map(String::strip)
                .toList();
    }

    @Test
    void shouldLinkToPicturesThatTheRunHas() {
        final Set<String> files =
                ReadmePictures.of(new ReportPage(KEPT).sections()).keySet();
        assertTrue(
                files.containsAll(List.of("cost.svg", "curve.svg", "migration.svg", "cma.svg", "check.svg")),
                files::toString);
        final List<String> linked = text(KEPT)
                .lines()
                .filter(line -> line.startsWith("!["))
                .map(line -> line.replaceAll(".*\\(results/x/(.*)\\)", "$1"))
                .toList();
        assertEquals(List.of("curve.svg", "migration.svg", "check.svg"), linked);
        ReadmePictures.of(new ReportPage(KEPT).sections())
                .forEach((file, svg) -> assertTrue(svg.startsWith("<svg ") && svg.contains("class=\"mark\""), file));
    }

    @Test
    void shouldClaimNoIntervalThatThereIsNot() {
        final Run one = new TestRuns(1, 0.02).usual(1, 1).run("one");
        final String text = text(one).replace('\n', ' ');
        assertTrue(text.matches(".*The slow path costs [\\d.]+ times as much.*"), text);
        assertFalse(
                text.replace("[`results/x`]", "")
                        .replaceAll("!\\[[^\\]]*\\]", "")
                        .contains("["),
                text);
    }

    @Test
    void shouldSayWhatPutsARunInDoubt() {
        final Run disturbed = new TestRuns(1, 0.02).disturbed().usual(3, 1).run("x");
        assertTrue(text(disturbed).replace('\n', ' ').contains("78 of the JVMs were"), text(disturbed));
        final Run broken = new Run(
                "x",
                Run.Status.INTERRUPTED,
                "full",
                1,
                disturbed.cases(),
                disturbed.planned(),
                disturbed.environments(),
                List.of());
        assertTrue(text(broken).contains("**not complete, interrupted**, profile full"), text(broken));
    }

    @Test
    void shouldBreakLinesWhereMarkdownAllowsIt() {
        text(KEPT)
                .lines()
                .filter(line -> !line.startsWith("|") && !line.startsWith("!["))
                .forEach(line -> assertTrue(line.length() <= 122, line));
        final String words = "x".repeat(117);
        assertEquals(words + " y\nz", ReadmeText.wrapped(words + " y z"), "120 columns hold 118");
        assertEquals(words + "yyy -\nz", ReadmeText.wrapped(words + "yyy - z"), "no list begins");
        assertEquals(words + "yyy 1.\nz", ReadmeText.wrapped(words + "yyy 1. z"), "nor a numbered one");
        assertEquals(words + "yyy\n25. z", ReadmeText.wrapped(words + "yyy 25. z"), "such a number begins none");
    }
}
