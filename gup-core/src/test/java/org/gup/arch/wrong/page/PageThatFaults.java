package org.gup.arch.wrong.page;

import org.gup.arch.wrong.mm.WrongFaults;
import org.gup.arch.wrong.pgtable.TableOfPages;

/** Points up, and is one half of a cycle. */
public final class PageThatFaults {
    private PageThatFaults() {}

    /**
     * Uses both.
     *
     * @param address anything
     * @return anything
     */
    public static long use(final long address) {
        return WrongFaults.handle(address) + TableOfPages.ENTRIES;
    }
}
