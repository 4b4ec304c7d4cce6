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
    /** What the ids of its cases begin with. */
    public static final String PREFIX = "check/";
    /** What the names of counters that hold a comparison's ratio begin with. */
    public static final String RATIO = "ratio/";

    private final int pagesPerCall;
    private final int rounds;

    /**
     * Forks of one size of call.
     *
     * @param pagesPerCall pages of one call
     * @param rounds rounds to measure in each fork
     */
    public CheckForks(final int pagesPerCall, final int rounds) {
        this.pagesPerCall = pagesPerCall;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "paired walks, " + pagesPerCall + " pages a call";
    }

    /**
     * The id of an arm's case.
     *
     * @param arm id of the arm
     * @param pagesPerCall pages of one call
     * @return the id
     */
    public static String caseId(final String arm, final int pagesPerCall) {
        return PREFIX + arm + "/" + pagesPerCall;
    }

    @Override
    public List<CaseInfo> cases(final int forks) {
        return CheckLadder.arms().stream()
                .map(arm -> {
                    final SortedMap<String, String> params = new TreeMap<>(Map.of(
                            "arm", arm.id(), "guard", arm.shape(), "pagesPerCall", Integer.toString(pagesPerCall)));
                    return new CaseInfo(
                            caseId(arm.id(), pagesPerCall), arm.label(), PairedFork.class.getName(), params, 0, forks);
                })
                .toList();
    }

    @Override
    public Outcome run(
            final List<String> jvmArguments, final int order, final int round, final long seed, final int cpus) {
        return Outcome.of(ExtraForks.rows(
                new ForkedProgram("the paired walks", PairedFork.class, jvmArguments),
                PairedFork.MARK,
                List.of(Integer.toString(pagesPerCall), Integer.toString(rounds), Long.toString(seed)),
                PairedFork.Result.class,
                this::read,
                order,
                round,
                cpus));
    }

    private Map<String, Measured> read(final PairedFork.Result result) {
        final Map<String, Measured> rows = new LinkedHashMap<>();
        result.arms().forEach((arm, quantiles) -> {
            final Map<String, Double> counters = new TreeMap<>(Map.of("fastestTenth", quantiles[0]));
            CheckLadder.comparisons().stream()
                    .filter(comparison -> comparison.arm().equals(arm))
                    .forEach(comparison -> counters.put(
                            RATIO + comparison.id(), result.ratios().getOrDefault(comparison.id(), Double.NaN)));
            rows.put(caseId(arm, pagesPerCall), new Measured(quantiles[1], counters));
        });
        return rows;
    }
}
