package org.gup.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** A schedule on a clock that only moves when somebody looks at it or works. */
class OpenLoopTest {
    private static final long PERIOD = 10_000;
    private static final long LOOK = 20;
    private static final long WORK = 200;
    private static final int CALLS = 10_000;

    /** Nanoseconds; each look takes some. */
    private long now;

    private long look() {
        now += LOOK;
        return now;
    }

    /** Calls of which one stalls. */
    private final class Stalling implements OpenLoop.Call {
        private final int stallingCall;
        private final long stallNanos;
        private final long finishNanos;
        private int calls;
        private int finished;

        Stalling(final int stallingCall, final long stallNanos, final long finishNanos) {
            this.stallingCall = stallingCall;
            this.stallNanos = stallNanos;
            this.finishNanos = finishNanos;
        }

        @Override
        public void run() {
            now += calls == stallingCall ? stallNanos : WORK;
            calls++;
        }

        @Override
        public void finish() {
            now += finishNanos;
            finished++;
        }
    }

    private final Histogram corrected = LatencyLog.histogram();
    private final Histogram service = LatencyLog.histogram();

    private OpenLoop run(final Stalling call) {
        final OpenLoop loop = new OpenLoop(this::look, call);
        loop.run(CALLS, PERIOD, corrected, service);
        assertEquals(CALLS, call.calls);
        assertEquals(CALLS, call.finished);
        assertEquals(CALLS, corrected.getTotalCount());
        assertEquals(CALLS, service.getTotalCount());
        return loop;
    }

    @Test
    void shouldAddNothingButTheClocksGrainWhenNothingStalls() {
        final OpenLoop loop = run(new Stalling(-1, 0, 300));
        assertEquals(0, loop.late());
        assertEquals(WORK + LOOK, service.getMaxValue());
        assertTrue(corrected.getMaxValue() < WORK + 2 * LOOK, () -> "max " + corrected.getMaxValue());
        assertTrue(corrected.getMinValue() >= WORK, () -> "min " + corrected.getMinValue());
    }

    @Test
    void shouldShowAStallInEveryCallThatItHeldUp() {
        // 1,000 calls of 10,000 are due during the stall.
        final long stall = 1000 * PERIOD;
        final OpenLoop loop = run(new Stalling(5000, stall, 0));
        assertEquals(WORK + LOOK, service.getValueAtPercentile(99.9), "a closed loop sees one slow call");
        assertTrue(service.getMaxValue() >= stall);
        // What is late is made up for at once, so a little more than a tenth of the calls was late by up to the stall.
        assertTrue(corrected.getValueAtPercentile(95) > stall / 3, () -> "p95 " + corrected.getValueAtPercentile(95));
        assertTrue(
                corrected.getValueAtPercentile(99) > stall * 8 / 10, () -> "p99 " + corrected.getValueAtPercentile(99));
        assertTrue(corrected.getValueAtPercentile(85) < PERIOD, () -> "p85 " + corrected.getValueAtPercentile(85));
        assertTrue(loop.late() >= 999 && loop.late() < 1100, () -> "late " + loop.late());
    }

    @Test
    void shouldLetTheNextCallWaitForWhatIsNotTimed() {
        run(new Stalling(-1, 0, 2 * PERIOD));
        assertEquals(WORK + LOOK, service.getMaxValue());
        assertTrue(
                corrected.getMaxValue() > (CALLS - 1) * PERIOD,
                "a schedule that cannot be kept falls behind further and further");
    }
}
