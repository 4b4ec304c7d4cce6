package org.gup.tlb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.gup.offheap.Await;
import org.gup.offheap.Together;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WalkerEpochTest {
    private static final Await NEVER = tries -> {
        throw new AssertionError("waited although nobody was in the way");
    };

    /** What a test does while the epoch waits, so that one thread can play both sides. */
    private Await whileWaiting = NEVER;

    private final WalkerEpoch epoch = new WalkerEpoch(4, tries -> whileWaiting.pause(tries));
    private final Task walker = new Task(epoch.takeSlot(), 0);
    private final Task other = new Task(epoch.takeSlot(), 1);

    @Test
    void shouldNotWaitWhenNobodyWalks() {
        epoch.synchronize();
        epoch.enterWalk(walker);
        epoch.exitWalk(walker);
        epoch.synchronize();
        epoch.enterCall(walker);
        epoch.synchronize();
        epoch.exitCall(walker);
    }

    @Test
    void shouldWaitForAWalkThatIsUnderWay() {
        epoch.enterWalk(walker);
        final List<Integer> pauses = new ArrayList<>();
        whileWaiting = tries -> {
            pauses.add(tries);
            if (tries == 2) {
                epoch.exitWalk(walker);
            }
        };
        epoch.synchronize();
        assertEquals(List.of(0, 1, 2), pauses);
    }

    @Test
    void shouldWaitForEveryWalkThatIsUnderWay() {
        final List<Task> tasks = List.of(walker, other, new Task(epoch.takeSlot(), 0), new Task(epoch.takeSlot(), 0));
        tasks.forEach(epoch::enterWalk);
        final int[] ended = {0};
        whileWaiting = tries -> epoch.exitWalk(tasks.get(tasks.size() - ++ended[0]));
        epoch.synchronize();
        assertEquals(4, ended[0], "the walk in the first slot ended last and was waited for");
    }

    @Test
    void shouldNotWaitForAWalkThatBeganLater() {
        epoch.enterWalk(walker);
        final int[] pauses = {0};
        whileWaiting = tries -> {
            assertEquals(1, ++pauses[0], "waited for a walk that began later");
            epoch.exitWalk(walker);
            // The slot is odd again before the waiting thread looks: a walk of its own, which cannot hold the old link.
            epoch.enterWalk(walker);
        };
        epoch.synchronize();
        assertEquals(1, pauses[0]);
        epoch.exitWalk(walker);
    }

    @Test
    void shouldNotWaitForASlotThatIsOnlyInsideACall() {
        epoch.enterCall(walker);
        epoch.enterCall(walker);
        epoch.synchronize();
        epoch.exitCall(walker);
        epoch.exitCall(walker);
    }

    @Test
    @Timeout(60)
    void shouldHoldTheWaiterUntilAnotherThreadsWalkEnds() throws Exception {
        final CountDownLatch waiting = new CountDownLatch(1);
        final AtomicBoolean ended = new AtomicBoolean();
        whileWaiting = tries -> {
            waiting.countDown();
            Thread.yield();
        };
        final CountDownLatch inside = new CountDownLatch(1);
        Together.run(
                () -> {
                    epoch.enterWalk(walker);
                    inside.countDown();
                    waiting.await();
                    ended.set(true);
                    epoch.exitWalk(walker);
                },
                () -> {
                    inside.await();
                    epoch.synchronize();
                    assertTrue(ended.get(), "returned while the walk was under way");
                });
    }

    @Test
    void shouldRejectAWalkInsideAWalk() {
        epoch.enterWalk(walker);
        assertThrows(IllegalStateException.class, () -> epoch.enterWalk(walker));
        epoch.enterWalk(other);
        epoch.exitWalk(other);
        epoch.exitWalk(walker);
        epoch.synchronize();
    }

    @Test
    void shouldHandOutEverySlotOnceAndTakeThemBack() {
        assertEquals(0, walker.walkerSlot());
        assertEquals(1, other.walkerSlot());
        assertEquals(2, epoch.takeSlot());
        assertEquals(3, epoch.takeSlot());
        final IllegalStateException none = assertThrows(IllegalStateException.class, epoch::takeSlot);
        assertTrue(none.getMessage().contains("maxTasks=4"), none.getMessage());
        epoch.giveSlot(1);
        assertEquals(1, epoch.takeSlot());
    }

    @Test
    void shouldRejectGivingBackASlotThatIsNotTakenOrStillInside() {
        for (final int slot : new int[] {-1, 2, 3, 4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            final IllegalStateException rejected =
                    assertThrows(IllegalStateException.class, () -> epoch.giveSlot(slot));
            assertTrue(rejected.getMessage().contains("slot=" + slot), rejected.getMessage());
        }
        epoch.enterWalk(walker);
        assertThrows(IllegalStateException.class, () -> epoch.giveSlot(walker.walkerSlot()));
        epoch.exitWalk(walker);
        epoch.enterCall(walker);
        assertThrows(IllegalStateException.class, () -> epoch.giveSlot(walker.walkerSlot()));
        epoch.exitCall(walker);
        epoch.giveSlot(walker.walkerSlot());
        assertThrows(IllegalStateException.class, () -> epoch.giveSlot(walker.walkerSlot()));
    }

    @Test
    void shouldKeepAnybodyOutOnceClosed() {
        assertFalse(epoch.isClosed());
        epoch.close();
        assertTrue(epoch.isClosed());
        for (int round = 0; round < 2; round++) {
            final IllegalStateException walk = assertThrows(IllegalStateException.class, () -> epoch.enterWalk(walker));
            assertEquals("the model is closed", walk.getMessage());
            assertThrows(IllegalStateException.class, () -> epoch.enterCall(walker));
            assertThrows(IllegalStateException.class, epoch::enterInspection);
        }
        // Those who were turned away are not inside.
        epoch.synchronize();
        epoch.giveSlot(walker.walkerSlot());
    }

    @Test
    void shouldRejectClosingTwice() {
        epoch.close();
        assertThrows(IllegalStateException.class, epoch::close);
    }

    /** Closes while something holds the model open, ends that at the third look, and says how often close looked. */
    private int looksBeforeClosed(final Runnable end) {
        final int[] looks = {0};
        whileWaiting = tries -> {
            assertTrue(epoch.isClosed());
            assertEquals(looks[0]++, tries);
            if (tries == 2) {
                end.run();
            }
        };
        epoch.close();
        return looks[0];
    }

    @Test
    void shouldCloseOnlyWhenTheWalkHasEnded() {
        epoch.enterWalk(other);
        assertEquals(3, looksBeforeClosed(() -> epoch.exitWalk(other)));
    }

    @Test
    void shouldCloseOnlyWhenTheOutermostCallHasEnded() {
        epoch.enterCall(other);
        epoch.enterCall(other);
        epoch.exitCall(other);
        assertEquals(3, looksBeforeClosed(() -> epoch.exitCall(other)));
    }

    @Test
    void shouldCloseOnlyWhenTheLastInspectionHasEnded() {
        epoch.enterInspection();
        epoch.enterInspection();
        epoch.exitInspection();
        assertEquals(3, looksBeforeClosed(epoch::exitInspection));
    }

    @Test
    void shouldLetACallThatIsUnderWayNestOnceClosing() {
        epoch.enterCall(walker);
        assertEquals(3, looksBeforeClosed(() -> {
            epoch.enterCall(walker);
            epoch.exitCall(walker);
            assertThrows(IllegalStateException.class, () -> epoch.enterCall(other));
            assertThrows(IllegalStateException.class, () -> epoch.enterWalk(other));
            assertThrows(IllegalStateException.class, epoch::enterInspection);
            epoch.exitCall(walker);
        }));
    }

    @Test
    void shouldRejectATaskWithoutASlotHereRatherThanWriteBesideTheSlots() {
        for (final int slot : new int[] {-1, 4, 1_000_000, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            final Task stranger = new Task(slot, 0);
            final IllegalArgumentException walk =
                    assertThrows(IllegalArgumentException.class, () -> epoch.enterWalk(stranger));
            assertTrue(walk.getMessage().contains("slot=" + slot), walk.getMessage());
            assertThrows(IllegalArgumentException.class, () -> epoch.enterCall(stranger));
        }
    }

    @Test
    void shouldRejectTheEndOfAWalkOrCallThatDidNotBegin() {
        assertThrows(IllegalStateException.class, () -> epoch.exitWalk(walker));
        assertThrows(IllegalStateException.class, () -> epoch.exitCall(walker));
        epoch.enterWalk(walker);
        epoch.exitWalk(walker);
        assertThrows(IllegalStateException.class, () -> epoch.exitWalk(walker));
        epoch.enterCall(walker);
        epoch.exitCall(walker);
        assertThrows(IllegalStateException.class, () -> epoch.exitCall(walker));
        epoch.synchronize();
        epoch.close();
    }

    /**
     * The guarantee itself: what a walk could have reached is not reused before the walk ends. A mutator swings a link
     * between cells, waits, and reuses the cell that nobody can reach any more; walkers follow the link.
     */
    @Test
    @Timeout(120)
    void shouldNeverReuseUnderAWalk() throws Exception {
        final int rounds = 30_000;
        final long reused = -1;
        final AtomicLong link = new AtomicLong(0);
        final long[] cells = {1, 1};
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicLong walks = new AtomicLong();
        whileWaiting = Await.YIELDING;
        final Together.Body mutator = () -> {
            for (int i = 1; i <= rounds || walks.get() < rounds; i++) {
                final int unlinked = 1 - (i & 1);
                cells[i & 1] = 1;
                link.getAndSet(i & 1);
                epoch.synchronize();
                cells[unlinked] = reused;
            }
            done.set(true);
        };
        Together.run(
                mutator, () -> walk(walker, link, cells, done, walks), () -> walk(other, link, cells, done, walks));
    }

    private void walk(
            final Task task,
            final AtomicLong link,
            final long[] cells,
            final AtomicBoolean done,
            final AtomicLong walks) {
        while (!done.get()) {
            epoch.enterWalk(task);
            final int cell = (int) link.get();
            final long first = cells[cell];
            Thread.onSpinWait();
            final long second = cells[cell];
            epoch.exitWalk(task);
            if (first != 1 || second != 1) {
                throw new AssertionError("read a cell that was reused: " + first + ", " + second);
            }
            walks.incrementAndGet();
        }
    }

    @Test
    @Timeout(60)
    void shouldHaveNobodyInsideOnceCloseReturns() throws Exception {
        for (int round = 0; round < 200; round++) {
            final WalkerEpoch closing = new WalkerEpoch(2, Await.YIELDING);
            final AtomicBoolean memoryGone = new AtomicBoolean();
            final Together.Body user = () -> {
                final Task task = new Task(closing.takeSlot(), 0);
                for (boolean open = true; open; ) {
                    try {
                        closing.enterCall(task);
                        try {
                            closing.enterWalk(task);
                            assertFalse(memoryGone.get(), "walking in a closed model");
                            closing.exitWalk(task);
                        } finally {
                            closing.exitCall(task);
                        }
                    } catch (final IllegalStateException closed) {
                        open = false;
                    }
                }
            };
            Together.run(user, user, () -> {
                closing.close();
                memoryGone.set(true);
            });
        }
    }
}
