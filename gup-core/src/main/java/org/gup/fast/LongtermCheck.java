package org.gup.fast;

/**
 * What a fast walk makes of FOLL_LONGTERM: nothing, as before the series; what v5.2 does; and the two places for a test of
 * contiguous memory (CMA) that were measured against each other in June 2019. The last two are for research: the second of
 * them became Linux 5.7's, the third never went in.
 */
public enum LongtermCheck {
    /** The flag is not known: v5.1. */
    NONE("none"),
    /** A device page stops the walk: v5.2. */
    DEVMAP("devmap"),
    /** The same, and a page of a CMA pageblock stops it too, before its reference is taken: one look-up for each page. */
    CMA_IN_WALK("cma-in-walk"),
    /** As {@link #DEVMAP}; then a second pass over what was gathered gives everything back from the first CMA page on. */
    CMA_SECOND_PASS("cma-second-pass");

    private final String label;

    LongtermCheck(final String label) {
        this.label = label;
    }

    /**
     * A name for reports.
     *
     * @return such as {@code cma-in-walk}
     */
    public String label() {
        return label;
    }
}
