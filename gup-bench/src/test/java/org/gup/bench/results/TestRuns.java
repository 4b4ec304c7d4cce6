package org.gup.bench.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Subject;

/** Runs that nobody measured. */
public final class TestRuns {
    private static final int ITERATIONS = 8;

    private final long seed;
    private final double spread;
    private final List<CaseInfo> planned = new ArrayList<>();
    private final List<ForkRow> forks = new ArrayList<>();
    private final JsonObject environment = environment();
    private int disturbFrom = Integer.MAX_VALUE;

    /**
     * An empty run.
     *
     * @param seed of the scores
     * @param spread of the forks, relative
     */
    public TestRuns(final long seed, final double spread) {
        this.seed = seed;
        this.spread = spread;
    }

    /** Adds a case whose forks spread around a score. */
    public TestRuns with(final BenchCase benchCase, final int count, final double nanos) {
        planned.add(benchCase.info(count));
        final SplittableRandom random =
                new SplittableRandom(seed + benchCase.id().hashCode());
        for (int round = 0; round < count; round++) {
            final double fork = nanos * Math.exp(spread * random.nextGaussian());
            final List<Double> iterations = DoubleStream.generate(() -> fork * (1 + 0.005 * random.nextDouble()))
                    .limit(ITERATIONS)
                    .boxed()
                    .toList();
            forks.add(new ForkRow(
                    benchCase.id(),
                    forks.size(),
                    round,
                    0,
                    "2026-01-01T00:00:00Z",
                    2500,
                    iterations,
                    new TreeMap<>(Map.of("fastPages", 512.0 * 1000, "fastWalks", 1000.0, "stoppedWalks", 0.0)),
                    0.5,
                    0.6,
                    0,
                    0.01,
                    forks.size() >= disturbFrom ? List.of("others kept 1.0 of 2 CPUs busy") : List.of()));
        }
        return this;
    }

    /** A complete run of these rows. */
    public static Run of(final List<CaseInfo> planned, final List<ForkRow> rows) {
        return new Run(
                "run",
                Run.Status.COMPLETE,
                "full",
                1,
                Run.rows(planned, rows),
                planned,
                List.of(environment()),
                List.of());
    }

    /** A row of a fork that measured many cases, in the round of its number, on a quiet machine. */
    public static ForkRow row(final String id, final int fork, final double score, final Map<String, Double> counters) {
        return new ForkRow(
                id,
                fork,
                fork,
                0,
                "2026-01-01T00:00:00Z",
                1000,
                List.of(score),
                new TreeMap<>(counters),
                0.1,
                0.1,
                0,
                0,
                List.of());
    }

    /** Adds a case that is measured by a program of its own, many cases in one fork: all of its calls share their forks' places. */
    public TestRuns withExtra(final CaseInfo info, final int firstOrder, final double score) {
        planned.add(info);
        for (int round = 0; round < info.forks(); round++) {
            forks.add(new ForkRow(
                    info.id(),
                    firstOrder + round,
                    round,
                    0,
                    "2026-01-01T00:00:00Z",
                    2500,
                    List.of(score),
                    new TreeMap<>(),
                    0.5,
                    0.6,
                    0,
                    0.01,
                    List.of()));
        }
        return this;
    }

    /** From now on forks are disturbed. */
    public TestRuns disturbed() {
        disturbFrom = forks.size();
        return this;
    }

    /** Changes a fact of the environment. */
    public TestRuns fact(final String group, final String name, final String value) {
        environment.getAsJsonObject(group).addProperty(name, value);
        return this;
    }

    /** The cases of a small default run, every one by some factor slower. */
    public TestRuns usual(final int count, final double factor) {
        with(BenchCase.baseline(), count, 6.2 * factor);
        for (final Layout layout : List.of(Layout.BASE_PAGES, Layout.HUGE_PAGE)) {
            final boolean huge = layout.equals(Layout.HUGE_PAGE);
            for (final int pages : new int[] {512, 64, 8, 1}) {
                with(
                        BenchCase.synthetic(Subject.GET_FAST, layout, pages),
                        count,
                        factor * (huge ? 0.4 : 6.9) + factor * 20.0 / pages);
                if (!huge && pages == 512) {
                    with(BenchCase.synthetic(Subject.GET_FAST_AGAIN, layout, pages), count, factor * 6.94);
                }
                with(
                        BenchCase.synthetic(Subject.GET_SLOW, layout, pages),
                        count,
                        factor * (huge ? 20.5 : 27.7) + factor * 14.0 / pages);
                with(BenchCase.synthetic(Subject.PUT, layout, pages), count, factor * 6.5 + factor * 8.0 / pages);
            }
        }
        return this;
    }

    /** The run. */
    public Run run(final String name) {
        return new Run(
                name,
                Run.Status.COMPLETE,
                "default",
                1,
                Run.rows(planned, forks),
                planned,
                List.of(environment),
                List.of());
    }

    /** Writes the run as its folder. */
    public Path write(final Path folder) throws IOException {
        final Run run = run(folder.getFileName().toString());
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("rounds.json"), JmhJson.pretty(run.roundsJson()));
        Files.writeString(folder.resolve("environment.json"), JmhJson.pretty(run.environment()));
        return folder;
    }

    private static JsonObject environment() {
        final JsonObject environment = new JsonObject();
        environment.addProperty("gupVersion", "test");
        environment.addProperty("gitCommit", "0123456789abcdef");
        environment.addProperty("gitDirty", "no");
        environment.add("commandLine", new JsonArray());
        final JsonObject jdk = new JsonObject();
        jdk.addProperty("vmVersion", "17.0.15+6");
        jdk.add("forkArguments", new JsonArray());
        environment.add("jdk", jdk);
        final JsonObject os = new JsonObject();
        os.addProperty("name", "Linux");
        os.addProperty("version", "6.1");
        os.addProperty("arch", "amd64");
        environment.add("os", os);
        final JsonObject cpu = new JsonObject();
        cpu.addProperty("model", "Test CPU");
        cpu.addProperty("logicalCpus", 2);
        cpu.addProperty("hypervisor", "no");
        cpu.addProperty("governor", "performance");
        environment.add("cpu", cpu);
        final JsonObject memory = new JsonObject();
        memory.addProperty("totalBytes", 8L << 30);
        memory.addProperty("thp", "madvise");
        environment.add("memory", memory);
        final JsonObject run = new JsonObject();
        run.addProperty("startedUtc", "2026-01-01T00:00:00Z");
        environment.add("run", run);
        return environment;
    }
}
