package org.gup.bench.compare;

import org.gup.bench.results.CaseRows;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Verdict;

/**
 * A number that two runs have.
 *
 * @param quantity what of the case it is
 * @param measure what stands for a fork
 * @param base the case in the base
 * @param other the case in the other run
 * @param decision what it comes to, all forks counted
 * @param undisturbed what it would come to if disturbed forks were left out; the same if there are none, or too few others
 */
public record CompareRow(
        Quantity quantity, Measure measure, CaseRows base, CaseRows other, Decision decision, Verdict undisturbed) {
    /**
     * The case, and what of it.
     *
     * @return its name in the base
     */
    public String id() {
        return quantity.name(base.info().id());
    }

    /**
     * What it was in the base.
     *
     * @return the geometric mean over forks
     */
    public double before() {
        return Decisions.geometricMean(quantity.of(base, measure));
    }

    /**
     * What it is in the other run.
     *
     * @return the geometric mean over forks
     */
    public double after() {
        return Decisions.geometricMean(quantity.of(other, measure));
    }

    /**
     * Whether something differs.
     *
     * @return true for a difference that is significant and large enough
     */
    public boolean isChanged() {
        return decision.verdict() == Verdict.SLOWER || decision.verdict() == Verdict.FASTER;
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
