package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import org.gup.pgtable.Pte;

/**
 * An entry at the end of a walk, or a run of empty ones.
 *
 * @param address first address that it maps
 * @param nrPages base pages: 1, 512 or 262144; for {@link LeafKind#NONE} the length of the run
 * @param level 1 PTE, 2 PMD, 3 PUD; for {@link LeafKind#NONE} the level of the empty entries, up to 5
 * @param kind what it is
 * @param entry the entry, as stored; for {@link LeafKind#NONE} the first one
 * @param pfn its first frame, of a kind that has one; the page that a migration or hwpoison entry names; -1 otherwise
 * @param device whether it has the DEVMAP bit and a frame
 */
public record DumpedLeaf(long address, long nrPages, int level, LeafKind kind, long entry, long pfn, boolean device) {

    /**
     * One past the last address.
     *
     * @return an address
     */
    public long end() {
        return address + (nrPages << PAGE_SHIFT);
    }

    /**
     * Whether it permits writing.
     *
     * @return true for a frame with RW set
     */
    public boolean isWritable() {
        return kind.hasFrame() && Pte.isWritable(entry);
    }

    /**
     * Whether it permits execution.
     *
     * @return true for a frame with NX clear
     */
    public boolean isExecutable() {
        return kind.hasFrame() && (entry & Pte.NX) == 0;
    }

    /**
     * Whether user mode may use it.
     *
     * @return true for a frame with USER set
     */
    public boolean isUser() {
        return kind.hasFrame() && (entry & Pte.USER) != 0;
    }

    /**
     * Whether it is special: the zero page, or a frame without {@code struct page}. A device page that is marked special
     * as well is not counted.
     *
     * @return true for a special frame of level 1
     */
    public boolean isSpecial() {
        return kind.hasFrame() && level == PTE_LEVEL && !device && Pte.isSpecial(entry);
    }

    /**
     * Whether it maps pages that have a {@code struct page} and are no device's.
     *
     * @return true for a frame that is neither special nor a device's
     */
    public boolean isOrdinary() {
        return kind.hasFrame() && !device && !isSpecial();
    }

    /**
     * The type of a swap-format entry.
     *
     * @return 0 to 31; -1 for a kind that is not in swap format
     */
    public int swapType() {
        return isSwapFormat() ? Pte.swapType(entry) : -1;
    }

    /**
     * The offset of a swap-format entry.
     *
     * @return 0 to 2^50 - 1; -1 for a kind that is not in swap format
     */
    public long swapOffset() {
        return isSwapFormat() ? Pte.swapOffset(entry) : -1;
    }

    private boolean isSwapFormat() {
        return kind != LeafKind.NONE && !kind.hasFrame();
    }
}
