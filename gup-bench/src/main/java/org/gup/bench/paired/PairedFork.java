package org.gup.bench.paired;

import com.google.gson.Gson;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** The program that one fork runs: warms up, measures, and prints one line. */
public final class PairedFork {
    /** What the line begins with. */
    static final String MARK = "paired-fork: ";

    /** Pages that each walk's turns go over in a step of the warm-up. */
    private static final int WARMUP_PAGES = 60 * 4096;
    /** Rounds in which all walks run before any is warm, so that none is compiled against an idle machine. */
    private static final int WARMUP_STEPS = 4;

    private PairedFork() {}

    /**
     * What a fork found.
     *
     * @param pagesPerCall pages of one call
     * @param rounds rounds measured
     * @param arms quantiles of each arm, in nanoseconds per page: 10 %, 50 %
     * @param ratios median over the rounds of each comparison's ratio
     */
    public record Result(int pagesPerCall, int rounds, Map<String, double[]> arms, Map<String, Double> ratios) {}

    /**
     * Measures.
     *
     * @param args ladder, pages per call, rounds, seed
     */
    public static void main(final String[] args) {
        final Result result = measure(
                CheckLadder.valueOf(args[0]),
                Integer.parseInt(args[1]),
                Integer.parseInt(args[2]),
                Long.parseLong(args[3]));
        final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        out.println(MARK + new Gson().toJson(result));
    }

    static Result measure(final CheckLadder ladder, final int pagesPerCall, final int rounds, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Arm> arms = ladder.arms();
        final double[][] perPage;
        try (PairedRounds paired = new PairedRounds(arms, ladder.ground(), ladder.pages(), pagesPerCall)) {
            for (int step = 0; step < WARMUP_STEPS; step++) {
                paired.run(random, WARMUP_PAGES / ladder.pages());
            }
            perPage = paired.run(random, rounds);
        }
        final Map<String, double[]> byArm = new LinkedHashMap<>();
        final Map<String, double[]> quantiles = new LinkedHashMap<>();
        for (int arm = 0; arm < perPage.length; arm++) {
            byArm.put(arms.get(arm).id(), perPage[arm]);
            quantiles.put(arms.get(arm).id(), new double[] {quantile(perPage[arm], 0.1), quantile(perPage[arm], 0.5)});
        }
        final Map<String, Double> ratios = new LinkedHashMap<>();
        for (final CheckLadder.Comparison comparison : ladder.comparisons()) {
            ratios.put(comparison.id(), medianRatio(of(byArm, comparison.arm()), of(byArm, comparison.base())));
        }
        return new Result(pagesPerCall, rounds, quantiles, ratios);
    }

    private static double[] of(final Map<String, double[]> byArm, final String id) {
        final double[] samples = byArm.get(id);
        if (samples == null) {
            throw new IllegalStateException("no such arm: " + id);
        }
        return samples;
    }

    /** A round's two turns lie close together, so what slows one slows the other; the median forgets the rest. */
    private static double medianRatio(final double[] numerators, final double[] denominators) {
        final double[] ratios = new double[numerators.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = numerators[i] / denominators[i];
        }
        return quantile(ratios, 0.5);
    }

    private static double quantile(final double[] samples, final double share) {
        final double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
    }
}
