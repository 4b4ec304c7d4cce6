package org.gup.offheap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RwSemTest {
    private static final Await NEVER = tries -> {
        throw new AssertionError("waited for a free semaphore");
    };

    private Region region;
    private long sem;

    @BeforeEach
    void setUp() {
        region = Region.allocate("semaphore", 64);
        sem = region.address() + 4;
    }

    @AfterEach
    void tearDown() {
        region.close();
    }

    @Test
    void shouldLetReadersInTogether() {
        RwSem.downRead(sem, NEVER);
        RwSem.downRead(sem, NEVER);
        assertTrue(RwSem.tryDownRead(sem));
        assertTrue(RwSem.isLocked(sem));
        assertFalse(RwSem.isWriteLocked(sem));
        RwSem.upRead(sem);
        RwSem.upRead(sem);
        assertTrue(RwSem.isLocked(sem));
        RwSem.upRead(sem);
        assertFalse(RwSem.isLocked(sem));
    }

    @Test
    void shouldKeepReadersOutWhileAWriterIsInside() {
        RwSem.downWrite(sem, NEVER);
        assertTrue(RwSem.isLocked(sem));
        assertTrue(RwSem.isWriteLocked(sem));
        assertFalse(RwSem.tryDownRead(sem));
        final int[] pauses = {0};
        RwSem.downRead(sem, tries -> {
            if (++pauses[0] == 3) {
                RwSem.upWrite(sem);
            }
        });
        assertEquals(3, pauses[0]);
        assertFalse(RwSem.isWriteLocked(sem));
        RwSem.upRead(sem);
        assertFalse(RwSem.isLocked(sem));
    }

    @Test
    void shouldKeepNewReadersOutOnceAWriterWaits() {
        RwSem.downRead(sem, NEVER);
        RwSem.downRead(sem, NEVER);
        RwSem.downWrite(sem, tries -> {
            assertFalse(RwSem.isWriteLocked(sem), "writer inside beside readers");
            assertFalse(RwSem.tryDownRead(sem), "a reader overtook a waiting writer");
            if (tries < 2) {
                RwSem.upRead(sem);
            }
        });
        assertTrue(RwSem.isWriteLocked(sem));
        RwSem.upWrite(sem);
        RwSem.downRead(sem, NEVER);
        RwSem.upRead(sem);
    }

    @Test
    void shouldLetASecondWriterInAfterTheFirst() {
        RwSem.downWrite(sem, NEVER);
        final boolean[] left = {false};
        RwSem.downWrite(sem, tries -> {
            if (!left[0]) {
                left[0] = true;
                RwSem.upWrite(sem);
                assertFalse(RwSem.tryDownRead(sem), "a reader overtook the second writer");
            }
        });
        assertTrue(left[0]);
        assertTrue(RwSem.isWriteLocked(sem));
        RwSem.upWrite(sem);
        assertFalse(RwSem.isLocked(sem));
        assertTrue(RwSem.tryDownRead(sem), "waiting mark left behind");
    }

    @Test
    void shouldRefuseToLeaveWhatNobodyEntered() {
        assertThrows(IllegalStateException.class, () -> RwSem.upRead(sem));
        assertThrows(IllegalStateException.class, () -> RwSem.upWrite(sem));
        RwSem.downRead(sem, NEVER);
        assertThrows(IllegalStateException.class, () -> RwSem.upWrite(sem));
        RwSem.upRead(sem);
        RwSem.downWrite(sem, NEVER);
        assertThrows(IllegalStateException.class, () -> RwSem.upRead(sem));
        RwSem.upWrite(sem);
        assertFalse(RwSem.isLocked(sem), "misuse changed the word");
        assertTrue(RwSem.tryDownRead(sem), "misuse changed the word");
    }

    @Test
    @Timeout(60)
    void shouldNeverRefuseATryWhileThereAreOnlyReaders() throws Exception {
        Together.run(3, () -> {
            for (int i = 0; i < 100_000; i++) {
                assertTrue(RwSem.tryDownRead(sem), "refused without any writer");
                RwSem.upRead(sem);
            }
        });
        assertFalse(RwSem.isLocked(sem));
    }

    @Test
    @Timeout(60)
    void shouldExcludeWritersFromEverybodyAndLoseNoUpdate() throws Exception {
        final int rounds = 5_000;
        final int[] guarded = {0, 0};
        final Together.Body writer = () -> {
            for (int i = 0; i < rounds; i++) {
                RwSem.downWrite(sem, Await.YIELDING);
                guarded[0]++;
                assertTrue(RwSem.isWriteLocked(sem));
                guarded[1]++;
                RwSem.upWrite(sem);
            }
        };
        final Together.Body reader = () -> {
            for (int i = 0; i < rounds; i++) {
                RwSem.downRead(sem, Await.YIELDING);
                assertEquals(guarded[0], guarded[1], "a writer is inside beside a reader");
                RwSem.upRead(sem);
            }
        };
        Together.run(writer, reader, writer, reader);
        assertEquals(2 * rounds, guarded[0]);
        assertEquals(2 * rounds, guarded[1]);
        assertFalse(RwSem.isLocked(sem));
    }

    @Test
    @Timeout(60)
    void shouldLetAWriterThroughAnUnbrokenStreamOfReaders() throws Exception {
        final StreamReaders readers = new StreamReaders();
        final CountDownLatch streaming = new CountDownLatch(1);
        Together.run(
                () -> {
                    RwSem.downRead(sem, NEVER);
                    readers.inside.incrementAndGet();
                    streaming.countDown();
                    readers.leave(1);
                    readers.stream(0, 1);
                },
                () -> {
                    streaming.await();
                    readers.stream(1, 0);
                },
                () -> {
                    streaming.await();
                    RwSem.downWrite(sem, Await.YIELDING);
                    readers.written.set(true);
                    RwSem.upWrite(sem);
                });
        assertFalse(RwSem.isLocked(sem));
    }

    /** Two readers of whom one is always inside, unless the semaphore itself keeps the other one out. */
    private final class StreamReaders {
        final AtomicInteger inside = new AtomicInteger();
        final AtomicBoolean[] refused = {new AtomicBoolean(), new AtomicBoolean()};
        final AtomicBoolean written = new AtomicBoolean();

        void stream(final int me, final int other) {
            while (!written.get()) {
                RwSem.downRead(sem, tries -> {
                    refused[me].set(true);
                    Await.YIELDING.pause(tries);
                });
                refused[me].set(false);
                inside.incrementAndGet();
                leave(other);
            }
        }

        void leave(final int other) {
            while (!inside.compareAndSet(2, 1)) {
                if (refused[other].get() || written.get()) {
                    inside.decrementAndGet();
                    break;
                }
                Thread.yield();
            }
            RwSem.upRead(sem);
        }
    }

    @Test
    void shouldRefuseAWordOutsideEveryRegion() {
        final long past = region.address() + 64;
        assertThrows(IndexOutOfBoundsException.class, () -> RwSem.downRead(past, NEVER));
        assertThrows(IndexOutOfBoundsException.class, () -> RwSem.downWrite(past, NEVER));
        assertThrows(IndexOutOfBoundsException.class, () -> RwSem.upRead(past));
        assertThrows(IndexOutOfBoundsException.class, () -> RwSem.upWrite(past));
        assertThrows(IndexOutOfBoundsException.class, () -> RwSem.isLocked(past));
    }
}
