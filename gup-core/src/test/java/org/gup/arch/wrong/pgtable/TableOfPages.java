package org.gup.arch.wrong.pgtable;

import org.gup.arch.wrong.page.RawPage;

/** The other half of a cycle. */
public final class TableOfPages {
    /** Not a constant to the compiler: a use of it is a use of this class. */
    public static final long ENTRIES = Long.parseLong("512");

    private TableOfPages() {}

    /**
     * Closes the cycle.
     *
     * @param address anything
     * @return anything
     */
    public static long use(final long address) {
        return RawPage.read(address);
    }
}
