package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.gup.offheap.Together;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DevPagemapTest {
    private final DevPagemap range = new DevPagemap(DevPagemap.Type.FS_DAX, 1024, 2048);
    private final DevPagemap other = new DevPagemap(DevPagemap.Type.DEVICE_DAX, 4096, 8192);

    @Test
    void shouldKnowItsRange() {
        assertEquals(DevPagemap.Type.FS_DAX, range.type());
        assertEquals(1024, range.startPfn());
        assertEquals(2048, range.endPfn());
        assertFalse(range.contains(1023));
        assertTrue(range.contains(1024));
        assertTrue(range.contains(2047));
        assertFalse(range.contains(2048));
        assertFalse(range.contains(-1));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "5, 5", "5, 4", "-1, 5", "-5, -1"})
    void shouldRejectAnEmptyRangeAndQuoteIt(final long startPfn, final long endPfn) {
        final IllegalArgumentException rejected = assertThrows(
                IllegalArgumentException.class, () -> new DevPagemap(DevPagemap.Type.FS_DAX, startPfn, endPfn));
        assertTrue(rejected.getMessage().contains("startPfn=" + startPfn), rejected.getMessage());
    }

    @Test
    void shouldCountReferencesAndGiveNoneOnceKilled() {
        assertTrue(range.tryGet());
        assertTrue(range.tryGet());
        assertEquals(2, range.references());
        range.kill();
        range.kill();
        assertFalse(range.tryGet());
        assertEquals(2, range.references());
        range.put();
        range.put();
        assertEquals(0, range.references());
        assertFalse(range.tryGet());
    }

    @Test
    void shouldRejectAPutWithoutAReferenceDeadOrAlive() {
        assertThrows(IllegalStateException.class, range::put);
        assertTrue(range.tryGet(), "still alive");
        range.put();
        range.kill();
        final IllegalStateException rejected = assertThrows(IllegalStateException.class, range::put);
        assertTrue(rejected.getMessage().contains("startPfn=1024, endPfn=2048"), rejected.getMessage());
        assertEquals(0, range.references());
        assertFalse(range.tryGet(), "still dead");
    }

    @Test
    @Timeout(60)
    void shouldStayDeadWhenTwoThreadsKillIt() throws Exception {
        for (int round = 0; round < 500; round++) {
            final DevPagemap victim = new DevPagemap(DevPagemap.Type.FS_DAX, 0, 1);
            assertTrue(victim.tryGet());
            Together.run(victim::kill, victim::kill);
            assertFalse(victim.tryGet(), "alive again: round=" + round);
            assertEquals(1, victim.references());
        }
    }

    @Test
    @Timeout(60)
    void shouldDrainToZeroAfterAKillHoweverManyLookUp() throws Exception {
        final AtomicInteger refused = new AtomicInteger();
        final Together.Body lookUp = () -> {
            while (refused.get() < 1000) {
                if (range.tryGet()) {
                    range.put();
                } else {
                    refused.incrementAndGet();
                }
            }
        };
        Together.run(lookUp, lookUp, () -> range.kill());
        assertEquals(0, range.references());
    }

    @Test
    void shouldFindTheRangeAroundAPageWithAReference() {
        final DevPagemaps all = new DevPagemaps();
        assertNull(all.get(1024, null));
        all.add(range);
        all.add(other);
        assertSame(range, all.get(1024, null));
        assertSame(other, all.get(8191, null));
        assertEquals(1, range.references());
        assertEquals(1, other.references());
        assertNull(all.get(1023, null));
        assertNull(all.get(2048, null));
        assertNull(all.get(8192, null));
        assertEquals(1, range.references());
    }

    @Test
    void shouldKeepACachedRangeThatFitsAndGiveBackOneThatDoesNot() {
        final DevPagemaps all = new DevPagemaps();
        all.add(range);
        all.add(other);
        DevPagemap cached = all.get(1024, null);
        cached = all.get(2047, cached);
        assertSame(range, cached);
        assertEquals(1, range.references(), "one reference for a run of pages");
        cached = all.get(5000, cached);
        assertSame(other, cached);
        assertEquals(0, range.references());
        assertEquals(1, other.references());
        assertNull(all.get(3000, cached));
        assertEquals(0, other.references(), "given back although nothing was found");
    }

    @Test
    void shouldNotFindARangeThatIsDying() {
        final DevPagemaps all = new DevPagemaps();
        all.add(range);
        all.add(other);
        final DevPagemap held = all.get(5000, null);
        range.kill();
        assertNull(all.get(1500, null));
        assertEquals(0, range.references());
        assertNull(all.get(1500, held));
        assertEquals(0, other.references());
        other.kill();
        assertNull(all.get(5000, null));
    }

    @Test
    void shouldRejectOverlapsAndAllowNeighbours() {
        final DevPagemaps all = new DevPagemaps();
        all.add(range);
        final long[][] overlapping = {{1024, 2048}, {1023, 1025}, {2047, 3000}, {1500, 1600}, {0, 9000}};
        for (final long[] bad : overlapping) {
            final DevPagemap overlap = new DevPagemap(DevPagemap.Type.FS_DAX, bad[0], bad[1]);
            assertThrows(IllegalArgumentException.class, () -> all.add(overlap));
        }
        all.add(new DevPagemap(DevPagemap.Type.FS_DAX, 0, 1024));
        final DevPagemap after = new DevPagemap(DevPagemap.Type.DEVICE_DAX, 2048, 2049);
        all.add(after);
        assertSame(after, all.get(2048, null));
        assertSame(range, all.get(2047, null));
    }
}
