package org.gup.bench.latency;

import com.google.gson.Gson;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.gup.bench.fork.Shuffle;

/** The program that one fork runs: warms up, measures every scenario in shuffled rounds, and prints one line. */
public final class LatencyFork {
    /** What the line begins with. */
    static final String MARK = "latency-fork: ";

    private static final long LONGEST_WARM_UP_MILLIS = 120;

    private LatencyFork() {}

    /**
     * What a fork found about one scenario.
     *
     * @param score the median nanoseconds of a call, from when it was due
     * @param counters percentiles in nanoseconds, and counts, by name
     * @param readerLog what the thread that calls recorded, in HdrHistogram's log format
     * @param mutatorLog the same of the other thread; empty if there is none
     */
    public record Row(double score, Map<String, Double> counters, String readerLog, String mutatorLog) {}

    /**
     * What a fork found.
     *
     * @param rows by scenario
     */
    public record Result(Map<String, Row> rows) {}

    /**
     * Measures.
     *
     * @param args rounds of each scenario, milliseconds of a round, seed
     */
    public static void main(final String[] args) {
        final Result result = measure(Integer.parseInt(args[0]), Integer.parseInt(args[1]), Long.parseLong(args[2]));
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(MARK + new Gson().toJson(result));
    }

    static Result measure(final int rounds, final int roundMillis, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final Map<Scenario, LatencyScene> scenes = new LinkedHashMap<>();
        for (final Scenario scenario : Scenario.all()) {
            scenes.put(scenario, new LatencyScene(scenario, random.split()));
        }
        final long warmUp = TimeUnit.MILLISECONDS.toNanos(Math.min(roundMillis, LONGEST_WARM_UP_MILLIS));
        scenes.values().forEach(scene -> scene.warmUp(warmUp));
        for (int round = 0; round < rounds; round++) {
            for (final LatencyScene scene : shuffled(scenes, random)) {
                scene.round(TimeUnit.MILLISECONDS.toNanos(roundMillis));
            }
        }
        final Map<String, Row> rows = new LinkedHashMap<>();
        scenes.forEach((scenario, scene) -> {
            rows.put(scenario.id(), row(scenario, scene));
            scene.close();
        });
        return new Result(rows);
    }

    private static List<LatencyScene> shuffled(
            final Map<Scenario, LatencyScene> scenes, final SplittableRandom random) {
        final List<LatencyScene> order = new ArrayList<>(scenes.values());
        Shuffle.shuffle(order, random);
        return order;
    }

    private static Row row(final Scenario scenario, final LatencyScene scene) {
        final Map<String, Double> counters = new TreeMap<>();
        Percentiles.put(counters, Percentiles.CORRECTED, scene.corrected());
        Percentiles.put(counters, Percentiles.SERVICE, scene.service());
        counters.put("calls", (double) scene.corrected().getTotalCount());
        counters.put("fellBack", (double) scene.reader().fellBack());
        counters.put("cutShort", (double) scene.reader().cutShort());
        counters.put("refused", (double) scene.reader().refused());
        counters.put("late", (double) scene.late());
        counters.put("seconds", scene.nanos() / 1e9);
        final boolean mutates = scenario.mutation().isPresent();
        if (mutates) {
            Percentiles.put(counters, Percentiles.CHANGES, scene.changes());
            counters.put("operations", (double) scene.operations());
            counters.put("changedPages", (double) scene.changedPages());
        }
        return new Row(
                scene.corrected().getValueAtPercentile(50),
                counters,
                scene.readerLog(),
                mutates ? scene.mutatorLog() : "");
    }
}
