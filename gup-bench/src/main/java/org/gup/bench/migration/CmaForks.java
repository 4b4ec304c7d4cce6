package org.gup.bench.migration;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.CmaOverTime.Pins;
import org.gup.bench.migration.CmaOverTime.Step;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;

/**
 * What pins do to a CMA area over time, as rows beside those that were timed. Its scores are one for each step: of the case of a
 * {@link Measure}. They are counted, in this process, and the same everywhere.
 */
public final class CmaForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "cma/";

    /** What a case follows from step to step. */
    public enum Measure {
        /** Pages of the longest run of the area without a pinned page. */
        LARGEST_RUN("", "longest run without a pin", "pages") {
            @Override
            double of(final Step step) {
                return step.largestRun();
            }
        },
        /** Whether cma_alloc() gave the driver its pages. */
        GRANTED("/granted", "cma_alloc granted", "granted/step") {
            @Override
            double of(final Step step) {
                return step.granted() ? 1 : 0;
            }
        },
        /** Positions of the area that cma_alloc() tried and found busy, -EBUSY each. */
        BUSY("/busy", "positions found busy, -EBUSY", "positions/step") {
            @Override
            double of(final Step step) {
                return step.busy();
            }
        };

        private final String suffix;
        private final String label;
        private final String unit;

        Measure(final String suffix, final String label, final String unit) {
            this.suffix = suffix;
            this.label = label;
            this.unit = unit;
        }

        abstract double of(Step step);
    }

    /** Seed of every choice: the numbers do not depend on the run. */
    private static final long SEED = 1;

    private final int steps;

    /**
     * A simulation.
     *
     * @param steps how many
     */
    public CmaForks(final int steps) {
        this.steps = steps;
    }

    @Override
    public String name() {
        return "contiguous memory over time";
    }

    @Override
    public boolean isForked() {
        return false;
    }

    /**
     * The id of the case of the largest run.
     *
     * @param pins how the pins are taken
     * @return the id
     */
    public static String caseId(final Pins pins) {
        return caseId(pins, Measure.LARGEST_RUN);
    }

    /**
     * The id of a case.
     *
     * @param pins how the pins are taken
     * @param measure what is followed
     * @return the id
     */
    public static String caseId(final Pins pins, final Measure measure) {
        return PREFIX + pins.name().toLowerCase(Locale.ROOT).replace('_', '-') + measure.suffix;
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Arrays.stream(Pins.values())
                .flatMap(pins -> Arrays.stream(Measure.values()).map(measure -> info(pins, measure, forks)))
                .toList();
    }

    private static CaseInfo info(final Pins pins, final Measure measure, final int forks) {
        final SortedMap<String, String> params = new TreeMap<>(Map.of("pins", pins.name(), "unit", measure.unit));
        if (measure != Measure.LARGEST_RUN) {
            params.put("measure", measure.name());
        }
        return new CaseInfo(
                caseId(pins, measure),
                pins.label() + (measure == Measure.LARGEST_RUN ? "" : ": " + measure.label),
                CmaOverTime.class.getName(),
                params,
                0,
                forks);
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(Arrays.stream(Pins.values())
                .flatMap(pins -> rows(pins, order, round))
                .toList());
    }

    private Stream<ForkRow> rows(final Pins pins, final int order, final int round) {
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final List<Step> found = CmaOverTime.simulate(pins, steps, SEED);
        final SortedMap<String, Double> counters = new TreeMap<>();
        counters.put("granted", (double) found.stream().filter(Step::granted).count());
        counters.put("busy", (double) found.stream().mapToLong(Step::busy).sum());
        counters.put("pinnedInArea", (double) found.get(found.size() - 1).pinnedInArea());
        final long tookMillis = (System.nanoTime() - startNanos) / 1_000_000;
        return Arrays.stream(Measure.values())
                .map(measure -> new ForkRow(
                        caseId(pins, measure),
                        order,
                        round,
                        0,
                        started.toString(),
                        tookMillis,
                        found.stream().map(measure::of).toList(),
                        counters,
                        Double.NaN,
                        Double.NaN,
                        Double.NaN,
                        Double.NaN,
                        List.of()));
    }
}
