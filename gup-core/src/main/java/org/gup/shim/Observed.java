package org.gup.shim;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs code with or without an observer of the calling thread's accesses. */
public final class Observed {
    private Observed() {}

    /**
     * Runs code under an observer; the observer of before, if any, is back afterwards.
     *
     * @param observer is told of the thread's accesses; null: nobody is
     * @param code what to run
     * @return what it returns
     */
    public static <T extends @Nullable Object> T call(final @Nullable AccessObserver observer, final Supplier<T> code) {
        final AccessObserver outer = UnsafeShim.observer();
        UnsafeShim.observe(observer);
        try {
            return code.get();
        } finally {
            UnsafeShim.observe(outer);
        }
    }

    /** As {@link #call}, for code without a result. */
    public static void run(final @Nullable AccessObserver observer, final Runnable code) {
        Observed.<@Nullable Void>call(observer, () -> {
            code.run();
            return null;
        });
    }
}
