package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.gup.bench.error.BenchmarkFailedException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.SurveyedLayout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs real forks, as few and as short as can be. No time is looked at. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MainJobTest {
    static {
        // Another JMH on this machine disturbs times, which do not matter here.
        System.setProperty("jmh.ignoreLock", "true");
    }

    private static final Profile TINY = new Profile("tiny", 1, 1, 2, Duration.ofMillis(10));

    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private MainJob job(final List<Layout> layouts) {
        return new MainJob(
                new MainJob.Request(
                        TINY,
                        layouts,
                        temp.resolve("results"),
                        Optional.of("test"),
                        1,
                        List.of("run", "--seed=1"),
                        MainJob.Scope.ALL),
                new Console(new PrintWriter(out, true), new PrintWriter(err, true), true, false));
    }

    private static RunPlan plan(final BenchCase... cases) {
        return RunPlan.shuffled(
                TINY,
                1,
                Stream.of(cases).map(benchCase -> new PlannedCase(benchCase, 1)).toList());
    }

    @Test
    void shouldLeaveOneCompleteFolder() throws IOException {
        final List<SurveyedLayout> surveys =
                List.of(SurveyedLayout.of(Layout.BASE_PAGES), SurveyedLayout.of(Layout.BUNDLED));
        final RunPlan plan = plan(
                BenchCase.baseline(),
                BenchCase.synthetic(Subject.GET_FAST, Layout.BASE_PAGES, 512),
                BenchCase.synthetic(Subject.GET_SLOW, Layout.BASE_PAGES, 512),
                new BenchCase(Subject.GET_FAST, Layout.BUNDLED, 64, BenchCase.FUSED, BenchCase.READ, (int)
                        surveys.get(1).survey().comparable()));
        assertEquals(ExitStatus.DONE, job(List.of()).run(plan, surveys));

        final Path folder = onlyFolder();
        assertTrue(folder.getFileName().toString().matches("\\d{8}T\\d{6}Z-tiny-test"), folder::toString);
        assertEquals(
                List.of(
                        "cases.csv",
                        "cost.svg",
                        "environment.json",
                        "forks.csv",
                        "jmh.json",
                        "jmh.log",
                        "pages.json",
                        "report.html",
                        "rounds.json",
                        "summary.md"),
                names(folder));
        for (final String file : names(folder)) {
            assertTrue(Files.size(folder.resolve(file)) > 0, file);
            assertFalse(Files.readString(folder.resolve(file)).contains(temp.toString()), file);
            assertFalse(Files.readString(folder.resolve(file)).contains(System.getProperty("java.home")), file);
        }
        assertJmhJson(folder, plan);
        assertRounds(folder, plan);
        assertEquals(2, json(folder, "pages.json").getAsJsonArray("layouts").size());
        assertEquals(
                1,
                json(folder, "environment.json")
                        .getAsJsonObject("run")
                        .get("seed")
                        .getAsInt());
        assertSummary(Files.readString(folder.resolve("summary.md")));
        assertTrue(out.toString().contains("slow/fast = "), out::toString);
        assertTrue(out.toString().contains("results: " + folder), out::toString);
    }

    private static void assertJmhJson(final Path folder, final RunPlan plan) throws IOException {
        final JsonArray merged = JsonParser.parseString(Files.readString(folder.resolve("jmh.json")))
                .getAsJsonArray();
        assertEquals(plan.forkRuns().size(), merged.size());
        for (int i = 0; i < merged.size(); i++) {
            final JsonObject fork = merged.get(i).getAsJsonObject();
            final BenchCase benchCase = plan.forkRuns().get(i).benchCase();
            assertEquals(benchCase.subject().benchmark(), fork.get("benchmark").getAsString());
            assertEquals(1, fork.get("forks").getAsInt());
            final JsonArray raw = fork.getAsJsonObject("primaryMetric").getAsJsonArray("rawData");
            assertEquals(TINY.iterations(), raw.get(0).getAsJsonArray().size());
            assertTrue(fork.getAsJsonArray("jvmArgs")
                    .toString()
                    .contains("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"));
            assertEquals("<path>/java", fork.get("jvm").getAsString());
            if (benchCase.subject() == Subject.GET_FAST) {
                assertTrue(fork.getAsJsonObject("secondaryMetrics").has("fastPages"));
            }
        }
    }

    private static void assertRounds(final Path folder, final RunPlan plan) throws IOException {
        final JsonArray forks = json(folder, "rounds.json").getAsJsonArray("forks");
        assertEquals(plan.forkRuns().size(), forks.size());
        for (int i = 0; i < forks.size(); i++) {
            final JsonObject fork = forks.get(i).getAsJsonObject();
            assertEquals(i, fork.get("order").getAsInt());
            assertEquals(
                    plan.forkRuns().get(i).benchCase().id(), fork.get("case").getAsString());
            assertEquals(
                    TINY.iterations(),
                    fork.getAsJsonArray("iterationsNsPerPage").size());
            assertTrue(fork.has("load1Before") && fork.has("stealShare"));
        }
    }

    private static void assertSummary(final String summary) {
        for (final String expected : List.of(
                "a real kernel's is 3.3 to 6.8",
                "A walk of 512 populated contiguous 4K pages costs ",
                "| one atomic add per page ",
                "walk stopped: SPECIAL",
                "MADV_POPULATE_READ",
                "A model's nanoseconds are not a kernel's")) {
            assertTrue(summary.contains(expected), () -> expected + "\n" + summary);
        }
    }

    private static RunPlan planThatFails(final BenchCase... before) {
        // A guard that there is not: the JVM of the last fork throws.
        final BenchCase bad = new BenchCase(Subject.GET_FAST, Layout.BASE_PAGES, 512, "none", BenchCase.WRITE, 0);
        final List<PlannedCase> cases = new ArrayList<>();
        final List<ForkRun> forkRuns = new ArrayList<>();
        for (final BenchCase benchCase :
                Stream.concat(Stream.of(before), Stream.of(bad)).toList()) {
            forkRuns.add(new ForkRun(forkRuns.size(), 0, benchCase));
            cases.add(new PlannedCase(benchCase, 1));
        }
        return new RunPlan(TINY, 1, cases, forkRuns);
    }

    @Test
    void shouldKeepWhatWasFinishedWhenABenchmarkFailsInTheMiddle() throws IOException {
        final BenchmarkFailedException failed = assertThrows(
                BenchmarkFailedException.class,
                () -> job(List.of()).run(planThatFails(BenchCase.baseline()), List.of()));
        assertTrue(
                failed.getMessage().contains("guard must be fused or check-by-check: guard=none"), failed::getMessage);
        final Path folder = onlyFolder();
        assertTrue(failed.getMessage().contains("run --resume '" + folder + "'"), failed::getMessage);
        final Run kept = RunReader.read(folder);
        assertEquals(Run.Status.INTERRUPTED, kept.status());
        assertEquals(1, kept.forks().size());
        assertEquals(BenchCase.baseline().id(), kept.forks().get(0).caseId());
        assertEquals(2, kept.planned().size());
    }

    @Test
    void shouldLeaveNothingWhenTheFirstBenchmarkFails() throws IOException {
        assertThrows(BenchmarkFailedException.class, () -> job(List.of()).run(planThatFails(), List.of()));
        assertEquals(List.of(), names(temp));
    }

    private Path onlyFolder() throws IOException {
        final List<String> folders = names(temp.resolve("results"));
        assertEquals(1, folders.size(), folders::toString);
        return temp.resolve("results").resolve(folders.get(0));
    }

    private static JsonObject json(final Path folder, final String file) throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve(file))).getAsJsonObject();
    }

    private static List<String> names(final Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
