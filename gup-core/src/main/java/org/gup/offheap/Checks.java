package org.gup.offheap;

import java.util.Arrays;

/**
 * Bounds checks of raw accesses, on only with {@code -Dgup.checks=true}.
 *
 * <p>With the flag off, {@link #ENABLED} is a constant and every check folds away. With it on, each accessor asks
 * {@link #access} whether its address lies in a live {@link Region}, so that an access out of bounds or after
 * {@code close()} becomes an exception instead of a crash of the JVM.
 *
 * <p>Threading: any thread; the table of live regions is replaced as a whole and read without locks.
 */
public final class Checks {
    /** Whether raw accesses are checked; fixed when the class is loaded. */
    public static final boolean ENABLED = Boolean.getBoolean("gup.checks");

    /** Live regions as pairs {start, end}, ascending; replaced, never changed. */
    private static volatile long[] live = {};

    private Checks() {}

    /**
     * Demands that {@code [address, address + lengthBytes)} lies within one live region.
     *
     * @param address the raw address
     * @param lengthBytes bytes touched
     * @throws IndexOutOfBoundsException if it does not
     */
    public static void access(final long address, final long lengthBytes) {
        final long[] table = live;
        int low = 0;
        int high = (table.length >> 1) - 1;
        while (low <= high) {
            final int mid = (low + high) >>> 1;
            if (Long.compareUnsigned(address, table[mid << 1]) < 0) {
                high = mid - 1;
            } else if (Long.compareUnsigned(address, table[(mid << 1) + 1]) >= 0) {
                low = mid + 1;
            } else {
                if (address + lengthBytes > table[(mid << 1) + 1]) {
                    break;
                }
                return;
            }
        }
        throw new IndexOutOfBoundsException("raw access outside every live region: address=0x"
                + Long.toHexString(address) + ", lengthBytes=" + lengthBytes);
    }

    static synchronized void regionAllocated(final long start, final long lengthBytes) {
        final long[] old = live;
        int at = 0;
        while (at < old.length && Long.compareUnsigned(old[at], start) < 0) {
            at += 2;
        }
        final long[] grown = new long[old.length + 2];
        System.arraycopy(old, 0, grown, 0, at);
        grown[at] = start;
        grown[at + 1] = start + lengthBytes;
        System.arraycopy(old, at, grown, at + 2, old.length - at);
        live = grown;
    }

    static synchronized void regionFreed(final long start) {
        final long[] old = live;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i] == start) {
                final long[] shrunk = Arrays.copyOf(old, old.length - 2);
                System.arraycopy(old, i + 2, shrunk, i, old.length - i - 2);
                live = shrunk;
                return;
            }
        }
    }
}
