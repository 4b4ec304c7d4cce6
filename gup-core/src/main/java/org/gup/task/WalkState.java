package org.gup.task;

import org.gup.stat.StopReason;

/**
 * Arguments and progress of one fast walk, kept with the task so that a walk allocates nothing. Internal: only the fast
 * walker touches the fields; they are copied to locals before its loops. The caller's array is not among them: a reference
 * stored for each call would cost a collector's barrier.
 */
public final class WalkState {
    /** How many pages have been stored. */
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

    private StopReason stop = StopReason.NONE;

    WalkState() {}

    /**
     * Why the walk ended.
     *
     * @return the reason; {@link StopReason#NONE} if it gathered everything
     */
    public StopReason stop() {
        return stop;
    }

    /**
     * Notes why the walk ended. Most walks end for the reason of the last one: then nothing is stored, and no barrier paid.
     *
     * @param reason why
     */
    public void stopped(final StopReason reason) {
        if (stop != reason) {
            stop = reason;
        }
    }
}
