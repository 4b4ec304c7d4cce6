package org.gup.stress;

import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;

/** What the fast walk does with one last-level entry, in the product's own steps, and how it can end. */
final class Walk {
    /** The entry of the page in question. */
    static final long ENTRY = Pte.of(0x1234, Pte.PRESENT | Pte.RW | Pte.USER | Pte.ACCESSED | Pte.DIRTY);

    static final int NOTHING_MAPPED = 0;
    static final int PINNED = 1;
    static final int PUT_BACK = 2;
    static final int REFUSED = 3;
    static final int PUT_BACK_AS_THE_LAST = 4;

    private Walk() {}

    /** Look, take a reference, look again. */
    static int pin(final long entryAddress, final long page) {
        final long pte = TablePages.entryAcquire(entryAddress);
        if (pte == 0) {
            return NOTHING_MAPPED;
        }
        if (!PageRef.tryGet(page, 1)) {
            return REFUSED;
        }
        if (TablePages.entryVolatile(entryAddress) != pte) {
            return PageRef.putAndTest(page, 1) ? PUT_BACK_AS_THE_LAST : PUT_BACK;
        }
        return PINNED;
    }
}
