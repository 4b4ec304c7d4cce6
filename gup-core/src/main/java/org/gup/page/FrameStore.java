package org.gup.page;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.UnsafeApi;
import org.gup.offheap.Checks;
import org.gup.offheap.Region;

/**
 * Contents of page frames, in chunks of 2 MiB that exist once somebody has written to them.
 *
 * <p>A frame whose chunk does not exist reads as zeroes. Threading: any thread; chunks appear by compare-and-set; the
 * words inside are plain, as memory is: who shares a page orders its accesses.
 */
public final class FrameStore implements AutoCloseable {
    /** Bytes of a frame. */
    public static final int FRAME_BYTES = 4096;

    private static final int CHUNK_ORDER = 9;
    private static final long CHUNK_BYTES = (long) FRAME_BYTES << CHUNK_ORDER;
    private static final VarHandle CHUNK = MethodHandles.arrayElementVarHandle(Region[].class);

    private final long nrPages;
    private final Region[] chunks;

    /**
     * A store in which every frame is zero.
     *
     * @param nrPages frames
     */
    public FrameStore(final long nrPages) {
        this.nrPages = nrPages;
        this.chunks = new Region[Math.toIntExact((nrPages + (1 << CHUNK_ORDER) - 1) >>> CHUNK_ORDER)];
    }

    /**
     * Fills a frame with zeroes. Models {@code clear_page()}.
     *
     * @param pfn the frame
     */
    public void clear(final long pfn) {
        final long address = addressIfBacked(pfn);
        if (address != 0) {
            UnsafeApi.setMemory(address, FRAME_BYTES, (byte) 0);
        }
    }

    /**
     * Copies a frame. Models {@code copy_page()}.
     *
     * @param toPfn where to
     * @param fromPfn where from
     */
    public void copy(final long toPfn, final long fromPfn) {
        copy(toPfn, this, fromPfn);
    }

    /**
     * Copies a frame of another store, such as that of a disk. What was never written there takes no memory here.
     *
     * @param toPfn where to
     * @param source the other store
     * @param fromPfn where from
     */
    public void copy(final long toPfn, final FrameStore source, final long fromPfn) {
        final long from = source.addressIfBacked(fromPfn);
        if (from == 0) {
            clear(toPfn);
        } else {
            UnsafeApi.copyMemory(from, address(toPfn), FRAME_BYTES);
        }
    }

    /**
     * Reads eight bytes of a frame.
     *
     * @param pfn the frame
     * @param offset byte offset, a multiple of 8 below 4096
     * @return the bytes, little endian
     */
    public long getLong(final long pfn, final int offset) {
        checkOffset(offset);
        final long address = addressIfBacked(pfn);
        return address == 0 ? 0 : UnsafeApi.getLong(null, address + offset);
    }

    /**
     * Writes eight bytes of a frame.
     *
     * @param pfn the frame
     * @param offset byte offset, a multiple of 8 below 4096
     * @param value the bytes, little endian
     */
    public void putLong(final long pfn, final int offset, final long value) {
        checkOffset(offset);
        UnsafeApi.putLong(null, address(pfn) + offset, value);
    }

    private static void checkOffset(final int offset) {
        if (offset < 0 || offset >= FRAME_BYTES || (offset & 7) != 0) {
            throw new IllegalArgumentException("offset must be a multiple of 8 below 4096: offset=" + offset);
        }
    }

    private long addressIfBacked(final long pfn) {
        checkPfn(pfn);
        // Order: volatile read pairs with the compare-and-set in address(); the chunk was zeroed before it.
        final Region chunk = (Region) CHUNK.getVolatile(chunks, (int) (pfn >>> CHUNK_ORDER));
        return chunk == null ? 0 : frameIn(chunk, pfn);
    }

    private long address(final long pfn) {
        checkPfn(pfn);
        final int index = (int) (pfn >>> CHUNK_ORDER);
        final Region present = (Region) CHUNK.getVolatile(chunks, index);
        if (present != null) {
            return frameIn(present, pfn);
        }
        final Region fresh = Region.allocate("page frames", CHUNK_BYTES);
        final Region winner = (Region) CHUNK.compareAndExchange(chunks, index, null, fresh);
        if (winner == null) {
            return frameIn(fresh, pfn);
        }
        fresh.close();
        return frameIn(winner, pfn);
    }

    private static long frameIn(final Region chunk, final long pfn) {
        final long address = chunk.address() + (pfn & ((1 << CHUNK_ORDER) - 1)) * FRAME_BYTES;
        if (Checks.ENABLED) {
            Checks.access(address, FRAME_BYTES);
        }
        return address;
    }

    private void checkPfn(final long pfn) {
        if (pfn < 0 || pfn >= nrPages) {
            throw new IndexOutOfBoundsException("pfn outside the model: pfn=" + pfn + ", nrPages=" + nrPages);
        }
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        for (int i = 0; i < chunks.length; i++) {
            final Region chunk = (Region) CHUNK.getAndSet(chunks, i, null);
            if (chunk != null) {
                chunk.close();
            }
        }
    }
}
