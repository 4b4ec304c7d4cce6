package org.gup.zone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SwapAreaTest {
    private static final int SLOTS = 8;

    private final PhysicalMemory memory =
            PhysicalMemory.builder().swapPages(SLOTS).normalPages(1024).build();
    private final Task task = memory.newTask(0);
    private final SwapArea swap = memory.swap();
    private final long freeAtStart = memory.freePages();

    @AfterEach
    void booksAreBalanced() {
        assertEquals(freeAtStart, memory.freePages());
        assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
        memory.close();
    }

    private long page() {
        final long pfn = memory.allocPages(task, Gfp.GFP_MOVABLE, 0);
        assertTrue(pfn > 0);
        return pfn;
    }

    private int refcount(final long pfn) {
        return PageRef.countVolatile(memory.memMap().page(pfn));
    }

    private boolean isSwapCache(final long pfn) {
        return (PageDescriptor.flagsVolatile(memory.memMap().page(pfn)) & PageDescriptor.PG_SWAPCACHE) != 0;
    }

    private void put(final long pfn) {
        memory.memMap().put(task, memory.memMap().page(pfn), 1);
    }

    @Test
    void everySlotIsHandedOutOnceAndComesBack() {
        final boolean[] seen = new boolean[SLOTS + 1];
        for (int i = 0; i < SLOTS; i++) {
            final long slot = swap.allocateSlot();
            assertTrue(slot >= 1 && slot <= SLOTS && !seen[(int) slot], "slot " + slot);
            seen[(int) slot] = true;
            assertEquals(1, swap.count(slot));
        }
        assertEquals(-1, swap.allocateSlot());
        assertEquals(SLOTS, swap.inUse());
        assertTrue(swap.freeOne(task, 3));
        assertEquals(3, swap.allocateSlot());
        for (long slot = 1; slot <= SLOTS; slot++) {
            assertTrue(swap.freeOne(task, slot));
        }
        assertEquals(0, swap.inUse());
    }

    @Test
    void slotIsFreeOnlyAfterItsLastEntry() {
        final long slot = swap.allocateSlot();
        swap.duplicate(slot);
        swap.duplicate(slot);
        assertEquals(3, swap.count(slot));
        assertFalse(swap.freeOne(task, slot));
        assertFalse(swap.freeOne(task, slot));
        assertTrue(swap.freeOne(task, slot));
        assertThrows(IllegalStateException.class, () -> swap.freeOne(task, slot));
        assertThrows(IllegalStateException.class, () -> swap.duplicate(slot));
        assertThrows(IllegalArgumentException.class, () -> swap.count(0));
        assertThrows(IllegalArgumentException.class, () -> swap.count(SLOTS + 1));
    }

    @Test
    void contentsSurviveTheirPage() {
        final long slot = swap.allocateSlot();
        final long pfn = page();
        final Random random = new Random(7);
        for (int offset = 0; offset < 4096; offset += 8) {
            memory.frames().putLong(pfn, offset, random.nextLong());
        }
        swap.write(slot, pfn);
        memory.frames().clear(pfn);
        put(pfn);
        final long other = page();
        swap.read(slot, other);
        final Random again = new Random(7);
        for (int offset = 0; offset < 4096; offset += 8) {
            assertEquals(again.nextLong(), memory.frames().getLong(other, offset), "offset " + offset);
        }
        put(other);
        swap.freeOne(task, slot);
    }

    @Test
    void cacheHoldsOneReferenceAndFindsThePage() {
        final long slot = swap.allocateSlot();
        final long pfn = page();
        assertEquals(-1, swap.getCached(slot));
        assertTrue(swap.addToCache(task, slot, pfn));
        assertEquals(2, refcount(pfn));
        assertTrue(isSwapCache(pfn));
        assertEquals(slot, PageDescriptor.coldLong(memory.memMap().cold(pfn), PageDescriptor.PRIVATE_OFFSET));
        assertEquals(pfn, swap.getCached(slot));
        assertEquals(3, refcount(pfn));
        put(pfn);
        final long second = page();
        assertFalse(swap.addToCache(task, slot, second), "another page is there");
        assertEquals(1, refcount(second));
        put(second);
        assertFalse(swap.removeFromCache(task, pfn), "an entry still names the slot");
        assertEquals(1, refcount(pfn));
        assertFalse(isSwapCache(pfn));
        assertEquals(1, swap.inUse());
        put(pfn);
        assertTrue(swap.freeOne(task, slot));
    }

    @Test
    void lastEntryTakesAnUnmappedPageOutOfTheCache() {
        final long slot = swap.allocateSlot();
        final long pfn = page();
        swap.addToCache(task, slot, pfn);
        put(pfn);
        assertTrue(swap.freeOne(task, slot));
        assertEquals(0, refcount(pfn));
        assertEquals(0, swap.inUse());
    }

    @Test
    void lastEntryLeavesAPageInTheCacheThatIsLockedOrMapped() {
        final long slot = swap.allocateSlot();
        final long pfn = page();
        swap.addToCache(task, slot, pfn);
        assertTrue(PageLock.tryLock(memory.memMap().page(pfn)));
        assertFalse(swap.freeOne(task, slot));
        assertTrue(isSwapCache(pfn));
        assertEquals(1, swap.inUse());
        swap.duplicate(slot);
        PageLock.unlock(memory.memMap().page(pfn));
        memory.memMap().addPteMapcount(pfn, 1);
        assertFalse(swap.freeOne(task, slot));
        assertEquals(2, refcount(pfn));
        memory.memMap().addPteMapcount(pfn, -1);
        assertTrue(swap.removeFromCache(task, pfn));
        assertEquals(0, swap.inUse());
        put(pfn);
    }

    @Test
    void replaceMovesTheCacheOnlyAtTheExpectedCount() {
        final long slot = swap.allocateSlot();
        final long oldPfn = page();
        final long newPfn = page();
        swap.addToCache(task, slot, oldPfn);
        assertFalse(swap.replace(task, slot, oldPfn, newPfn, 3));
        assertEquals(2, refcount(oldPfn));
        assertTrue(isSwapCache(oldPfn));
        assertFalse(swap.replace(task, slot, newPfn, oldPfn, 1), "the other page is in the slot");
        assertTrue(swap.replace(task, slot, oldPfn, newPfn, 2));
        assertEquals(1, refcount(oldPfn));
        assertEquals(2, refcount(newPfn));
        assertFalse(isSwapCache(oldPfn));
        assertTrue(isSwapCache(newPfn));
        assertEquals(newPfn, swap.getCached(slot));
        put(newPfn);
        put(newPfn);
        put(oldPfn);
        assertTrue(swap.freeOne(task, slot));
    }

    @Test
    void entryNamesItsSlotInSwapFormat() {
        final long entry = SwapArea.entry(5);
        assertFalse(Pte.isPresent(entry));
        assertFalse(Pte.isNone(entry));
        assertEquals(0, Pte.swapType(entry));
        assertEquals(5, SwapArea.slot(entry));
    }
}
