package org.gup.offheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ChecksTest {
    /** Not a multiple of the alignment: no other region can begin where it ends. */
    private static final long LENGTH = 4096 + 24;

    @Test
    void shouldBeOnInTests() {
        assertTrue(Checks.ENABLED, "run tests with -Dgup.checks=true");
    }

    @Test
    void shouldAllowEveryAccessInside() {
        try (Region region = Region.allocate("test", LENGTH)) {
            Checks.access(region.address(), 1);
            Checks.access(region.address(), LENGTH);
            Checks.access(region.address() + LENGTH - 1, 1);
            Checks.access(region.address() + LENGTH - 8, 8);
        }
    }

    @Test
    void shouldRefuseEveryAccessThatIsNotWhollyInside() {
        try (Region region = Region.allocate("test", LENGTH)) {
            final long end = region.address() + LENGTH;
            assertRefused(end, 1);
            assertRefused(end - 7, 8);
            assertRefused(end - 1, 2);
            assertRefused(region.address(), LENGTH + 1);
            assertRefused(region.address() - 1, 2);
            assertRefused(region.address() - 4, 8);
            assertRefused(0, 8);
            assertRefused(8, 8);
            assertRefused(-8, 8);
            assertRefused(Long.MIN_VALUE, 8);
            assertRefused(Long.MAX_VALUE, 8);
        }
    }

    @Test
    void shouldRefuseAnAccessAfterCloseAndQuoteIt() {
        final Region region = Region.allocate("test", LENGTH);
        region.close();
        final IndexOutOfBoundsException refused =
                assertThrows(IndexOutOfBoundsException.class, () -> Checks.access(region.address(), 8));
        assertEquals(
                "raw access outside every live region: address=0x" + Long.toHexString(region.address())
                        + ", lengthBytes=8",
                refused.getMessage());
    }

    @Test
    void shouldKnowExactlyTheLiveRegionsWhateverTheOrderOfClosing() {
        final long seed = System.nanoTime();
        System.out.println("ChecksTest seed=" + seed);
        final Random random = new Random(seed);
        final List<Region> live = new ArrayList<>();
        for (int step = 0; step < 400; step++) {
            if (live.isEmpty() || random.nextInt(5) < 3) {
                live.add(Region.allocate("test", 1 + random.nextInt(20_000)));
            } else {
                final Region closed = live.remove(random.nextInt(live.size()));
                closed.close();
                assertRefusedUnlessReused(closed, live, "seed=" + seed + ", step=" + step);
            }
            for (final Region region : live) {
                Checks.access(region.address(), region.lengthBytes());
                assertRefused(region.address(), region.lengthBytes() + 1);
            }
        }
        live.forEach(Region::close);
    }

    @Test
    @Timeout(60)
    void shouldStayExactWhileOtherThreadsAllocateAndClose() throws Exception {
        try (Region mine = Region.allocate("test", LENGTH)) {
            Together.run(() -> churn(2_000), () -> churn(2_000), () -> {
                for (int i = 0; i < 50_000; i++) {
                    Checks.access(mine.address(), LENGTH);
                    // Not just behind the end: another thread's region may begin there.
                    assertRefused(mine.address() + LENGTH - 4, 8);
                }
            });
        }
    }

    private static void churn(final int rounds) {
        for (int i = 0; i < rounds; i++) {
            final Region region = Region.allocate("test", LENGTH);
            Checks.access(region.address(), LENGTH);
            region.close();
        }
    }

    private static void assertRefused(final long address, final long lengthBytes) {
        assertThrows(IndexOutOfBoundsException.class, () -> Checks.access(address, lengthBytes));
    }

    private static void assertRefusedUnlessReused(final Region closed, final List<Region> live, final String message) {
        final long address = closed.address();
        for (final Region region : live) {
            if (address >= region.address() && address < region.address() + region.lengthBytes()) {
                return;
            }
        }
        assertThrows(IndexOutOfBoundsException.class, () -> Checks.access(address, 1), message);
    }
}
