package org.gup.bench.paired;

import java.util.List;

/**
 * The third question, what a check costs, as sets of variants of the walk of which some are compared: from v5.1 to the two
 * alternatives of June 2019, over ordinary pages and over device pages.
 */
public enum CheckLadder {
    /** Every variant, over 16 MiB of ordinary pages. */
    ORDINARY("check", Ground.ORDINARY, 4096) {
        @Override
        List<Arm> arms() {
            return Arms.of(
                    "write",
                    "flags",
                    "v5.2",
                    "v5.2-again",
                    "v5.2-lt",
                    "cma-in-walk",
                    "cma-in-walk-lt",
                    "cma-second-pass",
                    "cma-second-pass-lt",
                    "marks-always",
                    "fused-flags",
                    "fused-v5.2",
                    "fused-v5.2-again",
                    "fused-v5.2-lt",
                    "fused-cma-in-walk",
                    "fused-cma-in-walk-lt",
                    "fused-cma-second-pass-lt");
        }

        @Override
        public List<Comparison> comparisons() {
            return List.of(
                    sameTwice(),
                    fusedTwice(),
                    control(),
                    signature(),
                    question("longterm-test", "the long-term test of v5.2", "v5.2", "flags"),
                    series(),
                    question("longterm-set", "FOLL_LONGTERM set, ordinary pages", "v5.2-lt", "v5.2"),
                    cmaInWalk(),
                    cmaInWalkSet(),
                    cmaSecondPass(),
                    cmaSecondPassSet(),
                    question("fused-longterm-test", "fused: the test of v5.2", "fused-v5.2", "fused-flags"),
                    question("fused-longterm-set", "fused: FOLL_LONGTERM set", "fused-v5.2-lt", "fused-v5.2"),
                    fusedCmaInWalk(),
                    fusedCmaInWalkSet(),
                    fusedCmaSecondPassSet(),
                    shape());
        }
    },
    /** Over 16 MiB of device pages, where the test of v5.2 is on the way of every page. */
    DEVICE("check-device", Ground.DEVICE, 4096) {
        @Override
        List<Arm> arms() {
            return Arms.of(
                    "write",
                    "flags",
                    "flags-lt",
                    "v5.2",
                    "v5.2-again",
                    "v5.2-lt",
                    "cma-in-walk",
                    "cma-second-pass",
                    "marks-always",
                    "fused-flags",
                    "fused-flags-lt",
                    "fused-v5.2",
                    "fused-v5.2-again",
                    "fused-v5.2-lt",
                    "fused-cma-in-walk",
                    "fused-cma-second-pass");
        }

        @Override
        public List<Comparison> comparisons() {
            return List.of(
                    sameTwice(),
                    fusedTwice(),
                    control(),
                    signature(),
                    question("longterm-test", "the long-term test of v5.2, flag clear", "v5.2", "flags"),
                    question("longterm-set", "FOLL_LONGTERM set, where nothing tests it", "flags-lt", "flags"),
                    series(),
                    cmaInWalk(),
                    cmaSecondPass(),
                    question("fused-longterm-test", "fused: the test of v5.2, flag clear", "fused-v5.2", "fused-flags"),
                    question(
                            "fused-longterm-set",
                            "fused: FOLL_LONGTERM set, where nothing tests it",
                            "fused-flags-lt",
                            "fused-flags"),
                    fusedCmaInWalk(),
                    question(
                            "fused-cma-second-pass",
                            "fused: CMA test as a second pass, flag clear",
                            "fused-cma-second-pass",
                            "fused-v5.2"),
                    shape());
        }
    },
    /** What the mails of June 2019 measured, over as many pages. */
    JUNE_2019("june-2019", Ground.ORDINARY, June2019.PAGES) {
        @Override
        List<Arm> arms() {
            return Arms.of(
                    "v5.2",
                    "v5.2-again",
                    "v5.2-lt",
                    "cma-in-walk",
                    "cma-in-walk-lt",
                    "cma-second-pass",
                    "cma-second-pass-lt",
                    "marks-always",
                    "fused-v5.2-lt",
                    "fused-cma-in-walk-lt",
                    "fused-cma-second-pass-lt");
        }

        @Override
        public List<Comparison> comparisons() {
            return List.of(
                    sameTwice(),
                    control(),
                    question("longterm-set", "FOLL_LONGTERM set, v5.2", "v5.2-lt", "v5.2"),
                    cmaInWalk(),
                    cmaInWalkSet(),
                    cmaSecondPass(),
                    cmaSecondPassSet(),
                    question(
                            "in-walk-set",
                            "CMA test in the walk: flag set, not clear",
                            "cma-in-walk-lt",
                            "cma-in-walk"),
                    question(
                            "second-pass-set",
                            "second pass: flag set, not clear",
                            "cma-second-pass-lt",
                            "cma-second-pass"),
                    question(
                            "alternatives",
                            "second pass in place of a test in the walk, flag set",
                            "cma-second-pass-lt",
                            "cma-in-walk-lt"),
                    fusedCmaInWalkSet(),
                    fusedCmaSecondPassSet(),
                    question(
                            "fused-alternatives",
                            "fused: second pass in place of a test in the walk, flag set",
                            "fused-cma-second-pass-lt",
                            "fused-cma-in-walk-lt"));
        }
    };

    private final String id;
    private final Ground ground;
    private final int pages;

    CheckLadder(final String id, final Ground ground, final int pages) {
        this.id = id;
        this.ground = ground;
        this.pages = pages;
    }

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
     */
    public record Comparison(String id, String question, String arm, String base, Role role) {}

    /**
     * What the ids of its cases begin with.
     *
     * @return letters, digits and dashes
     */
    public String id() {
        return id;
    }

    /**
     * What is walked over.
     *
     * @return the ground
     */
    public Ground ground() {
        return ground;
    }

    /**
     * How much of it.
     *
     * @return pages
     */
    public int pages() {
        return pages;
    }

    /**
     * Every variant.
     *
     * @return in the order of the report
     */
    abstract List<Arm> arms();

    /**
     * What is compared.
     *
     * @return in the order of the report
     */
    public abstract List<Comparison> comparisons();

    private static Comparison sameTwice() {
        return same("aa", "the same walk twice", "v5.2-again", "v5.2");
    }

    private static Comparison fusedTwice() {
        return same("fused-aa", "the same fused walk twice", "fused-v5.2-again", "fused-v5.2");
    }

    private static Comparison signature() {
        return question("signature", "gup_flags in place of boolean write", "flags", "write");
    }

    private static Comparison series() {
        return question("series", "the whole series, v5.1 to v5.2", "v5.2", "write");
    }

    private static Comparison cmaInWalk() {
        return question("cma-in-walk", "CMA test in the walk, flag clear", "cma-in-walk", "v5.2");
    }

    private static Comparison cmaInWalkSet() {
        return question("cma-in-walk-lt", "CMA test in the walk, flag set", "cma-in-walk-lt", "v5.2-lt");
    }

    private static Comparison cmaSecondPass() {
        return question("cma-second-pass", "CMA test as a second pass, flag clear", "cma-second-pass", "v5.2");
    }

    private static Comparison cmaSecondPassSet() {
        return question("cma-second-pass-lt", "CMA test as a second pass, flag set", "cma-second-pass-lt", "v5.2-lt");
    }

    private static Comparison fusedCmaInWalk() {
        return question(
                "fused-cma-in-walk", "fused: CMA test in the walk, flag clear", "fused-cma-in-walk", "fused-v5.2");
    }

    private static Comparison fusedCmaInWalkSet() {
        return question(
                "fused-cma-in-walk-lt",
                "fused: CMA test in the walk, flag set",
                "fused-cma-in-walk-lt",
                "fused-v5.2-lt");
    }

    private static Comparison fusedCmaSecondPassSet() {
        return question(
                "fused-cma-second-pass-lt",
                "fused: second pass, flag set",
                "fused-cma-second-pass-lt",
                "fused-v5.2-lt");
    }

    private static Comparison shape() {
        return question("shape", "fused in place of check by check", "fused-v5.2", "v5.2");
    }

    private static Comparison same(final String id, final String question, final String arm, final String base) {
        return new Comparison(id, question, arm, base, Role.SAME_TWICE);
    }

    private static Comparison question(final String id, final String question, final String arm, final String base) {
        return new Comparison(id, question, arm, base, Role.QUESTION);
    }

    private static Comparison control() {
        return new Comparison(
                "control",
                "setting PG_referenced unconditionally, a second locked operation for each page",
                "marks-always",
                "v5.2",
                Role.KNOWN_DIFFERENCE);
    }
}
