package org.gup.bench.latency;

import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.gup.bench.mutate.Mutation;
import org.gup.bench.mutate.Mutator;
import org.gup.bench.mutate.SharedSpace;
import org.jspecify.annotations.Nullable;

/**
 * Changes an address space at a fixed rate, in a thread of its own, until it is told to stop. It sleeps in between, so that on a
 * machine with two processors something is left for the compiler and everybody else.
 */
final class PacedMutator {
    private static final long SPIN_NANOS = 60_000;

    private final Mutator mutator;
    private final Mutation mutation;
    private final SharedSpace space;
    private final int pages;
    private final long periodNanos;
    private volatile boolean stopped;
    private volatile @Nullable Throwable failure;
    /** Written by the thread, read after it has ended. */
    private long operations;

    private long changedPages;

    PacedMutator(
            final Mutator mutator,
            final Mutation mutation,
            final SharedSpace space,
            final int pages,
            final long periodNanos) {
        this.mutator = mutator;
        this.mutation = mutation;
        this.space = space;
        this.pages = pages;
        this.periodNanos = periodNanos;
    }

    /**
     * Runs something while a thread changes the address space.
     *
     * @param work what
     * @param latencies receives what each change took, in nanoseconds
     * @throws IllegalStateException if a change failed
     */
    void during(final Runnable work, final Histogram latencies) {
        stopped = false;
        final Thread thread = new Thread(() -> loop(latencies), "mutator-" + mutation.id());
        thread.setDaemon(true);
        thread.start();
        try {
            work.run();
        } finally {
            stopped = true;
            join(thread);
        }
        final Throwable failed = failure;
        if (failed != null) {
            throw new IllegalStateException(mutation.id() + ": " + failed.getMessage(), failed);
        }
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stop);
        }
    }

    private void loop(final Histogram latencies) {
        try {
            long due = System.nanoTime();
            do {
                waitUntil(due);
                final long begun = System.nanoTime();
                changedPages += mutator.apply(mutation, space, pages);
                final long back = System.nanoTime();
                latencies.recordValue(back - begun);
                operations++;
                // What was missed is not made up for: a burst of changes is not what is asked about.
                due = Math.max(due + periodNanos, back);
            } while (!stopped);
        } catch (final RuntimeException | Error failed) {
            failure = failed;
        }
    }

    private void waitUntil(final long due) {
        long left = due - System.nanoTime();
        while (left > 0 && !stopped) {
            if (left > SPIN_NANOS) {
                LockSupport.parkNanos(left - SPIN_NANOS);
            } else {
                Thread.onSpinWait();
            }
            left = due - System.nanoTime();
        }
    }

    /** Changes made so far. */
    long operations() {
        return operations;
    }

    /** Pages changed so far. */
    long changedPages() {
        return changedPages;
    }

    void forgetCounts() {
        operations = 0;
        changedPages = 0;
    }
}
