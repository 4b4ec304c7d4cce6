package org.gup.page;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_LOCKED;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.offheap.Await;
import org.gup.offheap.Together;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PageLockTest {
    private MemMap memMap;
    private long page;

    @BeforeEach
    void setUp() {
        memMap = new MemMap(16, (task, headPfn) -> {});
        page = memMap.page(3);
    }

    @AfterEach
    void tearDown() {
        memMap.close();
    }

    @Test
    void shouldBeOneBitBesideTheOtherFlags() {
        PageDescriptor.setFlags(page, PG_DIRTY);
        assertTrue(PageLock.tryLock(page));
        assertEquals(PG_DIRTY | PG_LOCKED, PageDescriptor.flagsVolatile(page));
        assertFalse(PageLock.tryLock(page));
        assertTrue(PageLock.tryLock(memMap.page(4)), "the next page has a lock of its own");
        PageLock.unlock(page);
        assertEquals(PG_DIRTY, PageDescriptor.flagsVolatile(page));
    }

    @Test
    void shouldRejectUnlockingAPageThatIsNotLockedAndLeaveItsFlags() {
        PageDescriptor.setFlags(page, PG_DIRTY);
        assertThrows(IllegalStateException.class, () -> PageLock.unlock(page));
        assertEquals(PG_DIRTY, PageDescriptor.flagsVolatile(page));
        assertTrue(PageLock.tryLock(page));
    }

    @Test
    void shouldPauseWhileItIsTaken() {
        PageLock.lock(page, Await.YIELDING);
        final int[] pauses = {0};
        PageLock.lock(page, tries -> {
            assertEquals(pauses[0]++, tries);
            if (tries == 2) {
                PageLock.unlock(page);
            }
        });
        assertEquals(3, pauses[0]);
        assertFalse(PageLock.tryLock(page));
    }

    @Test
    @Timeout(60)
    void shouldExcludeHoldersAndLoseNoFlagOfOthers() throws Exception {
        final int rounds = 20_000;
        final int[] guarded = {0};
        final Together.Body holder = () -> {
            for (int i = 0; i < rounds; i++) {
                PageLock.lock(page, Await.YIELDING);
                guarded[0]++;
                PageLock.unlock(page);
            }
        };
        Together.run(holder, holder, () -> {
            for (int i = 0; i < rounds; i++) {
                assertEquals(0, PageDescriptor.setFlags(page, PG_REFERENCED) & PG_REFERENCED, "a flag was not cleared");
                assertEquals(
                        PG_REFERENCED,
                        PageDescriptor.clearFlags(page, PG_REFERENCED) & PG_REFERENCED,
                        "a flag was lost");
            }
        });
        assertEquals(2 * rounds, guarded[0]);
        assertEquals(0, PageDescriptor.flagsVolatile(page));
    }
}
