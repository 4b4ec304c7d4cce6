package org.gup.offheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SpinLockTest {
    private static final Await NEVER = tries -> {
        throw new AssertionError("waited for a free lock");
    };

    private Region region;
    private long lock;

    @BeforeEach
    void setUp() {
        region = Region.allocate("lock", 64);
        lock = region.address() + 8;
    }

    @AfterEach
    void tearDown() {
        region.close();
    }

    @Test
    void shouldTakeAFreeLockWithoutWaitingAndRefuseATakenOne() {
        assertTrue(SpinLock.tryLock(lock));
        assertFalse(SpinLock.tryLock(lock));
        SpinLock.unlock(lock);
        SpinLock.lock(lock, NEVER);
        assertFalse(SpinLock.tryLock(lock));
        SpinLock.unlock(lock);
        assertTrue(SpinLock.tryLock(lock));
    }

    @Test
    void shouldPauseOncePerFailedLookAndCountThem() {
        SpinLock.lock(lock, NEVER);
        final int[] pauses = {0};
        SpinLock.lock(lock, tries -> {
            assertEquals(pauses[0]++, tries);
            if (tries == 4) {
                SpinLock.unlock(lock);
            }
        });
        assertEquals(5, pauses[0]);
        assertFalse(SpinLock.tryLock(lock));
    }

    @Test
    void shouldLeaveTheWordsBesideItAlone() {
        SpinLock.lock(lock - 4, NEVER);
        SpinLock.lock(lock + 4, NEVER);
        assertTrue(SpinLock.tryLock(lock));
        SpinLock.unlock(lock);
        assertFalse(SpinLock.tryLock(lock - 4));
        assertFalse(SpinLock.tryLock(lock + 4));
    }

    @Test
    @Timeout(60)
    void shouldExcludeEveryOtherThread() throws Exception {
        final int rounds = 20_000;
        final int[] guarded = {0, 0};
        Together.run(4, () -> {
            for (int i = 0; i < rounds; i++) {
                SpinLock.lock(lock, Await.YIELDING);
                try {
                    assertEquals(guarded[0], guarded[1], "somebody else is inside");
                    guarded[0]++;
                    guarded[1]++;
                } finally {
                    SpinLock.unlock(lock);
                }
            }
        });
        assertEquals(4 * rounds, guarded[0]);
        assertEquals(4 * rounds, guarded[1]);
    }

    @Test
    @Timeout(60)
    void shouldExcludeThreadsThatOnlyTry() throws Exception {
        final int rounds = 5_000;
        final int[] guarded = {0};
        Together.run(3, () -> {
            for (int taken = 0; taken < rounds; ) {
                if (SpinLock.tryLock(lock)) {
                    guarded[0]++;
                    taken++;
                    SpinLock.unlock(lock);
                } else {
                    Thread.yield();
                }
            }
        });
        assertEquals(3 * rounds, guarded[0]);
    }

    @Test
    void shouldRefuseAWordOutsideEveryRegion() {
        final long past = region.address() + 64;
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.tryLock(past));
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.lock(past, NEVER));
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.unlock(past));
    }
}
