package org.gup.bench.compare;

import org.gup.bench.results.CaseRows;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Verdict;

/**
 * A case that two runs have.
 *
 * @param measure what stands for a fork
 * @param base the case in the base
 * @param other the case in the other run
 * @param decision what it comes to, all forks counted
 * @param undisturbed what it would come to if disturbed forks were left out; the same if there are none, or too few others
 */
public record CompareRow(Measure measure, CaseRows base, CaseRows other, Decision decision, Verdict undisturbed) {
    /**
     * The case.
     *
     * @return its name in the base
     */
    public String id() {
        return base.info().id();
    }

    /**
     * Whether disturbed forks decide the verdict.
     *
     * @return true if it would be another without them
     */
    public boolean hangsOnDisturbance() {
        return decision.verdict() != undisturbed;
    }
}
