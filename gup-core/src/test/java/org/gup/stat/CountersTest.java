package org.gup.stat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.offheap.Together;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@SuppressWarnings("EnumOrdinal") // a different number for each
class CountersTest {
    private final Counters counters = new Counters();

    @Test
    void shouldKeepEveryCounterAndEveryReasonApart() {
        for (final Counter counter : Counter.values()) {
            counters.add(counter, 1000 + counter.ordinal());
        }
        for (final StopReason reason : StopReason.values()) {
            for (int i = 0; i <= reason.ordinal(); i++) {
                counters.stopped(reason);
            }
        }
        for (final Counter counter : Counter.values()) {
            assertEquals(1000 + counter.ordinal(), counters.get(counter), counter.name());
        }
        for (final StopReason reason : StopReason.values()) {
            assertEquals(1 + reason.ordinal(), counters.get(reason), reason.name());
        }
    }

    @Test
    void shouldStartAtZeroAndReturnThereOnReset() {
        assertAllZero();
        for (final Counter counter : Counter.values()) {
            counters.add(counter, Long.MAX_VALUE);
        }
        for (final StopReason reason : StopReason.values()) {
            counters.stopped(reason);
        }
        counters.reset();
        assertAllZero();
    }

    private void assertAllZero() {
        for (final Counter counter : Counter.values()) {
            assertEquals(0, counters.get(counter), counter.name());
        }
        for (final StopReason reason : StopReason.values()) {
            assertEquals(0, counters.get(reason), reason.name());
        }
    }

    @Test
    @Timeout(60)
    void shouldNeverRunBackwardsForAReaderInAnotherThread() throws Exception {
        final long rounds = 200_000;
        Together.run(
                () -> {
                    for (long i = 0; i < rounds; i++) {
                        counters.add(Counter.FAST_PAGES, 1);
                        counters.stopped(StopReason.PTE_NONE);
                    }
                },
                () -> {
                    for (long last = 0, lastStops = 0; last < rounds || lastStops < rounds; Thread.yield()) {
                        final long now = counters.get(Counter.FAST_PAGES);
                        final long stops = counters.get(StopReason.PTE_NONE);
                        assertTrue(now >= last && stops >= lastStops, "a counter ran backwards");
                        last = now;
                        lastStops = stops;
                    }
                });
    }
}
