package org.gup.bench.results;

import java.util.List;

/**
 * A case and its forks.
 *
 * @param info the case
 * @param forks what was measured, in the order in which they ran; never empty
 */
public record CaseRows(CaseInfo info, List<ForkRow> forks) {
    /** Copies the forks. */
    public CaseRows {
        forks = List.copyOf(forks);
        if (forks.isEmpty()) {
            throw new IllegalArgumentException("not measured: " + info.id());
        }
    }

    /**
     * Scores by fork.
     *
     * @return nanoseconds per page
     */
    public List<double[]> scores() {
        return forks.stream().map(ForkRow::scores).toList();
    }

    /**
     * Forks that something disturbed.
     *
     * @return how many
     */
    public int disturbed() {
        return (int) forks.stream().filter(ForkRow::disturbed).count();
    }

    /**
     * Machines that its forks ran on.
     *
     * @return 1, or more after a merge
     */
    public int machines() {
        return (int) forks.stream().mapToInt(ForkRow::machine).distinct().count();
    }
}
