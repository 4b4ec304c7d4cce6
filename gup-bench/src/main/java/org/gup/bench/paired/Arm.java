package org.gup.bench.paired;

import org.gup.fast.LeafGuard;
import org.gup.fast.LongtermCheck;
import org.gup.fast.PageWalk;
import org.gup.flags.FollFlags;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * One variant of the walk: which checks, in which shape, asked with or without FOLL_LONGTERM. Two arms that differ in
 * {@code copy} alone are the same thing twice.
 *
 * @param id the key of everything written about it
 * @param label what a reader calls it
 * @param shape {@code check-by-check} or {@code fused}
 * @param check what FOLL_LONGTERM means to its guard; null for the signature of v5.1
 * @param longterm whether FOLL_LONGTERM is set
 * @param marksAlways whether PG_referenced is set without a test, as in the kernel
 */
record Arm(
        String id, String label, String shape, @Nullable LongtermCheck check, boolean longterm, boolean marksAlways) {
    /** The shape that reads as the source does. */
    static final String CHECK_BY_CHECK = "check-by-check";
    /** The shape that compares once. */
    static final String FUSED = "fused";

    /** A walker of a class of its own. */
    PageWalk walker(final PhysicalMemory memory) {
        if (check == null) {
            return new WriteWalk(memory);
        }
        if (marksAlways) {
            return WalkerCopies.of(memory, LeafGuard.marksAlways());
        }
        return WalkerCopies.of(memory, shape.equals(FUSED) ? LeafGuard.fused(check) : LeafGuard.checkByCheck(check));
    }

    /** Whether its walk stops at the first page of a ground, and takes none. */
    boolean stopsOn(final Ground ground) {
        return ground == Ground.DEVICE && longterm && check != LongtermCheck.NONE;
    }

    /** {@code FOLL_*} of its calls. */
    int gupFlags() {
        return FollFlags.FOLL_WRITE | (longterm ? FollFlags.FOLL_LONGTERM : 0);
    }
}
