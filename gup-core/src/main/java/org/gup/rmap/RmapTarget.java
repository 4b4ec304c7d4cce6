package org.gup.rmap;

import org.gup.pgtable.WalkRoot;

/**
 * An address space as reverse mapping sees it: which of its addresses may map a page. Every method is called with the rmap
 * lock held, see {@link Rmap}.
 */
public interface RmapTarget {
    /**
     * Its page tables.
     *
     * @return the root
     */
    WalkRoot walkRoot();

    /**
     * The lowest address, from one on, at which a mapping of an owner has one of its pages. Models {@code vma_address()} over
     * the interval tree.
     *
     * @param owner an id of {@link Rmap#newOwner}
     * @param index first page index within the owner
     * @param nrPages how many indices
     * @param from lowest address wanted, page-aligned
     * @return a page-aligned address; -1 if there is none
     */
    long firstMapped(long owner, long index, long nrPages, long from);

    /**
     * One past the last address of the mapping around an address that {@link #firstMapped} gave.
     *
     * @param address the address
     * @return page-aligned
     */
    long mappedEnd(long address);

    /**
     * The page index within its owner that an address of {@link #firstMapped} stands for.
     *
     * @param owner the owner
     * @param address the address
     * @return an index in pages
     */
    long mappedIndex(long owner, long address);

    /**
     * The mapping's flags.
     *
     * @param address an address that {@link #firstMapped} gave
     * @return {@code VmFlags.VM_*}
     */
    long vmFlags(long address);

    /**
     * The bits of a present entry of the mapping, not writable where a write must fault first. Models {@code vm_page_prot}.
     *
     * @param address an address that {@link #firstMapped} gave
     * @return every bit but the frame
     */
    long protectionBits(long address);
}
