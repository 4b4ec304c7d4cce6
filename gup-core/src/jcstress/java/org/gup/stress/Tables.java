package org.gup.stress;

import java.util.concurrent.atomic.AtomicInteger;
import org.gup.pgtable.TablePages;

/** Real page tables of the states, all of them allocated, used in turn. */
final class Tables {
    static final TablePages PAGES;

    private static final int TABLES = 1 << 14;
    private static final AtomicInteger NEXT = new AtomicInteger();

    static {
        PAGES = new TablePages(0, TABLES, 0, TABLES);
        for (int i = 0; i < TABLES; i++) {
            PAGES.allocate();
        }
    }

    private Tables() {}

    /** Frame of the next table. */
    static long next() {
        return NEXT.getAndIncrement() & (TABLES - 1);
    }
}
