package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happens to a page with its last reference, and which pages may not lose it. */
class PageFreeingTest {
    private PhysicalMemory memory;
    private MemMap memMap;
    private Task task;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .imported(3000, 2900)
                .tablePages(16)
                .normalPages(2048)
                .device(DevPagemap.Type.FS_DAX, 64)
                .build();
        memMap = memory.memMap();
        task = memory.newTask(0);
    }

    @AfterEach
    void close() {
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        memory.close();
    }

    private void assertRefused(final long pfn, final String why) {
        final long free = memory.freePages();
        final IllegalStateException refused =
                assertThrows(IllegalStateException.class, () -> memMap.put(task, memMap.page(pfn), 1));
        assertTrue(refused.getMessage().contains(why), refused.getMessage());
        assertTrue(refused.getMessage().contains("pfn=" + pfn), refused.getMessage());
        assertEquals(1, PageRef.countVolatile(memMap.page(pfn)), "the page keeps its reference");
        assertEquals(free, memory.freePages());
    }

    @Test
    void shouldRefuseTheZeroPage() {
        assertRefused(memory.zeroPfn(), "a reserved page");
    }

    @Test
    void shouldRefuseADevicesPageBelowItsIdleCount() {
        final long pfn = memory.devices().get(0).startPfn();
        PageRef.get(memMap.page(pfn), 1);
        assertEquals(1, memory.audit().deviceReferences());
        memMap.put(task, memMap.page(pfn), 1);
        assertRefused(pfn, "a device's page");
        assertEquals(0, memory.audit().deviceReferences());
    }

    @Test
    void shouldRefuseAMappedOrLockedPage() {
        final long pfn = memory.allocPages(task, Gfp.GFP_MOVABLE, 0);
        memMap.addPteMapcount(pfn, 1);
        assertRefused(pfn, "still mapped");
        memMap.addPteMapcount(pfn, -1);
        PageDescriptor.setFlags(memMap.page(pfn), PageDescriptor.PG_LOCKED);
        assertRefused(pfn, "locked");
        PageDescriptor.clearFlags(memMap.page(pfn), PageDescriptor.PG_LOCKED);
        memMap.put(task, memMap.page(pfn), 1);
    }

    @Test
    void shouldRefuseACompoundPageOfWhichATailIsMapped() {
        final long head = memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_COMP, 9);
        memMap.addPteMapcount(head + 7, 1);
        assertRefused(head, "page 7 is still mapped");
        memMap.addPteMapcount(head + 7, -1);
        memMap.addCompoundMapcount(head, 1);
        assertRefused(head, "still mapped");
        memMap.addCompoundMapcount(head, -1);
        memMap.put(task, memMap.page(head), 1);
    }

    @Test
    void shouldRefuseAPageOutsideEveryZone() {
        final long table = memory.tables().allocate();
        PageRef.init(memMap.page(table), 1);
        assertRefused(table, "outside every zone");
        PageRef.init(memMap.page(table), 0);
        assertThrows(IllegalStateException.class, () -> memMap.put(task, memMap.page(table), 1));
    }

    @Test
    void shouldTakeAnImportedPageOffTheLruAndCountIt() {
        PageRef.init(memMap.page(100), 2);
        memory.lruvec().add(task, 100, false);
        memory.lruvec().drainAll(task);
        assertEquals(1, memory.lruvec().pages(false));
        memMap.put(task, memMap.page(100), 1);
        assertEquals(0, memory.importedReleased());
        memMap.put(task, memMap.page(100), 1);
        assertEquals(1, memory.importedReleased());
        assertEquals(0, memory.lruvec().pages(false));
        assertEquals(0, PageRef.countVolatile(memMap.page(100)));
        assertEquals(2048, memory.freePages());
    }

    @Test
    void shouldGiveAFreedPageCleanToItsNextOwner() {
        final long pfn = memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_COMP, 2);
        final long page = memMap.page(pfn);
        PageDescriptor.setFlags(page, PageDescriptor.PG_DIRTY | PageDescriptor.PG_REFERENCED | PageDescriptor.PG_ANON);
        PageDescriptor.setFlags(memMap.page(pfn + 3), PageDescriptor.PG_DIRTY);
        PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.MAPPING_OFFSET, 5);
        PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.INDEX_OFFSET, 6);
        PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.PRIVATE_OFFSET, 7);
        memMap.put(task, page, 1);
        assertEquals(pfn, memory.allocPages(task, Gfp.GFP_MOVABLE, 2));
        for (long each = pfn; each < pfn + 4; each++) {
            assertEquals(0, PageDescriptor.flagsVolatile(memMap.page(each)));
            assertEquals(0, PageDescriptor.coldLong(memMap.cold(each), PageDescriptor.MAPPING_OFFSET));
            assertEquals(0, PageDescriptor.coldLong(memMap.cold(each), PageDescriptor.INDEX_OFFSET));
            assertEquals(0, PageDescriptor.coldLong(memMap.cold(each), PageDescriptor.PRIVATE_OFFSET));
            memMap.put(task, memMap.page(each), 1);
        }
    }

    @Test
    void shouldShowReferencesToTheZeroPageInTheAudit() {
        PageRef.get(memMap.page(memory.zeroPfn()), 3);
        assertEquals(3, memory.audit().zeroPageReferences());
        memMap.put(task, memMap.page(memory.zeroPfn()), 3);
        assertEquals(0, memory.audit().zeroPageReferences());
    }
}
