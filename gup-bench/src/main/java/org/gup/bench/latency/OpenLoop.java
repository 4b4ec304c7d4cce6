package org.gup.bench.latency;

import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * Calls that are due at fixed times, whether or not the one before has come back: what waits in the meantime is late, and its
 * lateness counts. A loop that sends the next call when the last one has returned would not send the calls that a stall holds
 * up, and so would see the stall once.
 *
 * <p>The thread spins until a call is due, by {@link Thread#onSpinWait}. A call that is overdue begins at once.
 */
final class OpenLoop {
    private final LongSupplier nanoClock;
    private final Call call;
    private long late;

    /** What is timed, and what comes after it. */
    interface Call {
        /** The timed part. */
        void run();

        /** Checks what it has done, and undoes it: not timed, but the next call may have to wait for it. */
        void finish();
    }

    OpenLoop(final LongSupplier nanoClock, final Call call) {
        this.nanoClock = nanoClock;
        this.call = call;
    }

    /**
     * Makes calls.
     *
     * @param calls how many
     * @param periodNanos how far apart they are due
     * @param corrected receives, for each, the nanoseconds from when it was due to when it came back
     * @param service receives the nanoseconds from when it began to when it came back
     */
    void run(final long calls, final long periodNanos, final Histogram corrected, final Histogram service) {
        final long first = nanoClock.getAsLong() + periodNanos;
        for (long i = 0; i < calls; i++) {
            final long due = first + i * periodNanos;
            long begun = nanoClock.getAsLong();
            while (begun < due) {
                Thread.onSpinWait();
                begun = nanoClock.getAsLong();
            }
            call.run();
            final long back = nanoClock.getAsLong();
            corrected.recordValue(back - due);
            service.recordValue(back - begun);
            if (begun - due >= periodNanos) {
                late++;
            }
            call.finish();
        }
    }

    /**
     * Calls that began when the next one was due already.
     *
     * @return of all runs so far
     */
    long late() {
        return late;
    }
}
