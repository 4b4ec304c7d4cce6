package org.gup.zone;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;

/**
 * A CPU's pages on their way to the LRU lists, or to other lists than they are on. Models {@code struct pagevec} of
 * {@code lru_add_pvec} and {@code activate_page_pvecs}.
 *
 * <pre>
 *    0      4       8                       128      256
 *   +------+-------+-----------------------+--------+
 *   | lock | count | 15 pfns, 8 bytes each |  pad   |
 *   +------+-------+-----------------------+--------+
 * </pre>
 *
 * <p>The lock stands for the kernel's "preemption is off": a CPU is whoever has its number. Everything but {@link #count}
 * under it.
 */
final class Pagevec {
    /** Pages that fit. Models {@code PAGEVEC_SIZE}. */
    static final int SIZE = 15;

    static final int LOCK_OFFSET = 0;
    static final int COUNT_OFFSET = LOCK_OFFSET + SpinLock.LENGTH;
    static final int PFNS_OFFSET = COUNT_OFFSET + Integer.BYTES;
    /** Bytes of a pagevec, padded so that no two share an adjacent pair of lines. */
    static final int LENGTH = (PFNS_OFFSET + SIZE * Long.BYTES + 255) & -256;

    private Pagevec() {}

    static void lock(final long pagevec, final Await await) {
        SpinLock.lock(pagevec + LOCK_OFFSET, await);
    }

    static void unlock(final long pagevec) {
        SpinLock.unlock(pagevec + LOCK_OFFSET);
    }

    static int count(final long pagevec) {
        return Words.intOpaque(pagevec + COUNT_OFFSET);
    }

    static void count(final long pagevec, final int count) {
        Words.intOpaque(pagevec + COUNT_OFFSET, count);
    }

    static long pfn(final long pagevec, final int index) {
        return Words.longOpaque(pagevec + PFNS_OFFSET + (long) index * Long.BYTES);
    }

    /** Adds a page to one that is not full; answers how many there are now. */
    static int add(final long pagevec, final long pfn) {
        final int count = count(pagevec);
        Words.longOpaque(pagevec + PFNS_OFFSET + (long) count * Long.BYTES, pfn);
        count(pagevec, count + 1);
        return count + 1;
    }

    static boolean contains(final long pagevec, final long pfn) {
        for (int i = count(pagevec) - 1; i >= 0; i--) {
            if (pfn(pagevec, i) == pfn) {
                return true;
            }
        }
        return false;
    }
}
