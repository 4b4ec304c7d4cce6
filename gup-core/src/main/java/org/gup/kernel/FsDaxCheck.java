package org.gup.kernel;

/**
 * Where a longterm call refuses mappings of DAX file systems. The second place is for research: it became Linux 5.11's, and is
 * all that is modelled of it.
 */
public enum FsDaxCheck {
    /**
     * After the walk: everything is faulted in and pinned, with the mapping of each page in an array; if one of them is refused,
     * everything is given back, and the call fails. Models {@code check_dax_vmas()} of v5.2.
     */
    AFTER_WALK("after"),
    /**
     * Before the walk enters a mapping, which is neither faulted in nor pinned then: the call fails if it begins in that mapping,
     * and else returns the pages before it. No array of mappings is needed. Models the test in {@code check_vma_flags()} of
     * v5.11.
     */
    BEFORE_WALK("before");

    private final String label;

    FsDaxCheck(final String label) {
        this.label = label;
    }

    /**
     * A name for reports.
     *
     * @return such as {@code before}
     */
    public String label() {
        return label;
    }
}
