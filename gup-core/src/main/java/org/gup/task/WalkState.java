package org.gup.task;

import org.gup.stat.StopReason;

/**
 * Arguments and progress of one fast walk, kept with the task so that a walk allocates nothing. Internal: only the fast
 * walker touches the fields; they are copied to locals before its loops.
 */
public final class WalkState {
    private static final long[] NO_PAGES = {};

    /** Where the page frame numbers go. */
    public long[] pages = NO_PAGES;
    /** How many have been stored. */
    public int nr;
    /** {@code FOLL_*} of the call. */
    public int flags;
    /** Bits of an entry that decide whether it is an ordinary page for this call. */
    public long checkMask;
    /** What those bits must be. */
    public long checkWant;
    /** The bit that marks a device page. */
    public long devmap;
    /** Protection keys that forbid this access, one bit per key. */
    public int deniedPkeys;
    /** Why the walk ended. */
    public StopReason stop = StopReason.NONE;

    WalkState() {}

    /** Forgets the caller's array. */
    public void release() {
        pages = NO_PAGES;
    }
}
