package org.gup.bench.compare;

import java.util.List;
import java.util.OptionalDouble;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Decisions;

/**
 * One run against the base.
 *
 * @param label of the other run
 * @param run the other run
 * @param comparability whether they may be compared
 * @param rows what both have timed
 * @param counts what both have counted
 * @param missing cases of the base that the other run lacks
 * @param added cases that the base lacks
 */
public record RunPair(
        String label,
        Run run,
        Comparability comparability,
        List<CompareRow> rows,
        List<CountRow> counts,
        List<String> missing,
        List<String> added) {
    /** Copies the lists. */
    public RunPair {
        rows = List.copyOf(rows);
        counts = List.copyOf(counts);
        missing = List.copyOf(missing);
        added = List.copyOf(added);
    }

    /**
     * The ratios that a mean is made of: one for each case, that of its score.
     *
     * @return new over old
     */
    public double[] scoreRatios() {
        return rows.stream()
                .filter(row -> row.quantity().kind() == Quantity.Kind.SCORE)
                .mapToDouble(row -> row.decision().comparison().ratio())
                .toArray();
    }

    /**
     * The geometric mean of the ratios of the cases that both have timed.
     *
     * @return none if they share no such case
     */
    public OptionalDouble geometricMean() {
        final double[] ratios = scoreRatios();
        return ratios.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(Decisions.geometricMean(ratios));
    }

    /**
     * Counted cases that differ.
     *
     * @return in the order of the tables
     */
    public List<CountRow> changedCounts() {
        return counts.stream().filter(row -> !row.isSame()).toList();
    }
}
