package org.gup.bench.paired;

import static org.gup.bench.paired.Arm.CHECK_BY_CHECK;
import static org.gup.bench.paired.Arm.FUSED;
import static org.gup.fast.LongtermCheck.CMA_IN_WALK;
import static org.gup.fast.LongtermCheck.CMA_SECOND_PASS;
import static org.gup.fast.LongtermCheck.DEVMAP;
import static org.gup.fast.LongtermCheck.NONE;

import java.util.ArrayList;
import java.util.List;
import org.gup.fast.LongtermCheck;
import org.jspecify.annotations.Nullable;

/**
 * The third question, what a check costs: the variants of the walk from v5.1 to the two alternatives of June 2019, and which of
 * them are compared.
 */
public final class CheckLadder {
    private CheckLadder() {}

    /** Why two arms are compared. */
    public enum Role {
        /** The same thing twice: what differs is noise. */
        SAME_TWICE,
        /** A difference that is known to be there and must be found. */
        KNOWN_DIFFERENCE,
        /** What is asked. */
        QUESTION
    }

    /**
     * Two arms of one fork.
     *
     * @param id the key of everything written about it
     * @param question what a reader is told
     * @param arm the one that has more
     * @param base what it is compared with
     * @param role why
     * @param mail2019 the same ratio in the mails of June 2019; NaN if they have none
     */
    public record Comparison(String id, String question, String arm, String base, Role role, double mail2019) {}

    /** Every variant. */
    static List<Arm> arms() {
        final List<Arm> arms = new ArrayList<>();
        arms.add(new Arm("write", "boolean write (v5.1)", CHECK_BY_CHECK, null, false, false));
        add(arms, "flags", "gup_flags, no long-term test", CHECK_BY_CHECK, NONE, false);
        add(arms, "v5.2", "v5.2", CHECK_BY_CHECK, DEVMAP, false);
        add(arms, "v5.2-again", "v5.2 (A/A)", CHECK_BY_CHECK, DEVMAP, false);
        add(arms, "v5.2-lt", "v5.2, FOLL_LONGTERM", CHECK_BY_CHECK, DEVMAP, true);
        add(arms, "cma-in-walk", "CMA test in the walk", CHECK_BY_CHECK, CMA_IN_WALK, false);
        add(arms, "cma-in-walk-lt", "CMA test in the walk, FOLL_LONGTERM", CHECK_BY_CHECK, CMA_IN_WALK, true);
        add(arms, "cma-second-pass", "CMA test as a second pass", CHECK_BY_CHECK, CMA_SECOND_PASS, false);
        add(arms, "cma-second-pass-lt", "second pass, FOLL_LONGTERM", CHECK_BY_CHECK, CMA_SECOND_PASS, true);
        arms.add(new Arm(
                "marks-always", "v5.2, PG_referenced set unconditionally", CHECK_BY_CHECK, DEVMAP, false, true));
        add(arms, "fused-flags", "fused, no long-term test", FUSED, NONE, false);
        add(arms, "fused-v5.2", "fused, v5.2", FUSED, DEVMAP, false);
        add(arms, "fused-v5.2-again", "fused, v5.2 (A/A)", FUSED, DEVMAP, false);
        add(arms, "fused-v5.2-lt", "fused, v5.2, FOLL_LONGTERM", FUSED, DEVMAP, true);
        add(arms, "fused-cma-in-walk", "fused, CMA test in the walk", FUSED, CMA_IN_WALK, false);
        add(arms, "fused-cma-in-walk-lt", "fused, CMA test in the walk, FOLL_LONGTERM", FUSED, CMA_IN_WALK, true);
        add(arms, "fused-cma-second-pass-lt", "fused, second pass, FOLL_LONGTERM", FUSED, CMA_SECOND_PASS, true);
        return List.copyOf(arms);
    }

    private static void add(
            final List<Arm> arms,
            final String id,
            final String label,
            final String shape,
            final @Nullable LongtermCheck check,
            final boolean longterm) {
        arms.add(new Arm(id, label, shape, check, longterm, false));
    }

    /** What is compared, in the order of the report. */
    public static List<Comparison> comparisons() {
        return List.of(
                same("aa", "the same walk twice", "v5.2-again", "v5.2"),
                same("fused-aa", "the same fused walk twice", "fused-v5.2-again", "fused-v5.2"),
                new Comparison(
                        "control",
                        "setting PG_referenced unconditionally, a second locked operation for each page",
                        "marks-always",
                        "v5.2",
                        Role.KNOWN_DIFFERENCE,
                        Double.NaN),
                question("signature", "gup_flags in place of boolean write", "flags", "write", Double.NaN),
                question("longterm-test", "the long-term test of v5.2", "v5.2", "flags", Double.NaN),
                question("series", "the whole series, v5.1 to v5.2", "v5.2", "write", Double.NaN),
                question("longterm-set", "FOLL_LONGTERM set, ordinary pages", "v5.2-lt", "v5.2", 14.68 / 14.58),
                question("cma-in-walk", "CMA test in the walk, flag clear", "cma-in-walk", "v5.2", 14.23 / 14.58),
                question(
                        "cma-in-walk-lt", "CMA test in the walk, flag set", "cma-in-walk-lt", "v5.2-lt", 16.17 / 14.68),
                question(
                        "cma-second-pass",
                        "CMA test as a second pass, flag clear",
                        "cma-second-pass",
                        "v5.2",
                        14.70 / 14.58),
                question(
                        "cma-second-pass-lt",
                        "CMA test as a second pass, flag set",
                        "cma-second-pass-lt",
                        "v5.2-lt",
                        19.54 / 14.68),
                question("fused-longterm-test", "fused: the test of v5.2", "fused-v5.2", "fused-flags", Double.NaN),
                question("fused-longterm-set", "fused: FOLL_LONGTERM set", "fused-v5.2-lt", "fused-v5.2", Double.NaN),
                question(
                        "fused-cma-in-walk",
                        "fused: CMA test in the walk, flag clear",
                        "fused-cma-in-walk",
                        "fused-v5.2",
                        Double.NaN),
                question(
                        "fused-cma-in-walk-lt",
                        "fused: CMA test in the walk, flag set",
                        "fused-cma-in-walk-lt",
                        "fused-v5.2-lt",
                        Double.NaN),
                question(
                        "fused-cma-second-pass-lt",
                        "fused: second pass, flag set",
                        "fused-cma-second-pass-lt",
                        "fused-v5.2-lt",
                        Double.NaN),
                question("shape", "fused in place of check by check", "fused-v5.2", "v5.2", Double.NaN));
    }

    private static Comparison same(final String id, final String question, final String arm, final String base) {
        return new Comparison(id, question, arm, base, Role.SAME_TWICE, Double.NaN);
    }

    private static Comparison question(
            final String id, final String question, final String arm, final String base, final double mail2019) {
        return new Comparison(id, question, arm, base, Role.QUESTION, mail2019);
    }
}
