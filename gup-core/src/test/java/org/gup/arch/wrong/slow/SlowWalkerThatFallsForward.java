package org.gup.arch.wrong.slow;

import org.gup.arch.wrong.fast.ImpatientWalker;

/** Tries fast again. */
public final class SlowWalkerThatFallsForward {
    private final ImpatientWalker fast = new ImpatientWalker();

    /**
     * Falls the wrong way.
     *
     * @param address anything
     * @return anything
     */
    public long walk(final long address) {
        return fast.walk(address);
    }
}
