package org.gup.pgtable;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

/**
 * One page-table entry of any level, as a {@code long}.
 *
 * <pre>
 *    63   62..59   58     57    56..52   51 ........ 12   11     10     9      8     7    6   5   4     3     2    1    0
 *  | NX | PKEY  | SW5  | SW4 |        |      pfn      | SW3  | SW2 | SW1  |  G  | PSE | D | A | PCD | PWT | US | RW | P |
 *                 5.2:  6.12:                           SOFT   6.12: SPECIAL P=0:
 *                DEVMAP DEVMAP                          DIRTY UFFD_WP       PROTNONE
 * </pre>
 *
 * <p>An entry with P clear and PROTNONE set keeps its frame, bit-inverted (a guard against L1TF). Any other entry with P
 * clear that is not empty is in swap format: type in bits 59 to 63, offset inverted in bits 9 to 58. A huge leaf (PSE at
 * level 2 or 3) has PAT at bit 12, where a frame number that must be aligned has no bit anyway.
 *
 * <p>Models {@code arch/x86/include/asm/pgtable*.h}. Static functions of a value: any thread.
 */
public final class Pte {
    /** Present: the hardware may use the entry. */
    public static final long PRESENT = 1L;
    /** Writable. */
    public static final long RW = 1L << 1;
    /** User mode may use it. */
    public static final long USER = 1L << 2;
    /** Page write-through. */
    public static final long PWT = 1L << 3;
    /** Page cache disabled. */
    public static final long PCD = 1L << 4;
    /** Used. */
    public static final long ACCESSED = 1L << 5;
    /** Written to. */
    public static final long DIRTY = 1L << 6;
    /** A leaf at level 2 or 3; at level 1 this bit is PAT. */
    public static final long PSE = 1L << 7;
    /** Not flushed with the address space, when present. */
    public static final long GLOBAL = 1L << 8;
    /** No access permitted, when not present. */
    public static final long PROTNONE = 1L << 8;
    /** No {@code struct page} to be taken from this entry. */
    public static final long SPECIAL = 1L << 9;
    /** Written to since the bit was cleared. */
    public static final long SOFT_DIRTY = 1L << 11;
    /** Written to since the bit was cleared, of an entry in swap format. */
    public static final long SWP_SOFT_DIRTY = 1L << 1;
    /** PAT of a huge leaf. */
    public static final long PAT_LARGE = 1L << 12;
    /** Not executable. */
    public static final long NX = 1L << 63;
    /** Position of the protection key. */
    public static final int PKEY_SHIFT = 59;
    /** The four bits of the protection key. */
    public static final long PKEY_MASK = 0xfL << PKEY_SHIFT;
    /** The bits of the frame. */
    public static final long PFN_MASK = 0x000f_ffff_ffff_f000L;
    /** Largest frame number. */
    public static final long MAX_PFN = PFN_MASK >>> PAGE_SHIFT;
    /** What an entry that points to a table has set. Models {@code _PAGE_TABLE}. */
    public static final long TABLE = PRESENT | RW | USER | ACCESSED | DIRTY;

    private static final int SWAP_TYPE_SHIFT = 59;
    private static final int SWAP_OFFSET_FIRST_BIT = 9;
    private static final int SWAP_OFFSET_SHIFT = 64 - SWAP_TYPE_SHIFT + SWAP_OFFSET_FIRST_BIT;
    /** Bits that an erratum may set in an entry that is empty. */
    private static final long ERRATUM_MASK = ACCESSED | DIRTY;

    private Pte() {}

    /**
     * Whether an entry is empty. Models {@code pte_none()}: A and D do not count.
     *
     * @param entry an entry of any level
     * @return true if it is
     */
    public static boolean isNone(final long entry) {
        return (entry & ~ERRATUM_MASK) == 0;
    }

    /**
     * Whether a PTE stands for a page of its own. Models {@code pte_present()}: P or PROTNONE.
     *
     * @param entry an entry of level 1
     * @return true if it does
     */
    public static boolean isPresent(final long entry) {
        return (entry & (PRESENT | PROTNONE)) != 0;
    }

    /**
     * Whether a PMD entry is present. Models {@code pmd_present()}: P, PROTNONE, or PSE, which keeps it present while a
     * split has cleared P.
     *
     * @param entry an entry of level 2
     * @return true if it is
     */
    public static boolean isPmdPresent(final long entry) {
        return (entry & (PRESENT | PROTNONE | PSE)) != 0;
    }

    /**
     * Whether the hardware may use an entry. Models {@code pud_present()} and the presence of any table.
     *
     * @param entry an entry of any level
     * @return true if P is set
     */
    public static boolean isHardwarePresent(final long entry) {
        return (entry & PRESENT) != 0;
    }

    /**
     * Whether access was taken away while the frame is kept. Models {@code pte_protnone()}.
     *
     * @param entry an entry of level 1 or a huge leaf
     * @return true if it was
     */
    public static boolean isProtnone(final long entry) {
        return (entry & (PRESENT | PROTNONE)) == PROTNONE;
    }

    /**
     * Whether an entry of level 2 or 3 is a leaf.
     *
     * @param entry a present entry of level 2 or 3
     * @return true if PSE is set
     */
    public static boolean isHuge(final long entry) {
        return (entry & PSE) != 0;
    }

    /**
     * Whether an entry is writable. Models {@code pte_write()}.
     *
     * @param entry an entry
     * @return true if RW is set
     */
    public static boolean isWritable(final long entry) {
        return (entry & RW) != 0;
    }

    /**
     * Whether an entry is special. Models {@code pte_special()}.
     *
     * @param entry an entry of level 1
     * @return true if SPECIAL is set
     */
    public static boolean isSpecial(final long entry) {
        return (entry & SPECIAL) != 0;
    }

    /**
     * The protection key.
     *
     * @param entry a present entry
     * @return 0 to 15
     */
    public static int pkey(final long entry) {
        return (int) ((entry & PKEY_MASK) >>> PKEY_SHIFT);
    }

    /**
     * The frame of a PTE or table entry. Models {@code pte_pfn()}: inverted entries are turned back.
     *
     * @param entry an entry for which {@link #isPresent} holds
     * @return a pfn
     */
    public static long pfn(final long entry) {
        return ((entry ^ invertMask(entry)) & PFN_MASK) >>> PAGE_SHIFT;
    }

    /**
     * The first frame of a huge leaf. Models {@code pmd_pfn()}, {@code pud_pfn()}: PAT is masked out.
     *
     * @param entry a huge leaf
     * @param level 2 or 3
     * @return a pfn, a multiple of the leaf's pages
     */
    public static long hugePfn(final long entry, final int level) {
        return pfn(entry) & -(1L << ((level - 1) * PageTableGeometry.INDEX_BITS));
    }

    /**
     * A leaf or table entry. Models {@code pfn_pte()}: the frame is inverted where the bits require it.
     *
     * @param pfn the frame, 0 to {@link #MAX_PFN}
     * @param bits every other bit
     * @return the entry
     */
    public static long of(final long pfn, final long bits) {
        return (((pfn << PAGE_SHIFT) ^ invertMask(bits)) & PFN_MASK) | (bits & ~PFN_MASK);
    }

    /**
     * A huge leaf. Models {@code pfn_pmd()}, {@code pfn_pud()}: the bits that an aligned frame does not use stay 0, inverted
     * or not.
     *
     * @param pfn the first frame, a multiple of the leaf's pages
     * @param bits every other bit, PSE among them
     * @param level 2 or 3
     * @return the entry
     */
    public static long ofHuge(final long pfn, final long bits, final int level) {
        return of(pfn, bits) & (~PFN_MASK | -PageTableGeometry.size(level));
    }

    /**
     * The same frame with other bits. Models {@code pte_modify()}, which turns the frame over when that is needed.
     *
     * @param entry a present entry
     * @param bits every bit but the frame
     * @return the new entry
     */
    public static long withBits(final long entry, final long bits) {
        return of(pfn(entry), bits);
    }

    /**
     * Every bit but the frame.
     *
     * @param entry an entry
     * @return the bits, frame zero
     */
    public static long bits(final long entry) {
        return entry & ~PFN_MASK;
    }

    /**
     * A swap-format entry. Models {@code __swp_entry()}.
     *
     * @param type 0 to 31
     * @param offset 0 to 2^50 - 1
     * @return the entry
     */
    public static long swapEntry(final int type, final long offset) {
        if (type < 0 || type > 31 || offset < 0 || offset >= 1L << 50) {
            throw new IllegalArgumentException("swap entry out of range: type=" + type + ", offset=" + offset);
        }
        return ((~offset << SWAP_OFFSET_SHIFT) >>> (64 - SWAP_TYPE_SHIFT)) | ((long) type << SWAP_TYPE_SHIFT);
    }

    /**
     * The type of a swap-format entry. Models {@code __swp_type()}.
     *
     * @param entry a non-present, non-empty entry
     * @return 0 to 31
     */
    public static int swapType(final long entry) {
        return (int) (entry >>> SWAP_TYPE_SHIFT);
    }

    /**
     * The offset of a swap-format entry. Models {@code __swp_offset()}.
     *
     * @param entry a non-present, non-empty entry
     * @return 0 to 2^50 - 1
     */
    public static long swapOffset(final long entry) {
        return (~entry << (64 - SWAP_TYPE_SHIFT)) >>> SWAP_OFFSET_SHIFT;
    }

    /** All ones where the frame is stored inverted: P clear, but not empty. Models {@code protnone_mask()}. */
    private static long invertMask(final long entry) {
        return entry != 0 && (entry & PRESENT) == 0 ? -1L : 0L;
    }
}
