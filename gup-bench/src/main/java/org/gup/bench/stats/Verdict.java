package org.gup.bench.stats;

/** What a comparison comes to. A difference must be significant <em>and</em> large enough. */
public enum Verdict {
    /** More time per page. */
    SLOWER("slower"),
    /** Less time per page. */
    FASTER("faster"),
    /** A difference, smaller than what matters. */
    WITHIN_THRESHOLD("within threshold"),
    /** None was shown; that is no proof that there is none. */
    NO_DIFFERENCE("no difference found"),
    /** Fewer than three forks on a side. */
    TOO_FEW_FORKS("too few forks");

    private final String words;

    Verdict(final String words) {
        this.words = words;
    }

    /**
     * For a table.
     *
     * @return a few words
     */
    public String words() {
        return words;
    }
}
