package org.gup.bench.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.run.Progress.Style;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final RunPlan plan = RunPlan.shuffled(
            Profile.SMOKE, 1, Manifest.of(Profile.SMOKE, List.of(new Manifest.Measured(Layout.BASE_PAGES, 512))));
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private Progress progress(final Style style) {
        return new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), style, plan);
    }

    @Test
    void shouldSayHowFarItIsAndWhenItWillBeDone() {
        final Progress progress = progress(Style.LINES);
        final int total = plan.forkRuns().size();
        progress.finished(Duration.ofSeconds(10));
        progress.finished(Duration.ofSeconds(20));
        assertEquals(7, total);
        assertEquals(
                "[3/7] 1 min 15 s left, done at 10:01:00: "
                        + plan.forkRuns().get(2).benchCase().id(),
                progress.line(plan.forkRuns().get(2), LocalTime.of(9, 59, 45)));
    }

    @Test
    void shouldWriteALineForEachForkWhereThereIsNoTerminal() {
        final Progress progress = progress(Style.LINES);
        progress.starting(plan.forkRuns().get(0));
        progress.finished(Duration.ofSeconds(1));
        progress.starting(plan.forkRuns().get(1));
        progress.end();
        final String text = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(2, text.lines().count());
        assertTrue(text.chars().allMatch(c -> c == '\n' || c == '\r' || c >= ' '), text);
    }

    @Test
    void shouldKeepToOneLineOnATerminal() {
        final Progress progress = progress(Style.ONE_LINE);
        progress.starting(plan.forkRuns().get(0));
        progress.finished(Duration.ofSeconds(1));
        progress.starting(plan.forkRuns().get(1));
        progress.end();
        assertEquals(-1, bytes.toString(StandardCharsets.UTF_8).indexOf('\n'));
    }

    @Test
    void shouldBeSilentWhenAsked() {
        final Progress progress = progress(Style.SILENT);
        progress.starting(plan.forkRuns().get(0));
        progress.end();
        assertEquals(0, bytes.size());
    }

    @Test
    void shouldWriteDurationsForPeople() {
        assertEquals("59 s", Progress.text(Duration.ofMillis(59_400)));
        assertEquals("1 min 0 s", Progress.text(Duration.ofMillis(59_500)));
        assertEquals("2 min 5 s", Progress.text(Duration.ofSeconds(125)));
    }
}
