package org.gup.zone;

import org.gup.offheap.SpinLock;
import org.gup.page.Migratetype;

/**
 * Layout of a zone's off-heap record.
 *
 * <pre>
 *    0             128                 136            144                            672        768
 *   +------+------+-------------------+--------------+------------------------------+----------+
 *   | lock | pad  | ordinary frontier | CMA frontier | free lists: {first, count}   |   pad    |
 *   +------+------+-------------------+--------------+------------------------------+----------+
 *                                                     one for each order and migratetype
 * </pre>
 */
final class ZoneDescriptor {
    /** Blocks of a free list have 2^0 to 2^10 pages. Models {@code MAX_ORDER}. */
    static final int MAX_ORDER = 11;
    /** Pages of the largest block. */
    static final int MAX_BLOCK_PAGES = 1 << (MAX_ORDER - 1);

    static final int LOCK_OFFSET = 0;
    static final int ORDINARY_FRONTIER_OFFSET = 128;
    static final int CMA_FRONTIER_OFFSET = ORDINARY_FRONTIER_OFFSET + Long.BYTES;
    static final int LISTS_OFFSET = CMA_FRONTIER_OFFSET + Long.BYTES;
    /** Within a list: pfn of the first block, 0 if there is none. */
    static final int FIRST_OFFSET = 0;
    /** Within a list: how many blocks. */
    static final int COUNT_OFFSET = FIRST_OFFSET + Integer.BYTES;

    static final int LIST_LENGTH = COUNT_OFFSET + Integer.BYTES;
    static final int LISTS_LENGTH = MAX_ORDER * Migratetype.TYPES * LIST_LENGTH;
    /** Bytes of a zone: the next multiple of two cache lines. */
    static final int LENGTH = (LISTS_OFFSET + LISTS_LENGTH + 127) & -128;

    static {
        assert LOCK_OFFSET + SpinLock.LENGTH <= ORDINARY_FRONTIER_OFFSET;
    }

    private ZoneDescriptor() {}

    static long list(final long zone, final int order, final int migratetype) {
        return zone + LISTS_OFFSET + (long) (order * Migratetype.TYPES + migratetype) * LIST_LENGTH;
    }
}
