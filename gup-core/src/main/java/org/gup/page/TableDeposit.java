package org.gup.page;

import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;

/**
 * Page tables that wait for the split of a huge PMD, which therefore cannot fail: each PMD table has a chain of them, linked
 * through {@code private}. Models {@code pgtable_trans_huge_deposit()} and {@code pgtable_trans_huge_withdraw()}.
 *
 * <p>Threading: under the lock of the PMD table.
 */
public final class TableDeposit {
    private TableDeposit() {}

    /**
     * Adds a table.
     *
     * @param memMap where the tables' {@code struct page} are
     * @param pmdTablePfn the PMD table that a huge entry is in
     * @param tablePfn an empty PTE table
     */
    public static void add(final MemMap memMap, final long pmdTablePfn, final long tablePfn) {
        final long chain = memMap.cold(pmdTablePfn);
        PageDescriptor.coldLong(memMap.cold(tablePfn), PRIVATE_OFFSET, PageDescriptor.coldLong(chain, PRIVATE_OFFSET));
        PageDescriptor.coldLong(chain, PRIVATE_OFFSET, tablePfn);
    }

    /**
     * Takes a table.
     *
     * @param memMap where the tables' {@code struct page} are
     * @param pmdTablePfn the PMD table that a huge entry is in
     * @return pfn of an empty PTE table
     * @throws IllegalStateException if there is none
     */
    public static long take(final MemMap memMap, final long pmdTablePfn) {
        final long chain = memMap.cold(pmdTablePfn);
        final long tablePfn = PageDescriptor.coldLong(chain, PRIVATE_OFFSET);
        if (tablePfn == 0) {
            throw new IllegalStateException("no table was deposited: pmdTablePfn=" + pmdTablePfn);
        }
        final long cold = memMap.cold(tablePfn);
        PageDescriptor.coldLong(chain, PRIVATE_OFFSET, PageDescriptor.coldLong(cold, PRIVATE_OFFSET));
        PageDescriptor.coldLong(cold, PRIVATE_OFFSET, 0);
        return tablePfn;
    }
}
