package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.gup.task.Task;

/** Two threads pin one CMA page for long, again and again: any order may happen, but nothing else. */
final class Together {
    private static final int ROUNDS = 200;
    private static final int PATIENCE_SECONDS = 30;

    private Together() {}

    static void play(final Scene s) throws Exception {
        s.gup();
        final Task first = s.memory().newTask(0);
        final Task second = s.memory().newTask(1);
        final ExecutorService threads = Executors.newFixedThreadPool(2);
        final CyclicBarrier start = new CyclicBarrier(2);
        int inCma = 0;
        int migrated = 0;
        try {
            for (int round = 0; round < ROUNDS; round++) {
                final Place place = s.inCma(s.anon(1));
                final Future<GupCall> one = threads.submit(pin(s, first, place, start));
                final Future<GupCall> other = threads.submit(pin(s, second, place, start));
                final GupCall a = one.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                final GupCall b = other.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertEquals("1 1", a.resultText() + " " + b.resultText(), "results");
                assertEquals(a.pages[0], b.pages[0], "both hold the page that is mapped");
                assertEquals(place.pfn(0), a.pages[0], "both hold the page that is mapped");
                assertEquals(place.va(), place.read(0), "content");
                assertEquals(0, s.memory().lruvec().isolatedPages(false), "NR_ISOLATED_ANON");
                s.drain();
                assertEquals(2, s.refcount(a.pages[0]) - s.mappings(a.pages[0]), "references of the holders");
                if (s.isCma(a.pages[0])) {
                    inCma++;
                } else {
                    migrated++;
                }
                s.gup().putPages(first, a.pages, 1);
                s.gup().putPages(second, b.pages, 1);
            }
        } finally {
            threads.shutdownNow();
        }
        s.memory().exitTask(first);
        s.memory().exitTask(second);
        s.see("results", "1,1");
        s.see("rounds", inCma + migrated);
    }

    private static Callable<GupCall> pin(final Scene s, final Task task, final Place place, final CyclicBarrier start) {
        return () -> {
            final GupCall call = GupCall.parse("GL r");
            start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            call.make(s.gup(), task, place.mm(), place.va(), 1, new Measured(s, place, 0));
            return call;
        };
    }
}
