package org.gup.offheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.agrona.UnsafeApi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 8, 4095, 4096, 4097, MIB, MIB + 1, 63 * MIB, 64 * MIB, 65 * MIB})
    void shouldAllocateAlignedAndZeroed(final long lengthBytes) {
        try (Region region = Region.allocate("test", lengthBytes)) {
            assertEquals(0, region.address() & 4095, "alignment");
            assertEquals(lengthBytes, region.lengthBytes());
            long or = 0;
            for (long at = 0; at < lengthBytes; at++) {
                or |= UnsafeApi.getByte(region.address() + at);
            }
            assertEquals(0, or, "not zeroed");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {64, 4096, 100_000, 2 * MIB, 40 * MIB})
    void shouldZeroMemoryThatHasBeenUsedBefore(final long lengthBytes) {
        for (int round = 0; round < 8; round++) {
            try (Region region = Region.allocate("test", lengthBytes)) {
                for (long at = 0; at + 8 <= lengthBytes; at += 8) {
                    final long address = region.address() + at;
                    if (UnsafeApi.getLong(address) != 0) {
                        throw new AssertionError("stale word: round=" + round + ", at=" + at);
                    }
                    UnsafeApi.putLong(address, -1L);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void shouldRejectSizesThatAreNotPositive(final long lengthBytes) {
        final IllegalArgumentException rejected =
                assertThrows(IllegalArgumentException.class, () -> Region.allocate("test", lengthBytes));
        assertTrue(rejected.getMessage().contains("lengthBytes=" + lengthBytes), rejected.getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {1L << 60, 1L << 62, Long.MAX_VALUE - 4096})
    void shouldSayHowMuchTheOperatingSystemRefused(final long lengthBytes) {
        final IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> Region.allocate("test", lengthBytes));
        assertTrue(refused.getMessage().contains(lengthBytes + " bytes"), refused.getMessage());
    }

    @Test
    void shouldRejectClosingTwice() {
        final Region region = Region.allocate("the thing", 8);
        region.close();
        final IllegalStateException twice = assertThrows(IllegalStateException.class, region::close);
        assertEquals("the thing: closed twice", twice.getMessage());
    }

    @Test
    void shouldReachBeyondTwoGibibytesAndBackOnlyWhatIsUsed() throws IOException {
        final long lengthBytes = 3 * GIB + 4096;
        final long[] offsets = {0, (1L << 31) - 8, 1L << 31, (1L << 31) + 8, 3 * GIB, lengthBytes - 8};
        final long before = ResidentMemory.bytes();
        try (Region region = Region.allocate("large", lengthBytes)) {
            for (final long offset : offsets) {
                final long address = region.address() + offset;
                Checks.access(address, 8);
                assertEquals(0, UnsafeApi.getLong(address), "not zero at " + offset);
                UnsafeApi.putLong(address, ~offset);
            }
            for (final long offset : offsets) {
                assertEquals(~offset, UnsafeApi.getLong(region.address() + offset), "lost at " + offset);
            }
            final long used = ResidentMemory.bytes() - before;
            assertTrue(used < 256 * MIB, "a sparse region was backed: bytes=" + used);
        }
    }
}
