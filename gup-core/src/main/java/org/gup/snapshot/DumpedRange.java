package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

/**
 * Consecutive addresses of one mapping whose leaves are alike: present, of one level, and of one kind.
 *
 * @param startVa first address
 * @param nrPages base pages
 * @param level level of the leaves
 * @param writable whether the leaves permit writing
 * @param device whether they are device pages
 * @param special whether they are special: the zero page, or frames without {@code struct page}
 * @param vma the mapping that they are in
 */
public record DumpedRange(
        long startVa, long nrPages, int level, boolean writable, boolean device, boolean special, DumpedVma vma) {

    /**
     * One past the last address.
     *
     * @return an address
     */
    public long endVa() {
        return startVa + (nrPages << PAGE_SHIFT);
    }
}
