package org.gup.bench.curve;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Where threads wait for each other, awake: a sleeper would start late. May be passed many times.
 *
 * <p>Threading: any thread of those it was made for.
 */
final class StartLine {
    private static final int SPINS = 1 << 14;

    private final int threads;
    private final AtomicLong arrived = new AtomicLong();
    private volatile boolean givenUp;

    StartLine(final int threads) {
        this.threads = threads;
    }

    /**
     * Waits until all are here.
     *
     * @throws IllegalStateException if another one gave up
     */
    void await() {
        final long here = arrived.getAndIncrement();
        final long all = (here / threads + 1) * threads;
        for (int spin = 0; arrived.get() < all; spin++) {
            if (givenUp) {
                throw new IllegalStateException("another thread failed");
            }
            // On a machine with too few processors the one that is waited for must run.
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /** Lets the others fail too: this one will not come. */
    void giveUp() {
        givenUp = true;
    }
}
