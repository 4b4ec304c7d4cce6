package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pagevecs, lists, isolation: what each does to a page's count and flags. */
class LruvecTest {
    private PhysicalMemory memory;
    private MemMap memMap;
    private Lruvec lru;
    private Task task;
    private Task other;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder().tablePages(16).normalPages(4096).build();
        memMap = memory.memMap();
        lru = memory.lruvec();
        task = memory.newTask(0);
        other = memory.newTask(1);
    }

    @AfterEach
    void close() {
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        memory.close();
    }

    private long page() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        PageDescriptor.setFlags(memMap.page(pfn), PageDescriptor.PG_SWAPBACKED);
        return pfn;
    }

    private int count(final long pfn) {
        return PageRef.countVolatile(memMap.page(pfn));
    }

    private boolean has(final long pfn, final int flag) {
        return (PageDescriptor.flagsVolatile(memMap.page(pfn)) & flag) != 0;
    }

    private void put(final long pfn) {
        memMap.put(task, memMap.page(pfn), 1);
    }

    @Test
    void shouldHoldOneReferenceUntilThePagevecIsDrained() {
        final long pfn = page();
        lru.add(task, pfn, false);
        assertEquals(2, count(pfn));
        assertEquals(1, lru.pagevecPages(0));
        assertFalse(has(pfn, PageDescriptor.PG_LRU));
        assertEquals(0, lru.pages(false));

        lru.drainCpu(1, task);
        assertEquals(2, count(pfn), "another CPU's drain");
        lru.drainCpu(0, task);
        assertEquals(1, count(pfn));
        assertTrue(has(pfn, PageDescriptor.PG_LRU));
        assertFalse(has(pfn, PageDescriptor.PG_PAGEVEC));
        assertEquals(1, lru.pages(false));
        assertEquals(1, lru.pages(false, false));
        assertEquals(0, lru.pages(false, true));
    }

    @Test
    void shouldDrainWithTheFifteenthPageAndNotBefore() {
        final long[] pfns = new long[16];
        for (int i = 0; i < 14; i++) {
            pfns[i] = page();
            lru.add(task, pfns[i], false);
            assertEquals(2, count(pfns[i]));
            assertEquals(i + 1, lru.pagevecPages(0));
        }
        assertEquals(0, lru.pages(false));
        pfns[14] = page();
        lru.add(task, pfns[14], false);
        assertEquals(15, lru.pages(false));
        for (int i = 0; i < 15; i++) {
            assertEquals(1, count(pfns[i]));
        }
        pfns[15] = page();
        lru.add(task, pfns[15], false);
        assertEquals(2, count(pfns[15]));
        assertEquals(1, lru.pagevecPages(0));
    }

    @Test
    void shouldUseThePagevecOfTheTasksCpuAndDrainAllOfThem() {
        final long one = page();
        final long two = page();
        lru.add(task, one, false);
        lru.add(other, two, true);
        assertEquals(1, lru.pagevecPages(0));
        assertEquals(1, lru.pagevecPages(1));
        assertEquals(2, memory.audit().pagevecPages());
        lru.drainAll(task);
        assertEquals(1, count(one));
        assertEquals(1, count(two));
        assertEquals(1, lru.pages(true));
        assertEquals(1, lru.pages(false));
    }

    @Test
    void shouldPutACompoundPageOnTheListAtOnceWithWhatWaitsBeforeIt() {
        final long small = page();
        lru.add(task, small, false);
        final long head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        lru.add(task, head, false);
        assertEquals(1, count(small));
        assertEquals(1, count(head));
        assertEquals(1, lru.pages(false, false));
        assertEquals(512, lru.pages(false, true), "without PG_swapbacked it counts as file");
        put(head);
        assertEquals(0, lru.pages(false, true));
    }

    @Test
    void shouldFreeAPageWhoseLastReferenceThePagevecHeld() {
        final long pfn = page();
        lru.add(task, pfn, false);
        final long free = memory.freePages();
        put(pfn);
        assertEquals(free, memory.freePages());
        lru.drainAll(task);
        assertEquals(free + 1, memory.freePages());
        assertEquals(0, lru.pages(false));
        assertEquals(0, PageDescriptor.flagsVolatile(memMap.page(pfn)) & ~PageDescriptor.PG_BUDDY);
    }

    @Test
    void shouldTakeAFreedPageOffItsListFromTheMiddle() {
        final long[] pfns = {page(), page(), page()};
        for (final long pfn : pfns) {
            lru.add(task, pfn, false);
        }
        lru.drainAll(task);
        put(pfns[1]);
        assertEquals(2, lru.pages(false));
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        put(pfns[2]);
        put(pfns[0]);
        assertEquals(0, lru.pages(false));
    }

    @Test
    void shouldIsolateWithAReferenceAndPutBackThroughThePagevec() {
        final long pfn = page();
        assertFalse(lru.isolate(pfn), "never added");
        lru.add(task, pfn, true);
        assertFalse(lru.isolate(pfn), "still on the pagevec");
        lru.drainAll(task);

        assertTrue(lru.isolate(pfn));
        assertEquals(2, count(pfn));
        assertFalse(has(pfn, PageDescriptor.PG_LRU));
        assertTrue(has(pfn, PageDescriptor.PG_ACTIVE));
        assertEquals(0, lru.pages(true));
        assertFalse(lru.isolate(pfn), "isolated already");

        lru.putback(task, pfn);
        assertEquals(2, count(pfn), "the pagevec's instead of the isolation's");
        assertEquals(1, lru.pagevecPages(0));
        lru.drainAll(task);
        assertEquals(1, count(pfn));
        assertEquals(1, lru.pages(true), "still active");
    }

    @Test
    void shouldNotIsolateAFreePageOrATail() {
        final long head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        lru.add(task, head, false);
        assertFalse(lru.isolate(head + 1));
        assertTrue(lru.isolate(head));
        put(head);
        put(head);
        assertFalse(lru.isolate(head));
    }

    @Test
    void shouldQueueForActivationWithTheSecondTouch() {
        final long pfn = page();
        lru.add(task, pfn, false);
        lru.drainAll(task);
        lru.markAccessed(task, pfn);
        assertTrue(has(pfn, PageDescriptor.PG_REFERENCED));
        assertEquals(0, lru.activationPages(0));
        lru.markAccessed(task, pfn);
        assertFalse(has(pfn, PageDescriptor.PG_REFERENCED));
        assertEquals(1, lru.activationPages(0));
        assertEquals(2, count(pfn), "the queue holds a reference");
        assertTrue(has(pfn, PageDescriptor.PG_LRU), "and leaves the page on its list");
        assertEquals(1, lru.pages(false));
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        assertEquals(1, memory.audit().pagevecPages());

        lru.drainCpu(1, task);
        assertEquals(1, lru.activationPages(0), "another CPU's drain does not reach it");
        lru.drainCpu(0, task);
        assertEquals(0, lru.activationPages(0));
        assertEquals(1, count(pfn));
        assertEquals(0, lru.pages(false));
        assertEquals(1, lru.pages(true));
        lru.markAccessed(task, pfn);
        lru.markAccessed(task, pfn);
        assertTrue(has(pfn, PageDescriptor.PG_REFERENCED), "an active page only stays referenced");
        assertEquals(0, lru.activationPages(0));
        assertEquals(1, count(pfn));
    }

    @Test
    void shouldActivateWhenTheFifteenthIsQueued() {
        for (int i = 0; i < Pagevec.SIZE; i++) {
            assertEquals(0, lru.pages(true));
            assertEquals(i, lru.activationPages(0));
            final long pfn = page();
            lru.add(other, pfn, false);
            lru.drainCpu(1, other);
            lru.markAccessed(task, pfn);
            lru.markAccessed(task, pfn);
        }
        assertEquals(0, lru.activationPages(0));
        assertEquals(Pagevec.SIZE, lru.pages(true));
    }

    @Test
    void shouldActivateACompoundPageAtOnce() {
        final long head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        final long small = page();
        lru.add(task, small, false);
        lru.add(task, head, false);
        for (int touch = 0; touch < 2; touch++) {
            lru.markAccessed(task, small);
            lru.markAccessed(task, head);
        }
        assertEquals(0, lru.activationPages(0));
        assertEquals(513, lru.pages(true));
        assertEquals(1, count(head));
    }

    @Test
    void shouldNotActivateAPageThatWasIsolatedMeanwhile() {
        final long pfn = page();
        lru.add(task, pfn, false);
        lru.drainAll(task);
        lru.markAccessed(task, pfn);
        lru.markAccessed(task, pfn);
        assertTrue(lru.isolate(pfn));
        assertEquals(3, count(pfn));
        lru.drainAll(task);
        assertFalse(has(pfn, PageDescriptor.PG_ACTIVE));
        assertFalse(has(pfn, PageDescriptor.PG_LRU));
        assertEquals(2, count(pfn));
        lru.putback(task, pfn);
    }

    @Test
    void shouldKeepALockedPageUnevictable() {
        final long pfn = page();
        lru.add(task, pfn, true);
        lru.drainAll(task);
        lru.mlock(task, pfn);
        lru.drainAll(task);
        assertTrue(has(pfn, PageDescriptor.PG_MLOCKED));
        assertTrue(has(pfn, PageDescriptor.PG_UNEVICTABLE));
        assertFalse(has(pfn, PageDescriptor.PG_ACTIVE));
        assertEquals(1, lru.unevictablePages());
        assertEquals(0, lru.pages(true) + lru.pages(false));
        assertEquals(1, count(pfn));
        assertEquals(1, memory.audit().unevictablePages());
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        lru.markAccessed(task, pfn);
        lru.markAccessed(task, pfn);
        assertEquals(0, lru.activationPages(0));

        assertTrue(lru.isolate(pfn));
        lru.putback(task, pfn);
        lru.drainAll(task);
        assertEquals(1, lru.unevictablePages());

        lru.munlock(task, pfn);
        lru.drainAll(task);
        assertFalse(has(pfn, PageDescriptor.PG_MLOCKED));
        assertFalse(has(pfn, PageDescriptor.PG_UNEVICTABLE));
        assertEquals(0, lru.unevictablePages());
        assertEquals(1, lru.pages(false));
        assertEquals(1, count(pfn));
    }

    @Test
    void shouldSendAPageLockedWhileItWaitsToTheUnevictableList() {
        final long pfn = page();
        lru.add(task, pfn, true);
        lru.mlock(task, pfn);
        assertEquals(1, lru.pagevecPages(0));
        lru.drainAll(task);
        assertEquals(1, lru.unevictablePages());
        put(pfn);
        assertEquals(0, lru.unevictablePages());
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
    }

    @Test
    void shouldCountIsolatedPagesByKind() {
        lru.countIsolated(false, 512);
        lru.countIsolated(true, 3);
        lru.countIsolated(true, -1);
        assertEquals(512, lru.isolatedPages(false));
        assertEquals(2, lru.isolatedPages(true));
        lru.countIsolated(false, -512);
        lru.countIsolated(true, -2);
    }

    @Test
    void shouldCountDrainsOfEveryCpu() {
        final long before = task.counters().get(Counter.LRU_ADD_DRAIN_ALL);
        lru.drainAll(task);
        lru.drainCpu(0, task);
        assertEquals(before + 1, task.counters().get(Counter.LRU_ADD_DRAIN_ALL));
    }

    @Test
    void shouldStartActiveWhenTouchedTwiceOnTheOwnPagevec() {
        final long own = page();
        final long others = page();
        lru.add(task, own, false);
        lru.add(other, others, false);
        for (int touch = 0; touch < 2; touch++) {
            lru.markAccessed(task, own);
            lru.markAccessed(task, others);
        }
        lru.drainAll(task);
        assertTrue(has(own, PageDescriptor.PG_ACTIVE));
        assertFalse(has(others, PageDescriptor.PG_ACTIVE), "another CPU's pagevec is out of reach");
        assertEquals(1, lru.pages(true));
    }

    @Test
    void shouldRefuseToAddAPageTwiceOrAFreeOne() {
        final long pfn = page();
        lru.add(task, pfn, false);
        assertThrows(IllegalStateException.class, () -> lru.add(task, pfn, false));
        assertThrows(IllegalStateException.class, () -> lru.putback(task, pfn));
        lru.drainAll(task);
        assertThrows(IllegalStateException.class, () -> lru.add(task, pfn, true));
        assertThrows(IllegalStateException.class, () -> lru.putback(task, pfn));
        assertEquals(1, count(pfn));
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        put(pfn);
        assertThrows(IllegalStateException.class, () -> lru.add(task, pfn, false));
        assertThrows(IllegalArgumentException.class, () -> lru.add(task, 0, false));
        assertThrows(IllegalArgumentException.class, () -> lru.isolate(memMap.nrPages()));
        assertThrows(IllegalArgumentException.class, () -> lru.drainCpu(2, task));
        assertThrows(IllegalArgumentException.class, () -> lru.pagevecPages(-1));
    }
}
