package org.gup.bench.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Verdict;

/**
 * The same code measured against itself within one run: what differs is noise. Such pairs have one name but for what follows
 * the number sign: {@code get-fast/4K/512#3a} and {@code #3b}; the copied method {@code get-fast-again} is a pair of
 * {@code get-fast} as well.
 *
 * @param name of the pair
 * @param one a side
 * @param two the other
 * @param decision what a comparison comes to
 */
public record AaPair(String name, CaseRows one, CaseRows two, Decision decision) {
    private static final String AGAIN = "get-fast-again/";
    private static final String FIRST = "get-fast/";

    /**
     * The pairs of a run, each decided by itself, as a family of one: so many of them are expected to raise a false alarm.
     *
     * @param run the run
     * @return in the order of the tables
     */
    public static List<AaPair> of(final Run run) {
        final List<AaPair> pairs = new ArrayList<>();
        for (final CaseRows row : run.cases()) {
            partner(run, row).ifPresent(partner -> {
                final Comparison comparison = Decisions.compare(Measure.MEAN.of(row), Measure.MEAN.of(partner));
                pairs.add(new AaPair(
                        row.info().id(),
                        row,
                        partner,
                        Decisions.decide(List.of(comparison), 0).get(0)));
            });
        }
        return pairs;
    }

    private static Optional<CaseRows> partner(final Run run, final CaseRows row) {
        final String id = row.info().id();
        if (id.contains("#") && id.endsWith("a")) {
            return run.find(id.substring(0, id.length() - 1) + "b");
        }
        return id.startsWith(FIRST) ? run.find(AGAIN + id.substring(FIRST.length())) : Optional.empty();
    }

    /**
     * Whether the pair raised a false alarm.
     *
     * @return true if noise looks like a difference
     */
    public boolean falseAlarm() {
        return decision.verdict() == Verdict.SLOWER || decision.verdict() == Verdict.FASTER;
    }

    /**
     * The largest difference of the same code from itself.
     *
     * @param run a run
     * @return relative, such as 0.02; 0 if there is no pair of three forks or more
     */
    public static double floor(final Run run) {
        return of(run).stream()
                .map(pair -> pair.decision.comparison())
                .filter(Comparison::hasInterval)
                .mapToDouble(comparison -> Math.expm1(Math.abs(Math.log(comparison.ratio()))))
                .max()
                .orElse(0);
    }
}
