package org.gup.shim;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs an action in the middle of a call, right before or after one chosen access of its thread. For example, an entry's
 * accessed bit that the processor sets between a walk's first look and its second:
 *
 * <pre>
 *   int got = Interposer.before(AccessKind.LOAD_VOLATILE, entryAddress)
 *           .act(() -&gt; TablePages.getAndSet(entryAddress, entry | Pte.ACCESSED))
 *           .during(() -&gt; gup.getUserPagesFastOnly(task, mm, start, 1, false, pages));
 * </pre>
 *
 * <p>The action's own accesses are not looked at. It runs once. If the chosen access never happens, {@link #during} fails.
 *
 * <p>Waiting: the interrupted call may hold locks, or be inside the walker epoch. An action of {@link #act} that waits for
 * what the call holds would wait for ever, and fails instead. {@link #actOnAnotherThread} is for those: the call goes on as
 * soon as the action has ended or has begun to wait, and {@link #during} returns when both have ended.
 *
 * <p>Only in classes that run under {@link Shimmed}. One use of one instance; the action of another thread needs a task of
 * its own.
 */
public final class Interposer {
    /** Chooses accesses. */
    @FunctionalInterface
    public interface AccessFilter {
        /** Whether this is one; arguments as for {@link AccessObserver#before}. */
        boolean matches(AccessKind kind, @Nullable Object base, long address, long bytes);
    }

    private static final int TIMEOUT_SECONDS = 60;

    private final boolean before;
    private final AccessFilter filter;
    private int left = 1;
    private @Nullable Runnable action;
    private boolean otherThread;
    private boolean acted;
    private @Nullable Thread other;
    private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();

    private Interposer(final boolean before, final AccessFilter filter) {
        this.before = before;
        this.filter = filter;
    }

    /**
     * Right before an access to one word.
     *
     * @param kind how
     * @param address the raw address of the word
     * @return to be given an action
     */
    public static Interposer before(final AccessKind kind, final long address) {
        return before(accessTo(kind, address));
    }

    /**
     * Right after an access to one word.
     *
     * @param kind how
     * @param address the raw address of the word
     * @return to be given an action
     */
    public static Interposer after(final AccessKind kind, final long address) {
        return after(accessTo(kind, address));
    }

    /**
     * Right before an access.
     *
     * @param filter which
     * @return to be given an action
     */
    public static Interposer before(final AccessFilter filter) {
        return new Interposer(true, filter);
    }

    /**
     * Right after an access.
     *
     * @param filter which
     * @return to be given an action
     */
    public static Interposer after(final AccessFilter filter) {
        return new Interposer(false, filter);
    }

    private static AccessFilter accessTo(final AccessKind kind, final long address) {
        return (seen, base, at, bytes) -> seen == kind && base == null && at == address;
    }

    /**
     * Which of the accesses that match.
     *
     * @param n 1 for the first, which is the default
     * @return this
     */
    public Interposer nth(final int n) {
        if (n < 1) {
            throw new IllegalArgumentException("n must be positive: n=" + n);
        }
        left = n;
        return this;
    }

    /**
     * What to do, by the calling thread.
     *
     * @param what the action; fails if it waits for what the call holds
     * @return this
     */
    public Interposer act(final Runnable what) {
        action = what;
        return this;
    }

    /**
     * What to do, by a thread of its own.
     *
     * @param what the action; may wait for the call
     * @return this
     */
    public Interposer actOnAnotherThread(final Runnable what) {
        action = what;
        otherThread = true;
        return this;
    }

    /**
     * Makes the call.
     *
     * @param call what is interrupted
     * @return what it returns
     * @throws AssertionError if the chosen access did not happen, or the action failed or did not end
     */
    public <T extends @Nullable Object> T during(final Supplier<T> call) {
        if (action == null || acted) {
            throw new IllegalStateException("an interposer has one action and is used once");
        }
        final T result = Observed.call(new Watch(), call);
        awaitOther();
        if (!acted) {
            throw new AssertionError("the chosen access did not happen; left=" + left);
        }
        return result;
    }

    private final class Watch implements AccessObserver {
        @Override
        public void before(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
            if (before) {
                look(kind, base, address, bytes);
            }
        }

        @Override
        public void after(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
            if (!before) {
                look(kind, base, address, bytes);
            }
        }

        private void look(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
            if (!acted && filter.matches(kind, base, address, bytes) && --left == 0) {
                acted = true;
                interrupt();
            }
        }
    }

    private void interrupt() {
        final Runnable what = action;
        if (what == null) {
            return;
        }
        if (!otherThread) {
            Observed.run(
                    new SpinDetector(() -> {
                        throw new AssertionError("the action waits for what the interrupted call holds");
                    }),
                    what);
            return;
        }
        final CountDownLatch endedOrWaiting = new CountDownLatch(1);
        final Thread thread = new Thread(
                () -> {
                    try {
                        Observed.run(new SpinDetector(endedOrWaiting::countDown), what);
                    } catch (final Throwable failed) {
                        thrown.set(failed);
                    } finally {
                        endedOrWaiting.countDown();
                    }
                },
                "interposed");
        thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        thread.setDaemon(true);
        other = thread;
        thread.start();
        try {
            if (!endedOrWaiting.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the action neither ended nor waited for " + TIMEOUT_SECONDS + " s");
            }
        } catch (final InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private void awaitOther() {
        final Thread thread = other;
        if (thread == null) {
            return;
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
        } catch (final InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
        if (thread.isAlive()) {
            throw new AssertionError("the action still waits after the call has ended");
        }
        final Throwable failed = thrown.get();
        if (failed != null) {
            throw new AssertionError("the action failed", failed);
        }
    }
}
