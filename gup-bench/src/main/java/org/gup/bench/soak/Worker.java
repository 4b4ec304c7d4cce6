package org.gup.bench.soak;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.Lock;
import org.gup.bench.mutate.SharedSpace;
import org.gup.task.Task;

/** A thread of the soak: makes steps, in batches, until it is told to stop. Between batches everybody may be made to pause. */
abstract class Worker implements Runnable {
    private static final int BATCH = 16;

    final Soak soak;
    final Task task;
    final SplittableRandom random;
    private final String name;
    private final AtomicLongArray counts;
    private final Lock running;
    private volatile long steps;
    private volatile String doing = "nothing yet";

    /**
     * A worker.
     *
     * @param soak whose
     * @param name of its thread
     * @param task its own
     * @param random its choices
     * @param counters how many counters it has
     */
    Worker(final Soak soak, final String name, final Task task, final SplittableRandom random, final int counters) {
        this.soak = soak;
        this.name = name;
        this.task = task;
        this.random = random;
        this.counts = new AtomicLongArray(counters);
        this.running = soak.running();
    }

    /** Makes one step. */
    abstract void step();

    /** Gives back what is held. */
    abstract void end();

    @Override
    public final void run() {
        try {
            while (!soak.isStopped()) {
                running.lock();
                try {
                    final long made = steps;
                    for (int i = 0; i < BATCH && !soak.isStopped(); i++) {
                        step();
                        steps = made + i + 1;
                    }
                } finally {
                    running.unlock();
                }
            }
            // The books may still be looked at.
            running.lock();
            try {
                end();
            } finally {
                running.unlock();
            }
        } catch (final Soak.AbortedException aborted) {
            // Somebody else has found something.
        } catch (final RuntimeException | Error failed) {
            soak.fail(name + ", step " + steps + " (" + doing + "): " + describe(failed), failed);
        }
    }

    private static String describe(final Throwable failed) {
        return failed instanceof ViolationException ? String.valueOf(failed.getMessage()) : failed.toString();
    }

    /** Says what the next call is, for whoever asks why it does not come back. */
    final void doing(final String what) {
        doing = what;
    }

    final SharedSpace anySpace() {
        return soak.spaces().get(random.nextInt(soak.spaces().size()));
    }

    /** Adds to a counter of its own. */
    final void count(final int counter, final long delta) {
        counts.lazySet(counter, counts.get(counter) + delta);
    }

    final long counted(final int counter) {
        return counts.get(counter);
    }

    final String name() {
        return name;
    }

    final String state() {
        return name + " at step " + steps + " (" + doing + ")";
    }

    final long steps() {
        return steps;
    }
}
