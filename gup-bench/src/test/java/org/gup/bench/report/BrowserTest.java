package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.gup.bench.compare.Measure;
import org.gup.bench.compare.RunComparison;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pages as a browser shows them: on a screen and on a phone, light and dark. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class BrowserTest {
    /** Units of a drawing whose width is 380 or 860: half a line's width. */
    private static final double ENOUGH = 0.6;

    /** What the guidelines for accessible pages ask of small text. */
    private static final double READABLE = 4.5;

    @TempDir
    private Path temp;

    /** Has every kind of chart but a ladder: intervals, curves, stacked bars. */
    private static Run kept() {
        return RunReader.read(Path.of("..", "results", "2026-11-25-epyc-three-questions"));
    }

    private static void assertRight(final JsonObject page, final String shown, final boolean dark) {
        final String all = page.toString();
        assertEquals(shown, page.get("shown").getAsString(), all);
        assertEquals(page.get("figures").getAsInt(), page.get("charts").getAsInt(), all);
        assertEquals(0, page.get("overflow").getAsInt(), "pixels that the page is wider than its window: " + all);
        assertEquals(dark, page.get("dark").getAsBoolean(), all);
        assertTrue(page.get("marksWorst").getAsDouble() < ENOUGH, all);
        assertTrue(page.get("endsWorst").getAsDouble() < ENOUGH, all);
        assertTrue(page.get("barsWorst").getAsDouble() < ENOUGH, all);
        assertTrue(page.get("contrast").getAsDouble() >= READABLE, all);
    }

    @Test
    void shouldShowInABrowserWhatWasMeasured() throws IOException, InterruptedException {
        final Browser browser = Browser.find(BrowserTest.class, temp);
        final Run run = kept();
        final String html = new ReportPage(run).html();
        for (final int width : new int[] {Browser.SCREEN, Browser.PHONE}) {
            for (final boolean dark : new boolean[] {false, true}) {
                final JsonObject page = browser.measure(html, width, dark);
                assertRight(page, width == Browser.PHONE ? ".narrow" : ".wide", dark);
                assertTrue(page.get("marks").getAsInt() > run.cases().size(), page::toString);
                assertTrue(page.get("ends").getAsInt() > 50, page::toString);
                assertTrue(page.get("bars").getAsInt() >= 6 * 5, page::toString);
            }
        }
    }

    @Test
    void shouldShowAComparisonInABrowser() throws IOException, InterruptedException {
        final Browser browser = Browser.find(BrowserTest.class, temp);
        final RunComparison comparison = RunComparison.of(
                List.of(
                        new RunComparison.Named(
                                "before", new TestRuns(1, 0.01).usual(3, 1).run("a")),
                        new RunComparison.Named(
                                "after",
                                new TestRuns(2, 0.01).disturbed().usual(3, 1.05).run("b"))),
                new RunComparison.Wanted(Measure.MEAN, 0.01, List.of(), List.of()));
        final String html = new ComparePage(comparison).html();
        for (final int width : new int[] {Browser.SCREEN, Browser.PHONE}) {
            final JsonObject page = browser.measure(html, width, width == Browser.PHONE);
            assertRight(page, width == Browser.PHONE ? ".narrow" : ".wide", width == Browser.PHONE);
            assertEquals(26, page.get("marks").getAsInt(), page::toString);
            assertEquals(26, page.get("ends").getAsInt(), page::toString);
        }
        assertTrue(Files.size(browser.screenshot(html, "compare.png", Browser.SCREEN, false)) > 20_000);
    }

    @Test
    void shouldTakePictures() throws IOException, InterruptedException {
        final Browser browser = Browser.find(BrowserTest.class, temp);
        final String html = new ReportPage(kept()).html();
        assertTrue(Files.size(browser.screenshot(html, "report.png", Browser.SCREEN, false)) > 50_000);
        assertTrue(Files.size(browser.screenshot(html, "report-phone-dark.png", Browser.PHONE, true)) > 50_000);
    }
}
