package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PageblockTest {
    private MemMap memMap;
    private Pageblock blocks;

    @BeforeEach
    void setUp() {
        // The last block is a partial one.
        memMap = new MemMap(3 * 512 + 10, (task, headPfn) -> {});
        blocks = memMap.pageblocks();
    }

    @AfterEach
    void tearDown() {
        memMap.close();
    }

    @ParameterizedTest
    @CsvSource({"0, Unmovable", "1, Movable", "2, Reclaimable", "3, HighAtomic", "4, CMA", "5, Isolate"})
    void shouldHaveTheMigratetypesOfLinux52(final int migratetype, final String name) {
        assertEquals(name, Migratetype.name(migratetype));
        assertEquals(6, Migratetype.TYPES);
        assertEquals(0, Migratetype.UNMOVABLE);
        assertEquals(1, Migratetype.MOVABLE);
        assertEquals(2, Migratetype.RECLAIMABLE);
        assertEquals(3, Migratetype.HIGHATOMIC);
        assertEquals(4, Migratetype.CMA);
        assertEquals(5, Migratetype.ISOLATE);
    }

    @Test
    void shouldRejectMigratetypesThatDoNotExist() {
        assertThrows(IllegalArgumentException.class, () -> Migratetype.name(6));
        assertThrows(IllegalArgumentException.class, () -> Migratetype.name(-1));
    }

    @Test
    void shouldHoldOneMigratetypeAndZonePerBlockOf512Pages() {
        assertEquals(512, Pageblock.PAGES);
        blocks.setMigratetype(700, Migratetype.CMA);
        blocks.setZone(1023, 2);
        assertEquals(Migratetype.UNMOVABLE, blocks.migratetype(511));
        assertEquals(Migratetype.CMA, blocks.migratetype(512));
        assertEquals(Migratetype.CMA, blocks.migratetype(1023));
        assertEquals(Migratetype.UNMOVABLE, blocks.migratetype(1024));
        assertEquals(Pageblock.NO_ZONE, blocks.zone(511));
        assertEquals(2, blocks.zone(512));
        assertEquals(Pageblock.NO_ZONE, blocks.zone(1024));
    }

    @Test
    void shouldCoverAPartialBlockAtTheEndAndNothingBeyond() {
        blocks.setMigratetype(3 * 512 + 9, Migratetype.MOVABLE);
        assertEquals(Migratetype.MOVABLE, blocks.migratetype(3 * 512));
        assertThrows(IndexOutOfBoundsException.class, () -> blocks.migratetype(4 * 512));
        assertThrows(IndexOutOfBoundsException.class, () -> blocks.setZone(4 * 512, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> blocks.migratetype(-1));
    }
}
