package org.gup.bench.rejection;

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
import org.gup.bench.rejection.Refusal.Kernel;

/** The program that one fork runs: warms up, measures every call in shuffled rounds, and prints one line. */
public final class RejectionFork {
    /** What the line begins with. */
    static final String MARK = "rejection-fork: ";

    /** A slice of calls should last so long: the clock steps by tens of nanoseconds. */
    private static final double SLICE_NANOS = 20_000;

    private static final int WARMUP_STEPS = 10;
    private static final int WARMUP_ROUNDS = 40;

    private RejectionFork() {}

    /**
     * What a fork found about one call.
     *
     * @param nanos of a call, median over the rounds
     * @param fastestTenth of a call: a tenth of the rounds were faster
     * @param calls calls of a slice
     * @param result what every call returned
     * @param thrownAway pages that each call pinned and gave back
     */
    public record Row(double nanos, double fastestTenth, int calls, int result, int thrownAway) {}

    /**
     * What a fork found.
     *
     * @param rounds rounds measured
     * @param rows by case
     * @param ratios by case: the median over the rounds of its time divided by that of {@link #baseOf its base}
     */
    public record Result(int rounds, Map<String, Row> rows, Map<String, Double> ratios) {}

    /**
     * Measures.
     *
     * @param args rounds, seed
     */
    public static void main(final String[] args) {
        final Result result = measure(Integer.parseInt(args[0]), Long.parseLong(args[1]));
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(MARK + new Gson().toJson(result));
    }

    /** What a case is compared with: v5.2 with the check before the walk, and its twin with itself. */
    static Refusal baseOf(final Refusal refusal) {
        return refusal.by(refusal.kernel() == Kernel.AFTER ? Kernel.BEFORE : Kernel.AFTER);
    }

    static Result measure(final int rounds, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Refusal> refusals = Refusal.all();
        final List<Refusal> warmUp = new ArrayList<>(refusals);
        // The twin has met all that the other has: else the compiler would know it to be simpler.
        refusals.stream()
                .filter(refusal -> refusal.kernel() == Kernel.AFTER)
                .map(refusal -> refusal.by(Kernel.AFTER_AGAIN))
                .filter(refusal -> !refusals.contains(refusal))
                .forEach(warmUp::add);
        int[] calls = new int[warmUp.size()];
        final int[] thrownAway = new int[refusals.size()];
        final double[][] nanos;
        Arrays.fill(calls, 1);
        try (RejectionScene scene = new RejectionScene()) {
            for (int step = 0; step < WARMUP_STEPS; step++) {
                final int[] ofStep = calls;
                final double[][] cold = run(scene, warmUp, ofStep, random, Math.min(2 * rounds, WARMUP_ROUNDS));
                calls = new int[cold.length];
                for (int i = 0; i < calls.length; i++) {
                    calls[i] = callsOfSlice(quantile(cold[i], 0.5));
                }
            }
            nanos = run(scene, refusals, calls, random, rounds);
            Arrays.setAll(thrownAway, i -> scene.thrownAway(refusals.get(i)));
        }
        final Map<String, Row> rows = new LinkedHashMap<>();
        final Map<String, Double> ratios = new LinkedHashMap<>();
        for (int i = 0; i < nanos.length; i++) {
            final Refusal refusal = refusals.get(i);
            rows.put(
                    refusal.id(),
                    new Row(
                            quantile(nanos[i], 0.5),
                            quantile(nanos[i], 0.1),
                            calls[i],
                            refusal.result(),
                            thrownAway[i]));
            if (refusal.kernel() != Kernel.BEFORE) {
                ratios.put(refusal.id(), medianRatio(nanos[i], nanos[refusals.indexOf(baseOf(refusal))]));
            }
        }
        return new Result(rounds, rows, ratios);
    }

    private static int callsOfSlice(final double nanosPerCall) {
        return (int) Math.max(1, Math.min(RejectionScene.MAX_CALLS, Math.ceil(SLICE_NANOS / nanosPerCall)));
    }

    /** Nanoseconds per call, by case and round. */
    private static double[][] run(
            final RejectionScene scene,
            final List<Refusal> refusals,
            final int[] calls,
            final SplittableRandom random,
            final int rounds) {
        final double[][] nanos = new double[refusals.size()][rounds];
        for (int round = 0; round < rounds; round++) {
            for (final int at : Shuffle.order(refusals.size(), random)) {
                nanos[at][round] = scene.sample(refusals.get(at), calls[at]);
            }
        }
        return nanos;
    }

    /** A round's two slices lie close together, so what slows one slows the other; the median forgets the rest. */
    private static double medianRatio(final double[] numerators, final double[] denominators) {
        final double[] ratios = new double[numerators.length];
        Arrays.setAll(ratios, round -> numerators[round] / denominators[round]);
        return quantile(ratios, 0.5);
    }

    private static double quantile(final double[] samples, final double share) {
        final double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.round(share * (sorted.length - 1))];
    }
}
