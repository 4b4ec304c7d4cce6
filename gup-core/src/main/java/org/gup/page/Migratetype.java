package org.gup.page;

/** What a pageblock is for. Models {@code enum migratetype}, v5.2 with CONFIG_CMA and CONFIG_MEMORY_ISOLATION. */
public final class Migratetype {
    /** Kernel memory that stays. */
    public static final int UNMOVABLE = 0;
    /** User memory, which can be migrated. */
    public static final int MOVABLE = 1;
    /** Caches that can be dropped. */
    public static final int RECLAIMABLE = 2;
    /** Reserve for atomic allocations. */
    public static final int HIGHATOMIC = 3;
    /** Lent to movable allocations by a contiguous memory area. */
    public static final int CMA = 4;
    /** Nothing is allocated from it for now. */
    public static final int ISOLATE = 5;
    /** How many there are. */
    public static final int TYPES = 6;

    private Migratetype() {}

    /**
     * The kernel's name.
     *
     * @param migratetype 0 to {@link #TYPES} - 1
     * @return such as {@code CMA}
     */
    public static String name(final int migratetype) {
        return switch (migratetype) {
            case UNMOVABLE -> "Unmovable";
            case MOVABLE -> "Movable";
            case RECLAIMABLE -> "Reclaimable";
            case HIGHATOMIC -> "HighAtomic";
            case CMA -> "CMA";
            case ISOLATE -> "Isolate";
            default -> throw new IllegalArgumentException("no such migratetype: " + migratetype);
        };
    }
}
