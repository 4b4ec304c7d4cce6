package org.gup.bench.curve;

import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Threads of one address space that get 512 pages again and again, and then give them back: all start at the same time, each part
 * is timed by each thread for itself.
 */
final class ThreadsScene implements Scene {
    /** Family: how many threads ask. */
    static final String THREADS = "threads";

    private static final int PAGES = 512;
    /** Calls of a slice over base pages: some hundred microseconds. */
    private static final int CALLS = 100;
    /** Calls of a slice over a huge page, which are shorter. */
    private static final int HUGE_CALLS = 400;

    private static final long BASE = 0x40_0000_0000L;
    private static final long HUGE_BASE = 0x48_0000_0000L;
    private static final long PAGE_SIZE = 4096;
    private static final int PRIVATE = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED;

    /** What the threads have in common. */
    private enum Sharing {
        /** No page. */
        DISJOINT("pages of its own"),
        /** Every page. */
        SAME("the same 512 pages"),
        /** Every page, and all references are those of one head. */
        HUGE("one huge page");

        private final String label;

        Sharing(final String label) {
            this.label = label;
        }
    }

    private final PhysicalMemory memory;
    private final MmStruct mm;
    private final GetUserPages gup;
    private final ExecutorService executor;
    private final List<Task> tasks;
    private final long[][] pfns;

    ThreadsScene(final int threads) {
        memory = PhysicalMemory.builder()
                .normalPages(8192)
                .cpus(Math.max(2, threads))
                .build();
        tasks = IntStream.range(0, threads).mapToObj(memory::newTask).toList();
        pfns = new long[threads][PAGES];
        gup = new GetUserPages(memory);
        executor = Executors.newFixedThreadPool(threads, runnable -> {
            final Thread thread = new Thread(runnable, "curve-thread");
            thread.setDaemon(true);
            return thread;
        });
        final Task task = tasks.get(0);
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        map(task, BASE, threads * PAGES);
        map(task, HUGE_BASE, PAGES);
        require("madvise", 0, mm.madvise(task, HUGE_BASE, PAGES * PAGE_SIZE, Mman.MADV_HUGEPAGE));
        IntStream.range(0, threads * PAGES).forEach(page -> UserAccess.store(task, mm, BASE + page * PAGE_SIZE, page));
        UserAccess.store(task, mm, HUGE_BASE, 1);
        memory.lruvec().drainAll(task);
    }

    private void map(final Task task, final long at, final int pages) {
        require("mmap", at, mm.mmap(task, at, pages * PAGE_SIZE, Mman.PROT_READ | Mman.PROT_WRITE, PRIVATE));
    }

    private static void require(final String call, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(call + " for the threads: expected " + expected + ", found " + found);
        }
    }

    /** How many threads are tried: 1, 2, and the most. */
    private static List<Integer> counts(final int threads) {
        return IntStream.of(1, 2, threads)
                .filter(count -> count <= threads)
                .distinct()
                .boxed()
                .toList();
    }

    /**
     * Every point.
     *
     * @param threads the most that ask at the same time
     */
    static List<CurveCase> cases(final int threads) {
        final List<CurveCase> cases = new ArrayList<>();
        for (final Sharing sharing : Sharing.values()) {
            counts(threads).forEach(count -> cases.add(point(sharing, count)));
        }
        return cases;
    }

    private static CurveCase point(final Sharing sharing, final int count) {
        return new CurveCase(
                THREADS,
                sharing.name().toLowerCase(Locale.ROOT),
                Integer.toString(count),
                (count == 1 ? "1 thread, " : count + " threads, ") + sharing.label,
                PAGES,
                true);
    }

    @Override
    public List<Probe> probes() {
        final List<Probe> probes = new ArrayList<>();
        for (final Sharing sharing : Sharing.values()) {
            counts(tasks.size()).forEach(count -> probes.add(new ThreadsProbe(sharing, count)));
        }
        return probes;
    }

    /** One of the points. */
    private final class ThreadsProbe implements Probe {
        private final CurveCase what;
        private final Sharing sharing;
        private final int count;
        private final int calls;

        ThreadsProbe(final Sharing sharing, final int count) {
            this.what = point(sharing, count);
            this.sharing = sharing;
            this.count = count;
            this.calls = sharing == Sharing.HUGE ? HUGE_CALLS : CALLS;
        }

        @Override
        public CurveCase what() {
            return what;
        }

        @Override
        public Legs predicted() {
            return new Legs(PAGES, 0, 0, 0);
        }

        @Override
        public Sample sample() {
            final StartLine line = new StartLine(count);
            final List<Future<Sample>> running = IntStream.range(0, count)
                    .mapToObj(thread -> executor.submit(() -> turn(thread, line)))
                    .toList();
            double get = 0;
            double put = 0;
            for (final Future<Sample> each : running) {
                final Sample sample = wait(each);
                get += sample.getNanos() / count;
                put += sample.putNanos() / count;
            }
            Probe.expect(what, "references", atRest(), references());
            return new Sample(get, put);
        }

        private Sample turn(final int thread, final StartLine line) {
            try {
                return timed(thread, line);
            } catch (final RuntimeException failed) {
                line.giveUp();
                throw failed;
            }
        }

        private Sample timed(final int thread, final StartLine line) {
            final Task task = tasks.get(thread);
            final long[] pages = pfns[thread];
            final long start = sharing == Sharing.HUGE
                    ? HUGE_BASE
                    : BASE + (sharing == Sharing.SAME ? 0L : thread) * PAGES * PAGE_SIZE;
            final Legs before = Legs.of(task);
            final long putBefore = task.counters().get(Counter.PAGES_PUT);
            line.await();
            final long getNanos = get(task, start, pages);
            Probe.expect(what, "legs", predicted().times(calls), Legs.of(task).since(before));
            line.await();
            final long putNanos = put(task, pages);
            final long all = (long) calls * PAGES;
            Probe.expect(what, "pages put", all, task.counters().get(Counter.PAGES_PUT) - putBefore);
            return new Sample((double) getNanos / all, (double) putNanos / all);
        }

        private long get(final Task task, final long start, final long[] pages) {
            final GetUserPages gup = ThreadsScene.this.gup;
            final MmStruct mm = ThreadsScene.this.mm;
            final int calls = this.calls;
            long got = 0;
            final long started = System.nanoTime();
            for (int call = 0; call < calls; call++) {
                got += gup.getUserPagesFast(task, mm, start, PAGES, FOLL_WRITE, pages);
            }
            final long took = System.nanoTime() - started;
            Probe.expect(what, "pages got", (long) calls * PAGES, got);
            return took;
        }

        private long put(final Task task, final long[] pages) {
            final GetUserPages gup = ThreadsScene.this.gup;
            final int calls = this.calls;
            final long started = System.nanoTime();
            for (int call = 0; call < calls; call++) {
                gup.putPages(task, pages, PAGES);
            }
            return System.nanoTime() - started;
        }

        private Sample wait(final Future<Sample> running) {
            try {
                return running.get();
            } catch (final InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(what.id() + ": interrupted", interrupted);
            } catch (final ExecutionException failed) {
                throw new IllegalStateException(what.id() + ": a thread failed", failed.getCause());
            }
        }

        /** References of the pages that the first thread got, when nobody holds them: one for each mapping. */
        private long atRest() {
            return sharing == Sharing.HUGE ? 1 : (long) count * PAGES;
        }

        private long references() {
            if (sharing == Sharing.HUGE) {
                return PageRef.countVolatile(head(pfns[0][0]));
            }
            long sum = 0;
            for (int thread = 0; thread < count; thread++) {
                for (final long pfn : pfns[thread]) {
                    sum += PageRef.countVolatile(head(pfn));
                }
            }
            return sum;
        }

        private long head(final long pfn) {
            return memory.memMap().head(memory.memMap().page(pfn));
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
        try {
            if (!executor.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the threads do not end");
            }
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", interrupted);
        }
        mm.close(tasks.get(0));
        Books.close(memory, tasks, "the threads");
    }
}
