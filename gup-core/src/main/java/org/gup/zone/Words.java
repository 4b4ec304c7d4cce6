package org.gup.zone;

import org.agrona.UnsafeApi;
import org.gup.offheap.Checks;

/**
 * Raw words of this package's own region. All are opaque: a lock orders those who write, and who reads without it wants a
 * number that was true at some moment.
 */
final class Words {
    private Words() {}

    static int intOpaque(final long address) {
        if (Checks.ENABLED) {
            Checks.access(address, Integer.BYTES);
        }
        return UnsafeApi.getIntOpaque(null, address);
    }

    static void intOpaque(final long address, final int value) {
        if (Checks.ENABLED) {
            Checks.access(address, Integer.BYTES);
        }
        UnsafeApi.putIntOpaque(null, address, value);
    }

    static long longOpaque(final long address) {
        if (Checks.ENABLED) {
            Checks.access(address, Long.BYTES);
        }
        return UnsafeApi.getLongOpaque(null, address);
    }

    static void longOpaque(final long address, final long value) {
        if (Checks.ENABLED) {
            Checks.access(address, Long.BYTES);
        }
        UnsafeApi.putLongOpaque(null, address, value);
    }
}
