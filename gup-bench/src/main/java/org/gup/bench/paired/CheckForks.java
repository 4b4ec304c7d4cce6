package org.gup.bench.paired;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.fork.ForkedProgram;
import org.gup.bench.results.CaseInfo;

/** The third question as forks: every variant of the walk in one process, so many pages per call. */
public final class CheckForks implements ExtraForks {
    /** What the names of counters that hold a comparison's ratio begin with. */
    public static final String RATIO = "ratio/";

    private final CheckLadder ladder;
    private final int pagesPerCall;
    private final int rounds;

    /**
     * Forks of one size of call.
     *
     * @param ladder which variants
     * @param pagesPerCall pages of one call
     * @param rounds rounds to measure in each fork
     */
    public CheckForks(final CheckLadder ladder, final int pagesPerCall, final int rounds) {
        this.ladder = ladder;
        this.pagesPerCall = pagesPerCall;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "paired walks over " + ladder.ground().label() + ", " + pagesPerCall + " pages a call";
    }

    /**
     * The id of an arm's case.
     *
     * @param ladder which variants
     * @param arm id of the arm
     * @param pagesPerCall pages of one call
     * @return the id
     */
    public static String caseId(final CheckLadder ladder, final String arm, final int pagesPerCall) {
        return ladder.id() + "/" + arm + "/" + pagesPerCall;
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return ladder.arms().stream().map(arm -> info(arm, forks)).toList();
    }

    private CaseInfo info(final Arm arm, final int forks) {
        final SortedMap<String, String> params = new TreeMap<>(
                Map.of("arm", arm.id(), "guard", arm.shape(), "pagesPerCall", Integer.toString(pagesPerCall)));
        if (arm.stopsOn(ladder.ground())) {
            params.put("unit", "ns/call");
        }
        return new CaseInfo(
                caseId(ladder, arm.id(), pagesPerCall), arm.label(), PairedFork.class.getName(), params, 0, forks);
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(ExtraForks.rows(
                new ForkedProgram("the paired walks", PairedFork.class, jvmArguments),
                PairedFork.MARK,
                List.of(ladder.name(), Integer.toString(pagesPerCall), Integer.toString(rounds), Long.toString(seed)),
                PairedFork.Result.class,
                this::read,
                order,
                round,
                cpus));
    }

    private Map<String, Measured> read(final PairedFork.Result result) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        for (final Arm arm : ladder.arms()) {
            final double[] quantiles = result.arms().get(arm.id());
            if (quantiles == null) {
                throw new IllegalStateException("a fork of " + name() + " says nothing of " + arm.id());
            }
            // A walk that stops takes as long for a call of any size.
            final double unit = arm.stopsOn(ladder.ground()) ? pagesPerCall : 1;
            final Map<String, Double> counters = new TreeMap<>(Map.of("fastestTenth", quantiles[0] * unit));
            ladder.comparisons().stream()
                    .filter(comparison -> comparison.arm().equals(arm.id()))
                    .forEach(comparison -> counters.put(
                            RATIO + comparison.id(), result.ratios().getOrDefault(comparison.id(), Double.NaN)));
            rows.put(caseId(ladder, arm.id(), pagesPerCall), new Measured(quantiles[1] * unit, counters));
        }
        return rows;
    }
}
