package org.gup.bench.migration;

import com.google.gson.Gson;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.gup.GetUserPages;
import org.gup.bench.fork.Shuffle;
import org.gup.migrate.MigrationPhase;
import org.gup.tlb.TlbSync;

/** The program that one fork runs: warms up, measures every scenario in shuffled rounds, and prints one line. */
public final class MigrationFork {
    /** What the line begins with. */
    static final String MARK = "migration-fork: ";

    private static final int COPIES = 512;

    private MigrationFork() {}

    /**
     * What a fork found about one scenario.
     *
     * @param pages pages of the call
     * @param inCma of which in CMA
     * @param nanos of a call without stamps, median over the rounds
     * @param stampedNanos of a call with stamps, median
     * @param migrated pages moved by a call, a huge page counting once
     * @param failed pages not moved
     * @param drains drains of every CPU's pagevecs, in a call
     * @param rounds calls of migrate_pages() in a call
     * @param stamps time stamps in a call, mean
     * @param phases nanoseconds of a call in each phase, median; "before" is what comes before the first
     * @param tries tries that failed, by cause, in one more call that was not timed
     * @param stayed pages that stayed where they were, by cause, in that call
     */
    public record Row(
            int pages,
            int inCma,
            double nanos,
            double stampedNanos,
            double migrated,
            double failed,
            double drains,
            double rounds,
            double stamps,
            Map<String, Double> phases,
            Map<String, Double> tries,
            Map<String, Double> stayed) {}

    /**
     * What a fork found.
     *
     * @param samples calls of each scenario, with and without stamps each
     * @param rows by scenario
     * @param copyHotNanos one copy of 4 KiB within 64 KiB
     * @param copyColdNanos one copy of 4 KiB, scattered over 8 MiB
     * @param stampNanos one time stamp
     */
    public record Result(
            int samples, Map<String, Row> rows, double copyHotNanos, double copyColdNanos, double stampNanos) {}

    /**
     * Measures.
     *
     * @param args samples of each scenario, seed
     */
    public static void main(final String[] args) {
        final Result result = measure(Integer.parseInt(args[0]), Long.parseLong(args[1]));
        new PrintStream(System.out, true, StandardCharsets.UTF_8).println(MARK + new Gson().toJson(result));
    }

    static Result measure(final int samples, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        try (MigrationScene scene = new MigrationScene(TlbSync.RCU_DEFER)) {
            final Timers timers = new Timers(scene);
            final Map<String, Sums> sums = new LinkedHashMap<>();
            for (final Scenario scenario : Scenario.all()) {
                sums.put(scenario.id(), new Sums(scenario, samples));
            }
            // The first half is not kept: it is the warm-up.
            for (int round = -samples / 2; round < samples; round++) {
                final List<Sums> order = new ArrayList<>(sums.values());
                Shuffle.shuffle(order, random);
                for (final Sums each : order) {
                    each.sample(timers, round);
                }
            }
            final Map<String, Row> rows = new LinkedHashMap<>();
            sums.forEach((id, each) -> rows.put(id, each.row(scene)));
            return new Result(
                    samples,
                    rows,
                    median(samples, () -> scene.copyNanos(16, false)),
                    median(samples, () -> scene.copyNanos(4 * COPIES, true)),
                    median(samples, MigrationFork::stampNanos));
        }
    }

    /** Times calls of one scene, as a whole or by phase. */
    private static final class Timers {
        private final MigrationScene scene;
        private final GetUserPages plain;
        private final PhaseClock clock = new PhaseClock();
        private final GetUserPages stamped;
        private long nanos;

        Timers(final MigrationScene scene) {
            this.scene = scene;
            this.plain = scene.plain();
            this.stamped = scene.heardBy(clock);
        }

        MigrationScene.Sample whole(final Scenario scenario) {
            return scene.sample(scenario, plain, call -> {
                final long started = System.nanoTime();
                final long answer = call.getAsLong();
                nanos = System.nanoTime() - started;
                return answer;
            });
        }

        void byPhase(final Scenario scenario) {
            clock.clear();
            scene.sample(scenario, stamped, clock);
        }
    }

    /** What is summed up over the rounds of one scenario. */
    @SuppressWarnings("EnumOrdinal") // indices into arrays of this class
    private static final class Sums {
        private final Scenario scenario;
        private final double[] plain;
        private final double[] stamped;
        private final double[][] phases;
        private double migrated;
        private double failed;
        private double drains;
        private double rounds;
        private double stamps;

        Sums(final Scenario scenario, final int samples) {
            this.scenario = scenario;
            this.plain = new double[samples];
            this.stamped = new double[samples];
            this.phases = new double[MigrationPhase.values().length + 1][samples];
        }

        void sample(final Timers timers, final int round) {
            final MigrationScene.Sample without = timers.whole(scenario);
            final long nanos = timers.nanos;
            timers.byPhase(scenario);
            if (round < 0) {
                return;
            }
            plain[round] = nanos;
            stamped[round] = timers.clock.whole();
            migrated += without.migrated();
            failed += without.failed();
            drains += without.drains();
            rounds += without.rounds();
            stamps += timers.clock.stamps();
            for (final MigrationPhase phase : MigrationPhase.values()) {
                phases[phase.ordinal()][round] = timers.clock.nanos(phase);
            }
            phases[phases.length - 1][round] = timers.clock.nanosBefore();
        }

        Row row(final MigrationScene scene) {
            final FailureTally failures = new FailureTally();
            scene.sample(scenario, scene.heardBy(failures), LongSupplier::getAsLong);
            ScenePages.expect(scenario.id() + ": pages told to stay", scenario.held(), failures.pagesThatStayed());
            final double samples = plain.length;
            final Map<String, Double> byPhase = new LinkedHashMap<>();
            byPhase.put("before", medianOf(phases[phases.length - 1]));
            for (final MigrationPhase phase : MigrationPhase.values()) {
                byPhase.put(phase.name().toLowerCase(Locale.ROOT), medianOf(phases[phase.ordinal()]));
            }
            return new Row(
                    scenario.pages(),
                    scenario.inCma(),
                    medianOf(plain),
                    medianOf(stamped),
                    migrated / samples,
                    failed / samples,
                    drains / samples,
                    rounds / samples,
                    stamps / samples,
                    byPhase,
                    failures.tries(),
                    failures.stayed());
        }
    }

    private static double stampNanos() {
        final int stamps = 1000;
        long last = 0;
        final long started = System.nanoTime();
        for (int i = 0; i < stamps; i++) {
            last = System.nanoTime();
        }
        return (double) (last - started) / stamps;
    }

    private static double median(final int samples, final DoubleSupplier sample) {
        final double[] all = new double[samples];
        Arrays.setAll(all, i -> sample.getAsDouble());
        return medianOf(all);
    }

    private static double medianOf(final double[] samples) {
        final double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
