package org.gup.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.gup.fast.LeafGuard;
import org.gup.stat.Counter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random sequences. A failure prints its seed, by which it happens again, and the shortest sequence that was found to fail:
 * {@code -Dgup.seed=N -Dgup.sequences=1}.
 */
class FastAndSlowPropertyTest {
    private static final int SEQUENCES = Integer.getInteger("gup.sequences", 10_000);
    private static final int STEPS = 30;
    /** From so many on, everything must have been seen. */
    private static final int ENOUGH_SEQUENCES = 5_000;

    private static final int THREADS = 2;

    /** What sequences have shown, added up. */
    private static final class Shown {
        final Map<Divergence, Integer> divergences = new EnumMap<>(Divergence.class);
        long pagesByTheWalk;
        long pagesBySlowLegs;

        void add(final Shown other) {
            other.divergences.forEach((divergence, n) -> divergences.merge(divergence, n, Integer::sum));
            pagesByTheWalk += other.pagesByTheWalk;
            pagesBySlowLegs += other.pagesBySlowLegs;
        }

        void add(final World world) {
            world.divergences.forEach((divergence, n) -> divergences.merge(divergence, n, Integer::sum));
            pagesByTheWalk += world.fast.task.counters().get(Counter.FAST_PAGES);
            pagesBySlowLegs += world.fast.task.counters().get(Counter.SLOW_PAGES);
        }
    }

    private static World world(final long seed) {
        return new World(4 + (int) (seed & 1), (seed & 2) == 0 ? LeafGuard.fused() : LeafGuard.checkByCheck());
    }

    private static void live(final long seed, final List<Step> sequence, final Shown shown) {
        try (World world = world(seed)) {
            for (int i = 0; i < sequence.size(); i++) {
                try {
                    sequence.get(i).run(world);
                } catch (final AssertionError | RuntimeException failed) {
                    throw new AssertionError("step " + i + ", " + sequence.get(i) + ": " + failed, failed);
                }
            }
            world.finish();
            shown.add(world);
        }
    }

    private static boolean fails(final long seed, final List<Step> sequence) {
        try {
            live(seed, sequence, new Shown());
            return false;
        } catch (final AssertionError | RuntimeException failed) {
            return true;
        }
    }

    @Test
    void shouldAgree() throws InterruptedException {
        final long first = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("FastAndSlowPropertyTest: -Dgup.seed=" + first);
        final Shown shown = new Shown();
        final AtomicInteger next = new AtomicInteger();
        final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            final Thread thread = new Thread(() -> liveAll(first, next, failure, shown), "sequences-" + i);
            threads.add(thread);
            thread.start();
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        final Throwable failed = failure.get();
        if (failed != null) {
            throw new AssertionError(failed.getMessage(), failed);
        }
        System.out.println("FastAndSlowPropertyTest: " + SEQUENCES + " sequences, pages by the walk "
                + shown.pagesByTheWalk + ", by slow legs " + shown.pagesBySlowLegs + ", divergences "
                + shown.divergences);
        if (SEQUENCES >= ENOUGH_SEQUENCES) {
            assertTrue(shown.pagesByTheWalk > SEQUENCES, "pages by the walk: " + shown.pagesByTheWalk);
            assertTrue(shown.pagesBySlowLegs > SEQUENCES, "pages by slow legs: " + shown.pagesBySlowLegs);
            assertEquals(EnumSet.allOf(Divergence.class), shown.divergences.keySet());
        }
    }

    private static void liveAll(
            final long first,
            final AtomicInteger next,
            final AtomicReference<@Nullable Throwable> failure,
            final Shown shown) {
        for (int i = next.getAndIncrement(); i < SEQUENCES && failure.get() == null; i = next.getAndIncrement()) {
            final long seed = first + i;
            final List<Step> sequence = new Draw(seed).sequence(STEPS);
            final Shown one = new Shown();
            try {
                live(seed, sequence, one);
            } catch (final AssertionError | RuntimeException failed) {
                if (failure.compareAndSet(null, failed)) {
                    failure.set(described(seed, sequence, failed));
                }
                return;
            }
            synchronized (shown) {
                shown.add(one);
            }
        }
    }

    private static AssertionError described(final long seed, final List<Step> sequence, final Throwable failed) {
        final List<Step> shortest = Shrinker.shrink(sequence, shorter -> fails(seed, shorter));
        String again = "none any more";
        try {
            live(seed, shortest, new Shown());
        } catch (final AssertionError | RuntimeException shortFailure) {
            again = shortFailure.getMessage();
        }
        return new AssertionError(
                "-Dgup.seed=" + seed + " -Dgup.sequences=1: " + failed.getMessage() + "\nshortest: " + again + "\n"
                        + shortest.stream().map(Step::toString).collect(Collectors.joining("\n")),
                failed);
    }
}
