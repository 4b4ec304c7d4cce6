package org.gup.zone;

import org.gup.page.Migratetype;

/** What an allocation wants. Models the {@code __GFP_*} bits that matter here; the numbers are the model's own. */
public final class Gfp {
    /** May be migrated: from ZONE_MOVABLE first, and from CMA pageblocks when there is nothing else. */
    public static final int GFP_MOVABLE = 1;
    /** Contents are cleared. Without it, contents are what the last owner left. */
    public static final int GFP_ZERO = 1 << 1;
    /** An order above 0 becomes a compound page. */
    public static final int GFP_COMP = 1 << 2;
    /** A cache that can be dropped. */
    public static final int GFP_RECLAIMABLE = 1 << 3;

    private static final int ALL = GFP_MOVABLE | GFP_ZERO | GFP_COMP | GFP_RECLAIMABLE;

    private Gfp() {}

    /**
     * The free lists that a request is served from first. Models {@code gfpflags_to_migratetype()}.
     *
     * @param gfp {@code GFP_*} bits
     * @return a {@link Migratetype}
     * @throws IllegalArgumentException if a bit is unknown, or both kinds of mobility are asked for
     */
    public static int migratetype(final int gfp) {
        if ((gfp & ~ALL) != 0) {
            throw new IllegalArgumentException("unknown GFP bits: gfp=0x" + Integer.toHexString(gfp));
        }
        return switch (gfp & (GFP_MOVABLE | GFP_RECLAIMABLE)) {
            case 0 -> Migratetype.UNMOVABLE;
            case GFP_MOVABLE -> Migratetype.MOVABLE;
            case GFP_RECLAIMABLE -> Migratetype.RECLAIMABLE;
            default ->
                throw new IllegalArgumentException(
                        "movable and reclaimable at once: gfp=0x" + Integer.toHexString(gfp));
        };
    }
}
