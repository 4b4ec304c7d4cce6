package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HugetlbPoolTest {
    private static final int POOL = 3;

    private final PhysicalMemory memory =
            PhysicalMemory.builder().hugetlbPages(POOL).normalPages(8192).build();
    private final Task task = memory.newTask(0);
    private final HugetlbPool pool = memory.hugetlb();
    private final long freeAtStart = memory.freePages();

    @AfterEach
    void booksAreBalanced() {
        assertEquals(POOL, pool.freePages());
        assertEquals(0, pool.reservedPages());
        assertEquals(freeAtStart, memory.freePages());
        assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
        memory.close();
    }

    private int refcount(final long pfn) {
        return PageRef.countVolatile(memory.memMap().page(pfn));
    }

    private void put(final long pfn) {
        memory.memMap().put(task, memory.memMap().page(pfn), 1);
    }

    @Test
    void poolIsTakenFromTheBuddyAllocatorAtBoot() {
        try (PhysicalMemory without = PhysicalMemory.builder().normalPages(8192).build()) {
            assertEquals(POOL * 512L, without.freePages() - freeAtStart);
        }
        assertEquals(POOL, pool.total());
        assertThrows(
                IllegalArgumentException.class,
                () -> PhysicalMemory.builder().normalPages(1024).hugetlbPages(3).build());
    }

    @Test
    void pagesComeWithOneReferenceAndGoBackToThePool() {
        final long[] taken = new long[POOL];
        for (int i = 0; i < POOL; i++) {
            taken[i] = pool.allocate(task);
            assertEquals(1, refcount(taken[i]));
            assertEquals(9, memory.memMap().compoundOrder(taken[i]));
            assertTrue((PageDescriptor.flagsVolatile(memory.memMap().page(taken[i])) & PageDescriptor.PG_HUGETLB) != 0);
        }
        assertEquals(-1, pool.allocate(task));
        assertEquals(0, pool.freePages());
        for (final long pfn : taken) {
            put(pfn);
            assertEquals(0, refcount(pfn));
        }
        assertEquals(freeAtStart, memory.freePages(), "nothing went to the buddy allocator");
    }

    @Test
    void reservationKeepsPagesFromOthers() {
        assertTrue(pool.reserve(2));
        assertFalse(pool.reserve(2));
        final long free = pool.allocate(task);
        assertTrue(free >= 0);
        assertEquals(-1, pool.allocate(task), "the rest is reserved");
        final long reserved = pool.allocateReserved(task);
        assertTrue(reserved >= 0);
        assertEquals(1, pool.reservedPages());
        put(reserved);
        assertEquals(2, pool.reservedPages(), "not used: the reservation comes back");
        final long used = pool.allocateReserved(task);
        pool.commit(used);
        put(used);
        assertEquals(1, pool.reservedPages());
        pool.unreserve(1);
        assertEquals(-1, pool.allocateReserved(task));
        assertThrows(IllegalStateException.class, () -> pool.unreserve(1));
        put(free);
    }

    @Test
    void temporaryPageGoesToTheBuddyAllocator() {
        final long fresh = pool.allocateFresh(task);
        assertTrue(pool.isTemporary(fresh));
        assertEquals(freeAtStart - 512, memory.freePages());
        assertEquals(POOL, pool.freePages());
        put(fresh);
        assertEquals(freeAtStart, memory.freePages());
        assertEquals(POOL, pool.freePages());
    }

    @Test
    void movedStateMakesTheOldPageTemporary() {
        final long old = pool.allocate(task);
        final long fresh = pool.allocateFresh(task);
        pool.moveState(old, fresh);
        put(old);
        assertEquals(freeAtStart, memory.freePages(), "one block for the other");
        assertEquals(POOL - 1, pool.freePages());
        put(fresh);
        assertEquals(POOL, pool.freePages());
        final long again = pool.allocate(task);
        assertEquals(fresh, again, "the fresh one is the pool's now");
        put(again);
    }

    @Test
    void onlyAnActivePageIsIsolatedAndOnlyOnce() {
        final PageList list = new PageList(memory.memMap());
        final long pfn = pool.allocate(task);
        assertFalse(pool.isolate(task, pfn, list), "not active yet");
        pool.setActive(pfn);
        assertTrue(pool.isolate(task, pfn, list));
        assertEquals(2, refcount(pfn));
        assertEquals(1, list.size());
        assertFalse(pool.isolate(task, pfn, list));
        list.remove(pfn);
        pool.putbackActive(task, pfn);
        assertEquals(1, refcount(pfn));
        assertTrue(pool.isolate(task, pfn, list));
        list.remove(pfn);
        pool.putbackActive(task, pfn);
        put(pfn);
    }

    @Test
    void mappedPageIsNotFreed() {
        final long pfn = pool.allocate(task);
        memory.memMap().addCompoundMapcount(pfn, 1);
        assertThrows(IllegalStateException.class, () -> put(pfn));
        assertEquals(1, refcount(pfn));
        memory.memMap().addCompoundMapcount(pfn, -1);
        put(pfn);
    }
}
