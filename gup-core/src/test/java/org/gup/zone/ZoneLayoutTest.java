package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.offheap.Region;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.junit.jupiter.api.Test;

/** Off-heap records of this package at literal offsets: written through the accessors, read back as raw words. */
class ZoneLayoutTest {
    @Test
    void shouldLayOutAZoneAtItsLiteralOffsets() {
        assertEquals(0, ZoneDescriptor.LOCK_OFFSET);
        assertEquals(128, ZoneDescriptor.ORDINARY_FRONTIER_OFFSET);
        assertEquals(136, ZoneDescriptor.CMA_FRONTIER_OFFSET);
        assertEquals(144, ZoneDescriptor.LISTS_OFFSET);
        assertEquals(528, ZoneDescriptor.LISTS_LENGTH);
        assertEquals(768, ZoneDescriptor.LENGTH);
        assertEquals(1000 + 144, ZoneDescriptor.list(1000, 0, 0));
        assertEquals(1000 + 144 + 8 * (6 * 10 + 5), ZoneDescriptor.list(1000, 10, Migratetype.ISOLATE));
    }

    @Test
    void shouldKeepFirstBlockAndCountOfAFreeList() {
        try (Region region = Region.allocate("zone", ZoneDescriptor.LENGTH);
                MemMap memMap = new MemMap(2048, (task, pfn) -> {})) {
            final FreeLists lists = new FreeLists(memMap, region.address());
            lists.link(1024, 3, Migratetype.CMA);
            lists.link(1032, 3, Migratetype.CMA);

            final long list = region.address() + 144 + 8 * (6 * 3 + 4);
            assertEquals(1032, Words.intOpaque(list));
            assertEquals(2, Words.intOpaque(list + 4));
            assertEquals(1024, lists.next(1032));
            assertEquals(1032, lists.previous(1024));
            assertEquals(0, lists.next(1024));

            lists.unlink(1032);
            assertEquals(1024, Words.intOpaque(list));
            assertEquals(1, Words.intOpaque(list + 4));
            assertEquals(0, lists.previous(1024));
        }
    }

    @Test
    void shouldFindTheFreeBlockAroundAPage() {
        try (Region region = Region.allocate("zone", ZoneDescriptor.LENGTH);
                MemMap memMap = new MemMap(2048, (task, pfn) -> {})) {
            final FreeLists lists = new FreeLists(memMap, region.address());
            lists.link(1024, 3, Migratetype.MOVABLE);
            assertEquals(1024, lists.blockAround(1024));
            assertEquals(1024, lists.blockAround(1031));
            assertEquals(-1, lists.blockAround(1032));
            assertEquals(-1, lists.blockAround(1023));
        }
    }

    @Test
    void shouldLayOutAPagevecAtItsLiteralOffsets() {
        assertEquals(15, Pagevec.SIZE);
        assertEquals(0, Pagevec.LOCK_OFFSET);
        assertEquals(4, Pagevec.COUNT_OFFSET);
        assertEquals(8, Pagevec.PFNS_OFFSET);
        assertEquals(256, Pagevec.LENGTH);
        try (Region region = Region.allocate("pagevec", Pagevec.LENGTH)) {
            final long pagevec = region.address();
            assertEquals(1, Pagevec.add(pagevec, 77));
            assertEquals(2, Pagevec.add(pagevec, 78));
            assertEquals(2, Words.intOpaque(pagevec + 4));
            assertEquals(77, Words.longOpaque(pagevec + 8));
            assertEquals(78, Words.longOpaque(pagevec + 16));
            assertTrue(Pagevec.contains(pagevec, 77));
            assertFalse(Pagevec.contains(pagevec, 79));
        }
    }

    @Test
    void shouldLayOutTheLruListsAtTheirLiteralOffsets() {
        assertEquals(0, LruLists.LOCK_OFFSET);
        assertEquals(128, LruLists.LISTS_OFFSET);
        assertEquals(0, LruLists.FIRST_OFFSET);
        assertEquals(8, LruLists.PAGES_OFFSET);
        assertEquals(16, LruLists.LIST_LENGTH);
        assertEquals(256, LruLists.LENGTH);
    }
}
