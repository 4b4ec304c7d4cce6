package org.gup.bench.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.gup.GetUserPages;
import org.gup.bench.mutate.Mutator;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A soak finds nothing wrong with the model, and finds what a test plants. */
@Timeout(180)
class SoakTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    /** Ends as soon as the fault is found. */
    private static final Duration LONG_ENOUGH = Duration.ofMinutes(2);

    private static SoakPlan plan(final Duration length) {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("SoakTest: -Dgup.seed=" + seed);
        return new SoakPlan(seed, 4, length);
    }

    /** Every put goes through here. */
    private static String found(final Duration length, final Pinner.References references) {
        final Soak soak = new Soak(plan(length), references);
        return assertThrows(ViolationException.class, () -> soak.run(counts -> {}))
                .getMessage();
    }

    @Test
    void shouldFindNothing() {
        final AtomicLong heard = new AtomicLong();
        final SoakCounts counts = new Soak(plan(SECOND)).run(so -> heard.set(so.checks()));
        assertTrue(counts.allCalls() > 0 && counts.pages() > 0, counts::toString);
        assertTrue(counts.allChanges() > 0, counts::toString);
        assertTrue(counts.checks() > 0, counts::toString);
        assertEquals(counts.checks(), heard.get(), "the listener hears of each pause");
        assertTrue(counts.elapsed().compareTo(SECOND) >= 0, counts::toString);
    }

    @Test
    void shouldFindAPutTooMany() {
        final AtomicInteger puts = new AtomicInteger();
        final String message = found(LONG_ENOUGH, (gup, task, pages, count) -> {
            gup.putPages(task, pages, count);
            if (puts.incrementAndGet() % 20 == 0) {
                gup.putPages(task, pages, 1);
            }
        });
        assertTrue(
                message.contains("expected") || message.contains("reference"),
                "says what was found, not only that something was: " + message);
    }

    @Test
    void shouldFindAPutTooFew() {
        final AtomicInteger puts = new AtomicInteger();
        final String message = found(
                SECOND,
                (gup, task, pages, count) ->
                        gup.putPages(task, pages, puts.incrementAndGet() % 5 == 0 ? count - 1 : count));
        assertTrue(
                message.startsWith("at the end: pages still in use: expected 0, found ")
                        || message.contains("references of")
                        || message.contains("zero page"),
                message);
    }

    @Test
    void shouldFindAWriteAfterThePut() {
        final String message = found(LONG_ENOUGH, SoakTest::putThenWrite);
        assertTrue(message.contains("first word: expected 0x"), message);
        assertTrue(message.contains("found 0x" + Long.toHexString(Mutator.CONTIGUOUS_MARK)), message);
        assertTrue(message.startsWith("pinner-") || message.startsWith("changer-"), message);
        assertTrue(message.contains(", step "), message);
    }

    private static void putThenWrite(final GetUserPages gup, final Task task, final long[] pages, final int count) {
        final long pfn = pages[0];
        gup.putPages(task, pages, count);
        if (pfn != gup.memory().zeroPfn()) {
            gup.memory().frames().putLong(pfn, 0, Mutator.CONTIGUOUS_MARK);
        }
    }

    @Test
    void shouldEndEarlyWhenTold() {
        final Soak soak = new Soak(plan(LONG_ENOUGH));
        final SoakCounts counts = soak.run(so -> soak.stop());
        assertTrue(counts.elapsed().compareTo(LONG_ENOUGH) < 0, counts::toString);
        assertEquals(1, counts.checks());
    }

    @Test
    void shouldRefuseASoakWithoutAnybodyToChangeAnything() {
        assertThrows(IllegalArgumentException.class, () -> new SoakPlan(1, 1, SECOND));
    }
}
