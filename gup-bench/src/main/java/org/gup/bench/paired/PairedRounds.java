package org.gup.bench.paired;

import java.util.List;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.fork.Shuffle;
import org.gup.bench.layout.Books;
import org.gup.fast.PageWalk;
import org.gup.mm.MmStruct;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Times several walks over the same pages in one process. A round takes every walk once, in an order of its own; a walk's turn
 * is a few sweeps over all pages, of which the fastest counts. What a sweep got is given back outside the timed part.
 */
final class PairedRounds implements AutoCloseable {
    private static final int SWEEPS_PER_TURN = 3;
    /** Times that a walk which stops at its first page goes over all calls in a sweep: alone it is too short to be timed. */
    private static final int REPEATS_OF_STOPPED = 64;

    private final Ground ground;
    private final int pages;
    private final Ground.Built built;
    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final GetUserPages gup;
    private final List<Arm> arms;
    private final PageWalk[] walks;
    private final int[] flags;
    private final long[][] calls;

    /**
     * Maps and populates the pages.
     *
     * @param arms what is timed
     * @param ground what is walked over
     * @param pages pages of a sweep
     * @param pagesPerCall pages of one call, a divisor of {@code pages}
     */
    PairedRounds(final List<Arm> arms, final Ground ground, final int pages, final int pagesPerCall) {
        if (pagesPerCall < 1 || pages % pagesPerCall != 0) {
            throw new IllegalArgumentException("pages per call must divide " + pages + ": " + pagesPerCall);
        }
        this.arms = List.copyOf(arms);
        this.ground = ground;
        this.pages = pages;
        this.memory = ground.memory(pages);
        this.task = memory.newTask(0);
        this.built = ground.build(memory, task, pages);
        this.mm = built.mm();
        memory.lruvec().drainAll(task);
        this.gup = new GetUserPages(memory);
        this.walks = arms.stream().map(arm -> arm.walker(memory)).toArray(PageWalk[]::new);
        this.flags = arms.stream().mapToInt(Arm::gupFlags).toArray();
        this.calls = new long[pages / pagesPerCall][pagesPerCall];
    }

    /**
     * Runs rounds.
     *
     * @param random the order of each round
     * @param rounds how many
     * @return nanoseconds per page, by arm and round
     */
    double[][] run(final SplittableRandom random, final int rounds) {
        final double[][] perPage = new double[walks.length][rounds];
        for (int round = 0; round < rounds; round++) {
            for (final int arm : Shuffle.order(walks.length, random)) {
                long best = Long.MAX_VALUE;
                for (int sweep = 0; sweep < SWEEPS_PER_TURN; sweep++) {
                    best = Math.min(best, sweep(arm));
                }
                perPage[arm][round] = (double) best / pages / repeats(arm);
            }
        }
        return perPage;
    }

    private int repeats(final int arm) {
        return arms.get(arm).stopsOn(ground) ? REPEATS_OF_STOPPED : 1;
    }

    /** Nanoseconds of one sweep, or of so many as are made at a time. */
    private long sweep(final int arm) {
        final PageWalk walk = walks[arm];
        final int gupFlags = flags[arm];
        final int repeats = repeats(arm);
        final Task task = this.task;
        final WalkRoot root = mm.walkRoot();
        final long[][] calls = this.calls;
        final int pagesPerCall = calls[0].length;
        int got = 0;
        final long started = System.nanoTime();
        for (int repeat = 0; repeat < repeats; repeat++) {
            long address = Ground.START;
            for (final long[] answers : calls) {
                got += walk.walk(task, root, address, pagesPerCall, gupFlags, answers);
                address += pagesPerCall * Ground.PAGE_SIZE;
            }
        }
        final long took = System.nanoTime() - started;
        final int expected = repeats > 1 ? 0 : pages;
        if (got != expected) {
            throw new IllegalStateException(arms.get(arm).id() + ": pages got: expected " + expected + ", found " + got
                    + ", stop " + GetUserPages.lastStop(task));
        }
        if (got > 0) {
            for (final long[] answers : calls) {
                gup.putPages(task, answers, pagesPerCall);
            }
        }
        return took;
    }

    /** Checks the books: every page that was got was given back. */
    @Override
    public void close() {
        final long got = task.counters().get(Counter.FAST_PAGES);
        final long put = task.counters().get(Counter.PAGES_PUT);
        mm.close(task);
        built.release().run();
        Books.close(memory, List.of(task), "the walks");
        if (got != put) {
            throw new IllegalStateException("pages got: " + got + ", put: " + put);
        }
    }
}
