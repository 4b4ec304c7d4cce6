package org.gup.offheap;

import org.agrona.UnsafeApi;

/**
 * One page-aligned, zero-filled block of off-heap memory with an owner.
 *
 * <p>Small regions are cleared when they are allocated. Large ones are never touched: the C allocator serves them with
 * fresh mappings, which the operating system hands out as zeroes and backs only where they are used, so that a sparse
 * terabyte costs what its used part costs. A sample of words is read to confirm it.
 *
 * <p>Threading: {@link #close()} must not race with an access; the owner arranges that (see
 * {@code org.gup.tlb.WalkerEpoch}). Everything else is safe from any thread.
 */
public final class Region implements AutoCloseable {
    /** Alignment of every region, in bytes: the base page of x86-64. */
    public static final long ALIGNMENT = 4096;

    /** From this size on the C allocator always maps fresh memory: its threshold for that grows to 32 MiB at most. */
    private static final long FRESH_MAPPING_BYTES = 64L << 20;

    private static final int FRESHNESS_SAMPLES = 256;

    private final String what;
    private final long rawAddress;
    private final long address;
    private final long lengthBytes;
    private boolean closed;

    private Region(final String what, final long rawAddress, final long address, final long lengthBytes) {
        this.what = what;
        this.rawAddress = rawAddress;
        this.address = address;
        this.lengthBytes = lengthBytes;
    }

    /**
     * Allocates a zero-filled region aligned to {@link #ALIGNMENT}.
     *
     * @param what what it holds, for error messages
     * @param lengthBytes its size in bytes, positive
     * @return the region, to be closed by the caller
     * @throws IllegalArgumentException if the size is not positive
     * @throws IllegalStateException if the operating system refuses the memory
     */
    public static Region allocate(final String what, final long lengthBytes) {
        if (lengthBytes <= 0 || lengthBytes > Long.MAX_VALUE - ALIGNMENT) {
            throw new IllegalArgumentException(what + ": size must be positive: lengthBytes=" + lengthBytes);
        }
        final long rawAddress;
        try {
            rawAddress = UnsafeApi.allocateMemory(lengthBytes + ALIGNMENT - 1);
        } catch (final OutOfMemoryError | IllegalArgumentException refused) {
            throw new IllegalStateException(
                    what + ": the operating system refused " + lengthBytes + " bytes of memory", refused);
        }
        final long address = (rawAddress + ALIGNMENT - 1) & -ALIGNMENT;
        if (lengthBytes < FRESH_MAPPING_BYTES || !looksFresh(address, lengthBytes)) {
            UnsafeApi.setMemory(address, lengthBytes, (byte) 0);
        }
        if (Checks.ENABLED) {
            Checks.regionAllocated(address, lengthBytes);
        }
        return new Region(what, rawAddress, address, lengthBytes);
    }

    private static boolean looksFresh(final long address, final long lengthBytes) {
        final long step = (lengthBytes / FRESHNESS_SAMPLES) & -Long.BYTES;
        for (int i = 0; i < FRESHNESS_SAMPLES; i++) {
            if (UnsafeApi.getLong(address + i * step) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * The first byte.
     *
     * @return a raw address, a multiple of {@link #ALIGNMENT}
     */
    public long address() {
        return address;
    }

    /**
     * The size.
     *
     * @return bytes
     */
    public long lengthBytes() {
        return lengthBytes;
    }

    /**
     * Gives the memory back.
     *
     * @throws IllegalStateException if it was given back before
     */
    @Override
    public void close() {
        if (closed) {
            throw new IllegalStateException(what + ": closed twice");
        }
        closed = true;
        if (Checks.ENABLED) {
            Checks.regionFreed(address);
        }
        UnsafeApi.freeMemory(rawAddress);
    }
}
