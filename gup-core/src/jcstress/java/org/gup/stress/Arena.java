package org.gup.stress;

import java.util.concurrent.atomic.AtomicInteger;
import org.gup.offheap.Region;

/**
 * Off-heap words of the states: one block, a slot of two cache lines for each, used in turn. There are more slots than
 * states alive at once (10,240), and a state allocates nothing.
 */
final class Arena {
    static final int SLOT_BYTES = 128;
    static final int LINE_BYTES = 64;

    private static final int SLOTS = 1 << 15;
    private static final long BASE =
            Region.allocate("jcstress states", (long) SLOTS * SLOT_BYTES).address();
    private static final AtomicInteger NEXT = new AtomicInteger();

    private Arena() {}

    /** Address of the next slot; what it holds is what its last state left. */
    static long next() {
        return BASE + (long) (NEXT.getAndIncrement() & (SLOTS - 1)) * SLOT_BYTES;
    }
}
