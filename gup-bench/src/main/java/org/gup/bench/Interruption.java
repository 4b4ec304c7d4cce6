package org.gup.bench;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.gup.bench.results.ResultsFolder;

/**
 * What happens when the JVM is told to end in the middle: forks are ended, and what was finished is kept, if
 * anything was. The JVM itself ends with status 130 on Ctrl-C.
 */
final class Interruption implements AutoCloseable {
    private static final long GRACE_MILLIS = 300;

    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final Thread hook;

    private Interruption(final ResultsFolder folder) {
        this.hook = new Thread(
                () -> {
                    interrupted.countDown();
                    ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
                    folder.keepUnfinished()
                            .ifPresent(kept -> System.err.println("\ngup-bench: interrupted; what was finished is kept:"
                                    + " go on with gup-bench run --resume '" + kept + "'"));
                },
                "gup-bench-interrupted");
    }

    /** From now on. */
    static Interruption watch(final ResultsFolder folder) {
        final Interruption interruption = new Interruption(folder);
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    /**
     * Called when a fork died: if that was because everything is being interrupted, says nothing more and lets the JVM end.
     * The signal reaches this JVM a moment later than the fork at most.
     */
    void waitIfInterrupted() {
        try {
            if (interrupted.await(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                hook.join();
                Thread.currentThread().join();
            }
        } catch (final InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException ending) {
            // The JVM is ending: the hook runs.
        }
    }
}
