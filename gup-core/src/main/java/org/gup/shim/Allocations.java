package org.gup.shim;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** Blocks of off-heap memory that rewritten classes have allocated and not freed. Any thread. */
public final class Allocations {
    /** Start to length. */
    private static final ConcurrentSkipListMap<Long, Long> LIVE = new ConcurrentSkipListMap<>();

    private Allocations() {}

    static void allocated(final long address, final long bytes) {
        LIVE.put(address, bytes);
    }

    static void freed(final long address) {
        LIVE.remove(address);
    }

    /**
     * The block around an address.
     *
     * @param address a raw address
     * @return start of the block, or 0 if there is none
     */
    public static long startOf(final long address) {
        final Map.Entry<Long, Long> block = LIVE.floorEntry(address);
        return block == null || address >= block.getKey() + block.getValue() ? 0 : block.getKey();
    }

    /**
     * The length of the block around an address.
     *
     * @param address a raw address
     * @return bytes as they were asked for, or 0 if there is no block
     */
    public static long lengthOf(final long address) {
        final Map.Entry<Long, Long> block = LIVE.floorEntry(address);
        return block == null || address >= block.getKey() + block.getValue() ? 0 : block.getValue();
    }
}
