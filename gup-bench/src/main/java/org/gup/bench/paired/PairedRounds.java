package org.gup.bench.paired;

import java.util.List;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.fast.PageWalk;
import org.gup.mm.AddressSpaceBuilder;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Times several walks over the same pages in one process. A round takes every walk once, in an order of its own; a walk's turn
 * is a few sweeps over all pages, of which the fastest counts. What a sweep got is given back outside the timed part.
 */
final class PairedRounds implements AutoCloseable {
    /** Pages of a sweep: 16 MiB. */
    static final int PAGES = 4096;

    private static final int SWEEPS_PER_TURN = 3;
    private static final long START = 0x10_0000_0000L;
    private static final long PAGE_SIZE = 4096;

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
     * @param pagesPerCall pages of one call, a divisor of {@link #PAGES}
     */
    PairedRounds(final List<Arm> arms, final int pagesPerCall) {
        if (pagesPerCall < 1 || PAGES % pagesPerCall != 0) {
            throw new IllegalArgumentException("pages per call must divide " + PAGES + ": " + pagesPerCall);
        }
        this.arms = List.copyOf(arms);
        this.memory = PhysicalMemory.builder().normalPages(4L * PAGES).build();
        this.task = memory.newTask(0);
        this.mm = AddressSpaceBuilder.on(memory, task)
                .anonymous(START, PAGES, Mman.PROT_READ | Mman.PROT_WRITE)
                .populate()
                .build();
        memory.lruvec().drainAll(task);
        this.gup = new GetUserPages(memory);
        this.walks = arms.stream().map(arm -> arm.walker(memory)).toArray(PageWalk[]::new);
        this.flags = arms.stream().mapToInt(Arm::gupFlags).toArray();
        this.calls = new long[PAGES / pagesPerCall][pagesPerCall];
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
        final int[] order = new int[walks.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        for (int round = 0; round < rounds; round++) {
            for (int i = order.length - 1; i > 0; i--) {
                final int j = random.nextInt(i + 1);
                final int swapped = order[i];
                order[i] = order[j];
                order[j] = swapped;
            }
            for (final int arm : order) {
                long best = Long.MAX_VALUE;
                for (int sweep = 0; sweep < SWEEPS_PER_TURN; sweep++) {
                    best = Math.min(best, sweep(walks[arm], flags[arm], arm));
                }
                perPage[arm][round] = (double) best / PAGES;
            }
        }
        return perPage;
    }

    /** Nanoseconds of one sweep. */
    private long sweep(final PageWalk walk, final int gupFlags, final int arm) {
        final Task task = this.task;
        final WalkRoot root = mm.walkRoot();
        final long[][] calls = this.calls;
        final int pagesPerCall = calls[0].length;
        long address = START;
        int got = 0;
        final long started = System.nanoTime();
        for (final long[] pages : calls) {
            got += walk.walk(task, root, address, pagesPerCall, gupFlags, pages);
            address += pagesPerCall * PAGE_SIZE;
        }
        final long took = System.nanoTime() - started;
        if (got != PAGES) {
            throw new IllegalStateException(arms.get(arm).id() + ": pages got: expected " + PAGES + ", found " + got
                    + ", stop " + GetUserPages.lastStop(task));
        }
        for (final long[] pages : calls) {
            gup.putPages(task, pages, pagesPerCall);
        }
        return took;
    }

    /** Checks the books: every page that was got was given back. */
    @Override
    public void close() {
        final long got = task.counters().get(Counter.FAST_PAGES);
        final long put = task.counters().get(Counter.PAGES_PUT);
        mm.close(task);
        memory.lruvec().drainAll(task);
        final boolean balanced = memory.audit().balanced();
        memory.exitTask(task);
        memory.close();
        if (got != put || !balanced) {
            throw new IllegalStateException("books do not balance: got=" + got + ", put=" + put);
        }
    }
}
