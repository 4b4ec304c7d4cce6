package org.gup.bench.agree.truth;

/**
 * What is known of one frame.
 *
 * @param flags {@code FrameState.*} bits
 * @param place which memory it lies in
 * @param references the reference count of its head
 * @param mapcount how many entries map it, or any part of the compound page it belongs to
 * @param order order of that compound page; 0 for a base page
 * @param moved whether this is not the frame that the page had before the call, or it had none
 * @param ownFlags whether the flags of its own, unlike those of its head, are known
 */
public record FrameState(
        int flags, Place place, int references, int mapcount, int order, boolean moved, boolean ownFlags) {
    /** Anonymous. */
    public static final int ANON = 1;
    /** Of a hugetlb pool. */
    public static final int HUGETLB = 1 << 1;
    /** A shared zero page, small or huge. */
    public static final int ZERO = 1 << 2;
    /** Merged by KSM. */
    public static final int KSM = 1 << 3;
    /** In the swap cache. */
    public static final int SWAPCACHE = 1 << 4;
    /** Dirty. */
    public static final int DIRTY = 1 << 5;
    /** Referenced. */
    public static final int REFERENCED = 1 << 6;
    /** On an LRU list. */
    public static final int LRU = 1 << 7;
    /** Active. */
    public static final int ACTIVE = 1 << 8;
    /** On the list of what cannot be evicted. */
    public static final int UNEVICTABLE = 1 << 9;
    /** Locked in memory. */
    public static final int MLOCKED = 1 << 10;
    /** Backed by swap. */
    public static final int SWAPBACKED = 1 << 11;
    /** Has buffers. */
    public static final int PRIVATE = 1 << 12;

    /** Flags that a page of a compound page shares with its head. */
    public static final int HEAD_FLAGS = ANON | HUGETLB | ZERO | KSM | SWAPCACHE | DIRTY | REFERENCED | LRU;

    private static final String[] NAMES = {
        "anon",
        "hugetlb",
        "zero",
        "ksm",
        "swapcache",
        "dirty",
        "referenced",
        "lru",
        "active",
        "unevictable",
        "mlocked",
        "swapbacked",
        "private"
    };

    /** Which memory a frame lies in. */
    public enum Place {
        /** Ordinary memory. */
        NORMAL,
        /** A contiguous memory area. */
        CMA,
        /** ZONE_MOVABLE. */
        MOVABLE,
        /** A device's. */
        DEVICE
    }

    /**
     * Flags in words.
     *
     * @param flags bits
     * @return names with blanks between them
     */
    public static String text(final int flags) {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < NAMES.length; i++) {
            if ((flags & 1 << i) != 0) {
                text.append(text.length() == 0 ? "" : " ").append(NAMES[i]);
            }
        }
        return text.length() == 0 ? "none" : text.toString();
    }
}
