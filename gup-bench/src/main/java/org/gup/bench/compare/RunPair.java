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
 * @param rows cases that both have
 * @param missing cases of the base that the other run lacks
 * @param added cases that the base lacks
 */
public record RunPair(
        String label,
        Run run,
        Comparability comparability,
        List<CompareRow> rows,
        List<String> missing,
        List<String> added) {
    /** Copies the lists. */
    public RunPair {
        rows = List.copyOf(rows);
        missing = List.copyOf(missing);
        added = List.copyOf(added);
    }

    /**
     * The geometric mean of the ratios of the cases that both have.
     *
     * @return none if they share no case
     */
    public OptionalDouble geometricMean() {
        return rows.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(Decisions.geometricMean(rows.stream()
                        .mapToDouble(row -> row.decision().comparison().ratio())
                        .toArray()));
    }
}
