package org.gup.offheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
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
    void shouldRefuseToUnlockAFreeLock() {
        assertThrows(IllegalStateException.class, () -> SpinLock.unlock(lock));
        SpinLock.lock(lock, Await.YIELDING);
        SpinLock.unlock(lock);
        assertThrows(IllegalStateException.class, () -> SpinLock.unlock(lock));
    }

    @Test
    @Timeout(60)
    void shouldExcludeEveryOtherThread() throws Exception {
        final int rounds = 50_000;
        final int[] guarded = {0, 0};
        Together.run(2, () -> {
            for (int i = 0; i < rounds; i++) {
                SpinLock.lock(lock, Await.YIELDING);
                try {
                    assertEquals(guarded[0], guarded[1], "somebody else is inside");
                    guarded[0]++;
                    pause(i & 15);
                    guarded[1]++;
                } finally {
                    SpinLock.unlock(lock);
                }
                pause(i & 31);
            }
        });
        assertEquals(2 * rounds, guarded[0]);
        assertEquals(2 * rounds, guarded[1]);
    }

    @Test
    @Timeout(60)
    void shouldLetExactlyOneOfTwoTakersInHoweverCloseTheyCome() throws Exception {
        final int words = 32;
        final int rounds = 4_000;
        try (Region fresh = Region.allocate("locks", (long) words * rounds * SpinLock.LENGTH)) {
            final AtomicInteger arrived = new AtomicInteger();
            final int[] taken = {0, 0};
            final Together.Body[] takers = new Together.Body[2];
            for (int t = 0; t < 2; t++) {
                final int taker = t;
                takers[t] = () -> {
                    for (int round = 0; round < rounds; round++) {
                        arrived.incrementAndGet();
                        for (int tries = 0; arrived.get() < 2 * (round + 1); tries++) {
                            Await.YIELDING.pause(tries & 1023);
                        }
                        for (int word = 0; word < words; word++) {
                            final long at = ((long) round * words + word) * SpinLock.LENGTH;
                            if (SpinLock.tryLock(fresh.address() + at)) {
                                taken[taker]++;
                            }
                        }
                    }
                };
            }
            Together.run(takers);
            assertEquals(words * rounds, taken[0] + taken[1]);
        }
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

    /** A little time, so that the threads meet in more ways than one. */
    private static void pause(final int spins) {
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldRefuseAWordOutsideEveryRegion() {
        final long past = region.address() + 64;
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.tryLock(past));
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.lock(past, NEVER));
        assertThrows(IndexOutOfBoundsException.class, () -> SpinLock.unlock(past));
    }
}
