package org.gup.zone;

import static org.gup.page.Migratetype.CMA;
import static org.gup.page.Migratetype.ISOLATE;
import static org.gup.page.Migratetype.MOVABLE;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Setting pageblocks aside and taking ranges, as a contiguous allocation does. */
class PageIsolationTest {
    private PhysicalMemory memory;
    private MemMap memMap;
    private Zone normal;
    private PageIsolation isolation;
    private CmaRange area;
    private Task task;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .tablePages(16)
                .normalPages(4096)
                .cma("area", 2048)
                .build();
        memMap = memory.memMap();
        normal = memory.zones().get(0);
        isolation = memory.isolation();
        area = memory.cmaRanges().get(0);
        task = memory.newTask(0);
    }

    @AfterEach
    void close() {
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        memory.close();
    }

    private void putRange(final long startPfn, final long endPfn) {
        for (long pfn = startPfn; pfn < endPfn; pfn++) {
            memMap.put(task, memMap.page(pfn), 1);
        }
    }

    @Test
    void shouldKeepIsolatedPageblocksFromEverybody() {
        assertTrue(isolation.start(task, area.startPfn(), area.endPfn(), CMA));
        assertEquals(2048, normal.freePages(ISOLATE));
        assertEquals(0, normal.freePages(CMA));
        assertFalse(memory.isCma(area.startPfn()));
        int given = 0;
        while (memory.allocPages(task, GFP_MOVABLE, 0) != -1) {
            given++;
        }
        assertEquals(2048, given);
        assertTrue(isolation.undo(task, area.startPfn(), area.endPfn(), CMA));
        assertEquals(2, normal.freeBlocks(10, CMA));
        assertTrue(memory.isCma(area.startPfn()));
    }

    @Test
    void shouldRefuseToIsolateTwiceAndChangeNothing() {
        assertTrue(isolation.start(task, area.startPfn() + 512, area.startPfn() + 1024, CMA));
        assertEquals(512, normal.freePages(ISOLATE));
        assertEquals(1, normal.freeBlocks(9, CMA), "the other half of the block");
        assertFalse(isolation.start(task, area.startPfn(), area.startPfn() + 1024, CMA));
        assertTrue(memory.isCma(area.startPfn()));
        assertFalse(isolation.undo(task, area.startPfn(), area.startPfn() + 1024, CMA));
        assertTrue(isolation.undo(task, area.startPfn() + 512, area.startPfn() + 1024, CMA));
        assertEquals(2, normal.freeBlocks(10, CMA), "merged again");
    }

    @Test
    void shouldTakeAFreeRangeWithOneReferenceEachAndLeaveTheRestFree() {
        final long start = area.startPfn() + 1000;
        final long end = area.startPfn() + 1100;
        assertTrue(isolation.start(task, area.startPfn(), area.endPfn(), CMA));
        assertEquals(-1, isolation.firstUsed(task, start, end));
        assertTrue(isolation.take(task, start, end));
        for (long pfn = start; pfn < end; pfn++) {
            assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
        }
        assertEquals(0, PageRef.countVolatile(memMap.page(start - 1)));
        assertEquals(0, PageRef.countVolatile(memMap.page(end)));
        assertEquals(4096 - 100, memory.freePages());
        assertTrue(isolation.undo(task, area.startPfn(), area.endPfn(), CMA));
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        assertFalse(isolation.take(task, start, start + 1), "taken");
        putRange(start, end);
        assertEquals(2, normal.freeBlocks(10, CMA));
    }

    @Test
    void shouldNameThePageThatBlocksARange() {
        for (int i = 0; i < 2048; i++) {
            memory.allocPages(task, GFP_MOVABLE, 0);
        }
        final long lent = memory.allocPages(task, GFP_MOVABLE, 0);
        assertTrue(area.contains(lent));
        assertTrue(isolation.start(task, area.startPfn(), area.endPfn(), CMA));
        assertEquals(lent, isolation.firstUsed(task, area.startPfn(), area.endPfn()));
        assertFalse(isolation.take(task, area.startPfn(), area.endPfn()));
        assertEquals(2047, normal.freePages(ISOLATE));
        memMap.put(task, memMap.page(lent), 1);
        assertEquals(2048, normal.freePages(ISOLATE), "freed into isolation");
        assertTrue(isolation.take(task, area.startPfn(), area.endPfn()));
        assertTrue(isolation.undo(task, area.startPfn(), area.endPfn(), CMA));
        putRange(area.startPfn(), area.endPfn());
        assertEquals(2, normal.freeBlocks(10, CMA));
    }

    @Test
    void shouldNotMergeAcrossTheBorderOfIsolation() {
        final long block = normal.startPfn();
        assertTrue(isolation.take(task, block, block + 1024));
        assertTrue(isolation.start(task, block, block + 512, MOVABLE));
        putRange(block, block + 1024);
        assertEquals(1, normal.freeBlocks(9, ISOLATE));
        assertEquals(1, normal.freeBlocks(9, MOVABLE));
        assertTrue(isolation.undo(task, block, block + 512, MOVABLE));
        assertEquals(2, normal.freeBlocks(10, MOVABLE));
    }

    @Test
    void shouldRefuseARangeThatIsNotWholeOrNotInOneZone() {
        final long start = area.startPfn();
        assertThrows(IllegalArgumentException.class, () -> isolation.start(task, start + 1, start + 513, CMA));
        assertThrows(IllegalArgumentException.class, () -> isolation.start(task, start, start, CMA));
        assertThrows(IllegalArgumentException.class, () -> isolation.start(task, start, start + 512, 6));
        assertThrows(IllegalArgumentException.class, () -> isolation.start(task, start, start + 4096, CMA));
        assertThrows(IllegalArgumentException.class, () -> isolation.firstUsed(task, -1, start));
        assertThrows(IllegalArgumentException.class, () -> isolation.take(task, 0, 16));
        assertThrows(IllegalArgumentException.class, () -> isolation.take(task, Long.MAX_VALUE - 1, Long.MAX_VALUE));
    }
}
