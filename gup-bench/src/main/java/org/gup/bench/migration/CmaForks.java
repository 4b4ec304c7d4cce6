package org.gup.bench.migration;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.migration.CmaOverTime.Pins;
import org.gup.bench.migration.CmaOverTime.Step;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;

/**
 * What pins do to a CMA area over time, as rows beside those that were timed. Its scores are pages, one for each step: the longest
 * run of the area without a pinned page. They are counted, in this process, and the same everywhere.
 */
public final class CmaForks implements ExtraForks {
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "cma/";
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
     * The id of a case.
     *
     * @param pins how the pins are taken
     * @return the id
     */
    public static String caseId(final Pins pins) {
        return PREFIX + pins.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return Arrays.stream(Pins.values())
                .map(pins -> new CaseInfo(
                        caseId(pins),
                        pins.label(),
                        CmaOverTime.class.getName(),
                        new TreeMap<>(Map.of("pins", pins.name(), "unit", "pages")),
                        0,
                        forks))
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(Arrays.stream(Pins.values())
                .map(pins -> row(pins, order, round))
                .toList());
    }

    private ForkRow row(final Pins pins, final int order, final int round) {
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final List<Step> found = CmaOverTime.simulate(pins, steps, SEED);
        final SortedMap<String, Double> counters = new TreeMap<>();
        counters.put("granted", (double) found.stream().filter(Step::granted).count());
        counters.put("busy", (double) found.stream().mapToLong(Step::busy).sum());
        counters.put("pinnedInArea", (double) found.get(found.size() - 1).pinnedInArea());
        return new ForkRow(
                caseId(pins),
                order,
                round,
                0,
                started.toString(),
                (System.nanoTime() - startNanos) / 1_000_000,
                found.stream().map(step -> (double) step.largestRun()).toList(),
                counters,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                List.of());
    }
}
