package org.gup.offheap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Runs bodies at once, each in a thread of its own, and fails with the first failure of any. */
public final class Together {
    /** What a thread does. */
    @FunctionalInterface
    public interface Body {
        /**
         * Runs.
         *
         * @throws Exception on failure
         */
        void run() throws Exception;
    }

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private Together() {}

    /**
     * Starts threads that all begin at one moment.
     *
     * @param bodies what they do
     * @return a handle to wait for them
     */
    public static Together start(final Body... bodies) {
        final Together together = new Together();
        final CountDownLatch gate = new CountDownLatch(bodies.length);
        for (final Body body : bodies) {
            final Thread thread = new Thread(() -> {
                try {
                    gate.countDown();
                    gate.await();
                    body.run();
                } catch (final Throwable thrown) {
                    together.failed(thrown);
                }
            });
            thread.setDaemon(true);
            together.threads.add(thread);
            thread.start();
        }
        return together;
    }

    /**
     * Runs bodies at once and waits for all of them.
     *
     * @param bodies what they do
     * @throws Exception if one fails
     */
    public static void run(final Body... bodies) throws Exception {
        start(bodies).join();
    }

    /**
     * Runs one body in several threads at once and waits for all of them.
     *
     * @param threads how many
     * @param body what each does
     * @throws Exception if one fails
     */
    public static void run(final int threads, final Body body) throws Exception {
        final Body[] bodies = new Body[threads];
        Arrays.fill(bodies, body);
        run(bodies);
    }

    /** Notes the first failure, and wakes those who wait for one that will not come any more. */
    private void failed(final Throwable thrown) {
        if (failure.compareAndSet(null, thrown)) {
            for (final Thread thread : threads) {
                if (thread != Thread.currentThread()) {
                    thread.interrupt();
                }
            }
        }
    }

    /**
     * Waits for every thread.
     *
     * @throws Exception if one failed
     */
    public void join() throws Exception {
        for (final Thread thread : threads) {
            thread.join();
        }
        final Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError("a thread failed: " + thrown, thrown);
        }
    }
}
