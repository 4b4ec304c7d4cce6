package org.gup.bench.soak;

import java.time.Duration;

/**
 * What is to be run.
 *
 * @param seed of every thread's choices
 * @param threads how many, at least 2: half of them, rounded up, get pages, the others change address spaces
 * @param length how long
 */
public record SoakPlan(long seed, int threads, Duration length) {
    /** Fewest threads. */
    public static final int LEAST_THREADS = 2;
    /** Most threads: each has words of its own in every page. */
    public static final int MOST_THREADS = 64;

    /** Checks the number of threads. */
    public SoakPlan {
        if (threads < LEAST_THREADS || threads > MOST_THREADS) {
            throw new IllegalArgumentException(
                    "threads out of range: " + threads + ", allowed " + LEAST_THREADS + " to " + MOST_THREADS);
        }
    }

    int pinners() {
        return (threads + 1) / 2;
    }

    int changers() {
        return threads - pinners();
    }
}
