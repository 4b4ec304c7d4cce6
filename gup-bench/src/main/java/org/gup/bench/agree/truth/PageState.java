package org.gup.bench.agree.truth;

import org.jspecify.annotations.Nullable;

/**
 * What is known of one page of a range: the last table entry that a walk to it reads, and the frame behind it.
 *
 * @param level level of that entry: 1 for a PTE, 2 for a PMD, 3 for a PUD, 4 for the top of four levels
 * @param entry the entry without its frame or swap offset; 0 for an empty one
 * @param vmFlags the mapping's {@code VM_*} flags, 0 without a mapping
 * @param frame the frame, or null if the entry is not present or the frame has no {@code struct page}
 */
public record PageState(
        int level, long entry, long vmFlags, @Nullable FrameState frame) {
    private static final long PRESENT = 1;
    private static final long PROTNONE = 1L << 8;
    private static final long FRAME = 0x000f_ffff_ffff_f000L;
    private static final long SWAP_KEPT = 0xf800_0000_0000_01ffL;

    /**
     * An entry without what no two machines agree on: the frame of one that has a frame, the offset of one that is swapped,
     * migrating or poisoned.
     *
     * @param raw the entry as it is in the table
     * @return its other bits
     */
    public static long masked(final long raw) {
        if ((raw & (PRESENT | PROTNONE)) != 0) {
            return raw & ~FRAME;
        }
        return raw & SWAP_KEPT;
    }

    /**
     * The entry in words.
     *
     * @return level and bits
     */
    public String entryText() {
        final String name = switch (level) {
            case 1 -> "pte ";
            case 2 -> "pmd ";
            default -> "upper ";
        };
        return name + Long.toHexString(entry);
    }

    /**
     * Whether a table is missing above the PMD; which one depends on what else the process has mapped.
     *
     * @return true if the walk ends above the PMD at nothing
     */
    public boolean endsAbovePmd() {
        return level > 2 && entry == 0;
    }
}
