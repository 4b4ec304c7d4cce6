package org.gup.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Profile;
import org.gup.bench.results.Run;
import org.gup.bench.results.TestRuns;
import org.junit.jupiter.api.Test;

/** What is said of the same code, from rows that nobody measured. */
class SameCodeSectionTest {
    private static Run run(final int pairs, final int different) {
        final TestRuns runs = new TestRuns(5, 0.01);
        final List<PlannedCase> cases = Manifest.sameCode(Profile.DEFAULT, pairs);
        for (int i = 0; i < cases.size(); i++) {
            // A side of some pairs is slower, which the same code cannot be.
            runs.with(cases.get(i).benchCase(), 5, i % 2 == 1 && i / 2 < different ? 9 : 6);
        }
        return runs.run("aa");
    }

    @Test
    void shouldSayThatTheRigKeepsItsPromise() {
        final Section section = new SameCodeSection().of(run(20, 1)).get(0);
        assertTrue(
                section.answers()
                        .get(0)
                        .matches("The rig keeps its promise: [1-3] of 20 pairs of the same code looks? different"
                                + " by a test at 5 %; 1\\.0 are to be expected, and up to 3 are chance\\."),
                () -> section.answers().toString());
        assertTrue(
                section.answers()
                        .get(1)
                        .startsWith("Decided as one family, as all other comparisons are, 1 of 20 looks"),
                () -> section.answers().toString());
        assertEquals(20, section.tables().get(0).rows().size());
    }

    @Test
    void shouldSayThatTheRigDoesNotKeepItsPromise() {
        final Section section = new SameCodeSection().of(run(20, 6)).get(0);
        assertTrue(
                section.answers().get(0).startsWith("The rig does not keep its promise: "),
                () -> section.answers().toString());
        assertTrue(section.answers().get(3).startsWith("The pairs' ratios spread by "));
    }

    @Test
    void shouldNotJudgeTheRigByAPairOrTwo() {
        final Section section = new SameCodeSection().of(run(2, 0)).get(0);
        assertTrue(
                section.answers().get(0).contains("So few pairs do not say"),
                () -> section.answers().toString());
    }
}
