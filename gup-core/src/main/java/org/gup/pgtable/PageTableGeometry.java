package org.gup.pgtable;

/**
 * Shape of a page table: how many levels, and how far user space reaches.
 *
 * <p>Levels are counted from the leaves: 1 PTE, 2 PMD, 3 PUD, 4 P4D, 5 PGD. With four levels the top table is the P4D, as
 * in a kernel whose PGD is folded into it.
 */
public enum PageTableGeometry {
    /** Four levels: 47 bits of user address. */
    FOUR_LEVEL(4, 47),
    /** Five levels (LA57): 56 bits of user address. */
    FIVE_LEVEL(5, 56);

    /** Bits of an address within a base page. */
    public static final int PAGE_SHIFT = 12;
    /** Bytes of a base page. */
    public static final long PAGE_SIZE = 1L << PAGE_SHIFT;
    /** Keeps the page of an address. */
    public static final long PAGE_MASK = -PAGE_SIZE;
    /** Bits of an address that choose an entry of one table. */
    public static final int INDEX_BITS = 9;
    /** Entries of a table. */
    public static final int ENTRIES = 1 << INDEX_BITS;
    /** Level of a PTE. */
    public static final int PTE_LEVEL = 1;
    /** Level of a PMD entry; its leaf is 2 MiB. */
    public static final int PMD_LEVEL = 2;
    /** Level of a PUD entry; its leaf is 1 GiB. */
    public static final int PUD_LEVEL = 3;
    /** Level of a P4D entry; always a table. */
    public static final int P4D_LEVEL = 4;
    /** Level of a PGD entry; always a table. */
    public static final int PGD_LEVEL = 5;
    /** Base pages of a PMD leaf. Models {@code HPAGE_PMD_NR}. */
    public static final int HPAGE_PMD_NR = 512;
    /** Bytes of a PMD leaf. */
    public static final long HPAGE_PMD_SIZE = PAGE_SIZE * HPAGE_PMD_NR;
    /** log2 of the base pages of a PMD leaf. */
    public static final int HPAGE_PMD_ORDER = 9;

    private final int levels;
    private final int userBits;

    PageTableGeometry(final int levels, final int userBits) {
        this.levels = levels;
        this.userBits = userBits;
    }

    /**
     * The geometry with a number of levels.
     *
     * @param levels 4 or 5
     * @return the geometry
     * @throws IllegalArgumentException for another number
     */
    public static PageTableGeometry ofLevels(final int levels) {
        return switch (levels) {
            case 4 -> FOUR_LEVEL;
            case 5 -> FIVE_LEVEL;
            default -> throw new IllegalArgumentException("levels must be 4 or 5: levels=" + levels);
        };
    }

    /**
     * Number of levels.
     *
     * @return 4 or 5
     */
    public int levels() {
        return levels;
    }

    /**
     * Bits of a user address.
     *
     * @return 47 or 56
     */
    public int userBits() {
        return userBits;
    }

    /**
     * One past the last user address; the last page below the boundary is never mapped. Models {@code TASK_SIZE_MAX}.
     *
     * @return bytes
     */
    public long taskSize() {
        return (1L << userBits) - PAGE_SIZE;
    }

    /**
     * The part of an address that an entry of a level leaves open, as a shift.
     *
     * @param level 1 to 5
     * @return 12, 21, 30, 39 or 48
     */
    public static int shift(final int level) {
        return PAGE_SHIFT + (level - 1) * INDEX_BITS;
    }

    /**
     * Bytes that an entry of a level maps.
     *
     * @param level 1 to 5
     * @return bytes, a power of two
     */
    public static long size(final int level) {
        return 1L << shift(level);
    }

    /**
     * Which entry of its table an address uses. Models {@code pte_index()} and its kin.
     *
     * @param address a virtual address
     * @param level 1 to 5
     * @return 0 to 511
     */
    public static int index(final long address, final int level) {
        return (int) (address >>> shift(level)) & (ENTRIES - 1);
    }

    /**
     * Where the part of a range that one entry maps ends. Models {@code pmd_addr_end()} and its kin.
     *
     * @param address start of the rest of the range
     * @param end end of the range, exclusive, less than 2^63 bytes above {@code address}
     * @param level 1 to 5
     * @return the entry's end or the range's, whichever comes first
     */
    public static long addressEnd(final long address, final long end, final int level) {
        final long size = size(level);
        final long boundary = (address + size) & -size;
        // Compared by distance, so that neither 2^63 nor a boundary of 2^64 (that is, 0) between the two is in the way.
        return boundary - address < end - address ? boundary : end;
    }
}
