package org.gup.tlb;

import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.UnsafeApi;
import org.gup.offheap.Await;
import org.gup.offheap.Checks;
import org.gup.task.Task;

/**
 * Who is inside a lock-free walk, or inside the model at all. Stands for {@code local_irq_save()} and
 * {@code local_irq_restore()} around gup-fast, and for the wait of a TLB shootdown or grace period.
 *
 * <p>Each task has a slot of its own, two cache lines long. The walk word is odd while the task walks; the call word counts
 * the calls it is inside. Slots live on the Java heap: they are touched before anybody knows that the model is still open.
 *
 * <p>Assumptions: a slot is entered and left by one thread at a time; {@link #synchronize} is not called from inside a
 * walk. Guarantees: (1) after {@link #synchronize} returns, every walk that was under way when it began has ended, so
 * memory that was unreachable for new walks before it may be reused; (2) once {@link #close} returns, nobody is inside, and
 * everybody who enters later gets an exception. Progress: entering and leaving are wait-free; synchronize and close block.
 *
 * <p>Order: entering is a volatile store followed by loads of entries; a mutator's unlinking is a volatile write followed by
 * a volatile load of the slot in synchronize. In that Dekker pair at least one side sees the other: either the mutator
 * waits, or the walk does not see what was unlinked. Leaving is a release store: the walk's loads come before it.
 */
public final class WalkerEpoch {
    private static final int SLOT_LONGS = 16;
    private static final int CALL_WORD = 8;
    private static final long ARRAY_BASE = UnsafeApi.arrayBaseOffset(long[].class);

    private final Await await;
    private final long[] slots;
    private final boolean[] taken;
    private final AtomicInteger inspections = new AtomicInteger();
    private volatile boolean closed;

    /**
     * An epoch with a number of slots.
     *
     * @param maxTasks slots
     * @param await what to do while waiting for walkers
     */
    public WalkerEpoch(final int maxTasks, final Await await) {
        this.await = await;
        this.slots = new long[(maxTasks + 1) * SLOT_LONGS];
        this.taken = new boolean[maxTasks];
    }

    /**
     * A free slot.
     *
     * @return its index
     * @throws IllegalStateException if all are taken
     */
    public synchronized int takeSlot() {
        for (int slot = 0; slot < taken.length; slot++) {
            if (!taken[slot]) {
                taken[slot] = true;
                return slot;
            }
        }
        throw new IllegalStateException("no walker slot left: maxTasks=" + taken.length);
    }

    /**
     * Gives a slot back.
     *
     * @param slot one that is not inside
     * @throws IllegalStateException if it is not taken, or still inside
     */
    public synchronized void giveSlot(final int slot) {
        if (slot < 0 || slot >= taken.length || !taken[slot]) {
            throw new IllegalStateException("walker slot not taken: slot=" + slot);
        }
        if ((UnsafeApi.getLongVolatile(slots, walkWord(slot)) & 1) != 0
                || UnsafeApi.getLongVolatile(slots, callWord(slot)) != 0) {
            throw new IllegalStateException("walker slot still inside a call: slot=" + slot);
        }
        taken[slot] = false;
    }

    /**
     * Begins a walk.
     *
     * @param task who walks
     * @throws IllegalArgumentException if the task is of another model
     * @throws IllegalStateException if the model is closed, or the task is walking already
     */
    public void enterWalk(final Task task) {
        checkSlot(task.walkerSlot());
        final long word = walkWord(task.walkerSlot());
        final long outside = UnsafeApi.getLong(slots, word);
        if ((outside & 1) != 0) {
            throw new IllegalStateException("walk inside a walk: slot=" + task.walkerSlot());
        }
        UnsafeApi.putLongVolatile(slots, word, outside + 1);
        if (closed) {
            UnsafeApi.putLongRelease(slots, word, outside + 2);
            throw closedException();
        }
    }

    /**
     * Ends a walk.
     *
     * @param task who walked
     */
    public void exitWalk(final Task task) {
        final long word = walkWord(task.walkerSlot());
        final long inside = UnsafeApi.getLong(slots, word);
        if (Checks.ENABLED && (inside & 1) == 0) {
            throw new IllegalStateException("end of a walk that did not begin: slot=" + task.walkerSlot());
        }
        UnsafeApi.putLongRelease(slots, word, inside + 1);
    }

    /**
     * Begins a call into the model: its memory stays until {@link #exitCall}. Nests.
     *
     * @param task who calls
     * @throws IllegalArgumentException if the task is of another model
     * @throws IllegalStateException if the model is closed
     */
    public void enterCall(final Task task) {
        checkSlot(task.walkerSlot());
        final long word = callWord(task.walkerSlot());
        final long depth = UnsafeApi.getLong(slots, word);
        UnsafeApi.putLongVolatile(slots, word, depth + 1);
        if (depth == 0 && closed) {
            UnsafeApi.putLongRelease(slots, word, 0);
            throw closedException();
        }
    }

    /**
     * Ends a call into the model.
     *
     * @param task who called
     */
    public void exitCall(final Task task) {
        final long word = callWord(task.walkerSlot());
        final long depth = UnsafeApi.getLong(slots, word);
        if (Checks.ENABLED && depth == 0) {
            throw new IllegalStateException("end of a call that did not begin: slot=" + task.walkerSlot());
        }
        UnsafeApi.putLongRelease(slots, word, depth - 1);
    }

    /**
     * Begins a look at the model by somebody who has no task.
     *
     * @throws IllegalStateException if the model is closed
     */
    public void enterInspection() {
        inspections.incrementAndGet();
        if (closed) {
            inspections.decrementAndGet();
            throw closedException();
        }
    }

    /** Ends a look at the model. */
    public void exitInspection() {
        inspections.decrementAndGet();
    }

    /**
     * Waits until every walk under way has ended. Models the wait of {@code tlb_flush()} for the shootdown's IPIs, or of
     * {@code synchronize_rcu()}.
     */
    public void synchronize() {
        UnsafeApi.fullFence();
        for (int slot = 0; slot < taken.length; slot++) {
            final long word = walkWord(slot);
            final long seen = UnsafeApi.getLongVolatile(slots, word);
            if ((seen & 1) == 0) {
                continue;
            }
            for (int tries = 0; UnsafeApi.getLongVolatile(slots, word) == seen; tries++) {
                await.pause(tries);
            }
        }
    }

    /**
     * Whether the model is closed.
     *
     * @return true once {@link #close} has begun
     */
    public boolean isClosed() {
        return closed;
    }

    /**
     * Shuts the model: waits until nobody is inside; nobody enters after.
     *
     * @throws IllegalStateException if it was closed before
     */
    public void close() {
        synchronized (this) {
            if (closed) {
                throw new IllegalStateException("closed twice");
            }
            closed = true;
        }
        UnsafeApi.fullFence();
        for (int slot = 0; slot < taken.length; slot++) {
            for (int tries = 0;
                    (UnsafeApi.getLongVolatile(slots, walkWord(slot)) & 1) != 0
                            || UnsafeApi.getLongVolatile(slots, callWord(slot)) != 0;
                    tries++) {
                await.pause(tries);
            }
        }
        for (int tries = 0; inspections.get() != 0; tries++) {
            await.pause(tries);
        }
    }

    /** A slot that this epoch does not have would be a write beside the array. */
    private void checkSlot(final int slot) {
        if (slot < 0 || slot >= taken.length) {
            throw new IllegalArgumentException("task of another model: slot=" + slot + ", maxTasks=" + taken.length);
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the model is closed");
    }

    /** The first slot's worth of longs stays unused, so that no slot shares a line with the array's header. */
    private static long walkWord(final int slot) {
        return ARRAY_BASE + (long) (slot + 1) * SLOT_LONGS * Long.BYTES;
    }

    private static long callWord(final int slot) {
        return walkWord(slot) + CALL_WORD * Long.BYTES;
    }
}
