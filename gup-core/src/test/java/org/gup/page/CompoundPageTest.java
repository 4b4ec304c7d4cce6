package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompoundPageTest {
    private final Task task = new Task(0, 0);
    private final List<Long> freed = new ArrayList<>();
    private MemMap memMap;

    @BeforeEach
    void setUp() {
        memMap = new MemMap(4096, (who, headPfn) -> freed.add(headPfn));
    }

    @AfterEach
    void tearDown() {
        memMap.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9, 10})
    void shouldLeadEveryTailToTheHeadAndNobodyElse(final int order) {
        final long headPfn = 1024;
        final long end = headPfn + (1L << order);
        memMap.prepCompound(headPfn, order);
        assertEquals(order, memMap.compoundOrder(headPfn));
        assertTrue((PageDescriptor.flagsVolatile(memMap.page(headPfn)) & PageDescriptor.PG_HEAD) != 0);
        for (long pfn = headPfn; pfn < end; pfn++) {
            assertEquals(memMap.page(headPfn), memMap.head(memMap.page(pfn)), "pfn=" + pfn);
            assertEquals(
                    pfn != headPfn,
                    PageDescriptor.isTail(PageDescriptor.compoundHeadAcquire(memMap.page(pfn))),
                    "pfn=" + pfn);
        }
        for (final long outside : new long[] {headPfn - 1, end}) {
            assertEquals(memMap.page(outside), memMap.head(memMap.page(outside)));
            assertEquals(0, memMap.compoundOrder(outside));
        }
    }

    @Test
    void shouldFallApartIntoBasePages() {
        memMap.prepCompound(512, 9);
        memMap.prepCompound(1024, 9);
        PageDescriptor.setFlags(memMap.page(512), PageDescriptor.PG_DIRTY);
        memMap.destroyCompound(512);
        for (long pfn = 512; pfn < 1024; pfn++) {
            assertEquals(memMap.page(pfn), memMap.head(memMap.page(pfn)), "pfn=" + pfn);
            assertEquals(0, memMap.compoundOrder(pfn), "pfn=" + pfn);
            assertEquals(0, PageDescriptor.compoundHeadAcquire(memMap.page(pfn)), "pfn=" + pfn);
        }
        assertEquals(PageDescriptor.PG_DIRTY, PageDescriptor.flagsVolatile(memMap.page(512)), "other flags stay");
        assertEquals(memMap.page(1024), memMap.head(memMap.page(1535)), "the next compound page stays");
        assertEquals(9, memMap.compoundOrder(1024));
        memMap.prepCompound(512, 3);
        assertEquals(3, memMap.compoundOrder(512));
        assertEquals(memMap.page(520), memMap.head(memMap.page(520)));
    }

    @Test
    void shouldIgnoreTheOrderOfAPageThatIsNotAHead() {
        PageDescriptor.coldInt(memMap.cold(77), PageDescriptor.ORDER_OFFSET, 5);
        assertEquals(0, memMap.compoundOrder(77), "a free block's order is not a compound page's");
    }

    @Test
    void shouldCountReferencesOfTailsOnTheHead() {
        memMap.prepCompound(512, 9);
        final long head = memMap.page(512);
        PageRef.init(head, 1);
        assertTrue(PageRef.tryGet(memMap.head(memMap.page(1000)), 1));
        assertEquals(2, PageRef.countVolatile(head));
        assertEquals(0, PageRef.countVolatile(memMap.page(1000)));
        memMap.put(task, memMap.page(1023), 1);
        assertEquals(List.of(), freed);
        memMap.put(task, memMap.page(600), 1);
        assertEquals(List.of(512L), freed, "the head is freed, whichever tail is put");
        assertThrows(IllegalStateException.class, () -> memMap.put(task, memMap.page(600), 1));
    }

    @Test
    void shouldPutAllReferencesOfABatchAtOnce() {
        memMap.prepCompound(512, 9);
        PageRef.init(memMap.page(512), 513);
        memMap.put(task, memMap.page(700), 512);
        assertFalse(freed.contains(512L));
        memMap.put(task, memMap.page(512), 1);
        assertEquals(List.of(512L), freed);
    }

    @Test
    void shouldCountMappingsOfPagesAndOfTheWholeApart() {
        memMap.prepCompound(512, 9);
        assertEquals(1, memMap.addCompoundMapcount(512, 1));
        assertEquals(2, memMap.addCompoundMapcount(512, 1));
        assertEquals(1, memMap.addPteMapcount(512, 1));
        assertEquals(1, memMap.addPteMapcount(513, 1));
        assertEquals(1, memMap.addCompoundMapcount(512, -1));
        assertEquals(0, memMap.addPteMapcount(512, -1));
        assertEquals(1, memMap.compoundMapcount(512));
        assertEquals(0, memMap.pteMapcount(512));
        assertEquals(1, memMap.pteMapcount(513));
    }
}
