package org.gup.bench.curve;

import com.google.gson.Gson;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.gup.bench.fork.Shuffle;

/** The program that one fork runs: warms up, measures every point in shuffled rounds, and prints one line. */
public final class CurveFork {
    /** What the line begins with. */
    static final String MARK = "curve-fork: ";

    private CurveFork() {}

    /**
     * What a fork found about one point.
     *
     * @param getNanos nanoseconds to get a page, median over the rounds
     * @param putNanos nanoseconds to give one back, median
     * @param legs which way the pages of a turn went: the same in every round
     */
    public record Row(double getNanos, double putNanos, Legs legs) {}

    /**
     * What a fork found.
     *
     * @param rounds how often each point was measured
     * @param rows by id of the point
     */
    public record Result(int rounds, Map<String, Row> rows) {}

    /**
     * Measures.
     *
     * @param args rounds, seed, threads
     */
    public static void main(final String[] args) {
        final Result result = measure(Integer.parseInt(args[0]), Long.parseLong(args[1]), Integer.parseInt(args[2]));
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(MARK + new Gson().toJson(result));
    }

    static Result measure(final int rounds, final long seed, final int threads) {
        final SplittableRandom random = new SplittableRandom(seed);
        try (Scenes scenes = new Scenes(random.nextLong(), threads)) {
            final List<Turns> all = scenes.probes().stream()
                    .map(probe -> new Turns(probe, rounds))
                    .toList();
            // The first half is not kept: it is the warm-up.
            for (int round = -(rounds + 1) / 2; round < rounds; round++) {
                final List<Turns> order = new ArrayList<>(all);
                Shuffle.shuffle(order, random);
                for (final Turns turns : order) {
                    turns.take(round);
                }
            }
            final Map<String, Row> rows = new LinkedHashMap<>();
            all.forEach(turns -> rows.put(turns.probe.what().id(), turns.row()));
            return new Result(rounds, rows);
        }
    }

    /** The samples of one point. */
    private static final class Turns {
        private final Probe probe;
        private final double[] gets;
        private final double[] puts;

        Turns(final Probe probe, final int rounds) {
            this.probe = probe;
            this.gets = new double[rounds];
            this.puts = new double[rounds];
        }

        void take(final int round) {
            final Probe.Sample sample = probe.sample();
            if (round >= 0) {
                gets[round] = sample.getNanos();
                puts[round] = sample.putNanos();
            }
        }

        Row row() {
            return new Row(median(gets), median(puts), probe.predicted());
        }

        private static double median(final double[] samples) {
            Arrays.sort(samples);
            return samples[samples.length / 2];
        }
    }
}
