package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.addressEnd;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;

/**
 * Visits the entries of a range of addresses that are not empty, tables from the top down. Models the loops of
 * {@code unmap_page_range()} and {@code change_protection_range()}.
 *
 * <p>Threading: mmap_sem held. Leaves are seen without their lock: who changes one takes the lock and looks again.
 */
abstract class RangeWalk {
    final PageTables pageTables;

    RangeWalk(final PageTables pageTables) {
        this.pageTables = pageTables;
    }

    /** Visits {@code [start, end)}, not empty. */
    final void walk(final long start, final long end) {
        walkTable(pageTables.root().topTable(), pageTables.root().geometry().levels(), start, end);
    }

    private void walkTable(final long table, final int level, final long start, final long end) {
        long address = start;
        do {
            final long next = addressEnd(address, end, level);
            final long entryAddress = TablePages.entryAddress(table, address, level);
            final long entry = TablePages.entryAcquire(entryAddress);
            if (!Pte.isNone(entry)) {
                if (!PageTables.isTable(entry, level)) {
                    hugeEntry(entryAddress, level, address, next);
                }
                // Read again: a huge PMD may have become a table.
                final long now = TablePages.entryAcquire(entryAddress);
                if (PageTables.isTable(now, level)) {
                    if (level == PMD_LEVEL) {
                        table(now, address, next);
                    } else {
                        walkTable(pageTables.child(now), level - 1, address, next);
                    }
                }
            }
            address = next;
        } while (address != end);
    }

    /**
     * A range below one PMD entry that points to a table: visits its PTEs, with the table's lock held.
     *
     * @param pmd the PMD entry
     * @param start first address of the range
     * @param end one past the last
     */
    void table(final long pmd, final long start, final long end) {
        final long first = pageTables.pteEntry(pmd, start);
        final long last = TablePages.entryAddress(pageTables.child(pmd), end - 1, PTE_LEVEL);
        pageTables.lock(first);
        for (long pteAddress = first; pteAddress <= last; pteAddress += Long.BYTES) {
            final long pte = TablePages.entryAcquire(pteAddress);
            if (!Pte.isNone(pte)) {
                pte(pteAddress, pte);
            }
        }
        pageTables.unlock(first);
    }

    /**
     * A PUD or PMD entry that is neither empty nor a table. May turn a PMD into a table, whose entries are then visited.
     *
     * @param entryAddress address of the entry
     * @param level 2 or 3
     * @param address first address of the range below it
     * @param next one past the last
     */
    abstract void hugeEntry(long entryAddress, int level, long address, long next);

    /**
     * A PTE that is not empty. Its table's lock is held.
     *
     * @param pteAddress address of the entry
     * @param pte the entry
     */
    abstract void pte(long pteAddress, long pte);
}
