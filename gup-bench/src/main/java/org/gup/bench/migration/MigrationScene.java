package org.gup.bench.migration;

import static org.gup.bench.migration.ScenePages.expect;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.migrate.MigrationListener;
import org.gup.mm.MmStruct;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;

/**
 * A machine with a CMA area, and the calls of {@link Scenario}: each is set up anew, looked at alone, and given back. The pages'
 * contents, the place they end at and the counters are checked each time.
 */
public final class MigrationScene implements AutoCloseable {
    /** Looks at the one call of a sample: a watch, or something that counts. */
    @FunctionalInterface
    public interface Watch {
        /**
         * Makes the call, once.
         *
         * @param call what to make
         * @return what it answered
         */
        long around(LongSupplier call);
    }

    /**
     * What a call did.
     *
     * @param migrated pages moved, a huge page counting once
     * @param failed pages given to migration and not moved
     * @param drains drains of every CPU's pagevecs
     * @param rounds calls of migrate_pages()
     * @param allocated frames and huge pages allocated
     */
    public record Sample(long migrated, long failed, long drains, long rounds, long allocated) {}

    private static final long AREA_PAGES = 4096;
    private static final long POOL_PAGES = 4;
    private static final int MOST_PAGES = 2048;

    private final PhysicalMemory memory;
    private final Task task;
    private final Task holder;
    private final ScenePages scenePages;
    private final long[] pages = new long[MOST_PAGES];

    /**
     * A machine.
     *
     * @param tlbSync whether a flush waits for the walkers of the moment
     */
    public MigrationScene(final TlbSync tlbSync) {
        memory = PhysicalMemory.builder()
                .normalPages(16384)
                .swapPages(1024)
                .cma("pins", AREA_PAGES)
                .hugetlbPages(POOL_PAGES)
                .tlbSync(tlbSync)
                .build();
        task = memory.newTask(0);
        holder = memory.newTask(1);
        scenePages = new ScenePages(memory, task, holder, MOST_PAGES);
    }

    /**
     * The machine.
     *
     * @return its memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The address space of the calls.
     *
     * @return the same for each
     */
    public MmStruct mm() {
        return scenePages.mm();
    }

    /**
     * The calls, with nobody who hears of phases.
     *
     * @return a facade
     */
    public GetUserPages plain() {
        return new GetUserPages(memory);
    }

    /**
     * The calls, with somebody who hears of their phases.
     *
     * @param listener who
     * @return a facade
     */
    public GetUserPages heardBy(final MigrationListener listener) {
        return GetUserPages.builder(memory).migrationListener(listener).build();
    }

    /**
     * Sets a scenario up, makes its call, and cleans up.
     *
     * @param scenario what
     * @param gup the calls, of this scene
     * @param watch looks at the call
     * @return what was done
     * @throws IllegalStateException if it was not what should have been
     */
    public Sample sample(final Scenario scenario, final GetUserPages gup, final Watch watch) {
        scenePages.prepare(scenario);
        final Sample before = counted();
        final MmStruct mm = scenePages.mm();
        final int nrPages = scenario.pages();
        final int flags = scenario.flags();
        final long got;
        if (scenario.call() == Scenario.Call.SLOW) {
            mm.mmapReadLock(task);
            got = watch.around(() -> gup.getUserPages(task, mm, ScenePages.BASE, nrPages, flags, pages, null));
            mm.mmapReadUnlock(task);
        } else {
            got = watch.around(() -> gup.getUserPagesFast(task, mm, ScenePages.BASE, nrPages, flags, pages));
        }
        final Sample after = counted();
        final Sample sample = new Sample(
                after.migrated - before.migrated,
                after.failed - before.failed,
                after.drains - before.drains,
                after.rounds - before.rounds,
                after.allocated - before.allocated);
        check(scenario, got, sample);
        gup.putPages(task, pages, nrPages);
        scenePages.release(scenario);
        return sample;
    }

    private Sample counted() {
        return new Sample(
                task.counters().get(Counter.PGMIGRATE_SUCCESS),
                task.counters().get(Counter.PGMIGRATE_FAIL),
                task.counters().get(Counter.LRU_ADD_DRAIN_ALL),
                task.counters().get(Counter.MIGRATE_CALLS),
                task.counters().get(Counter.ALLOC_ORDER_0) + task.counters().get(Counter.ALLOC_ORDER_9));
    }

    /** A wrong answer is no measurement. */
    private void check(final Scenario scenario, final long got, final Sample sample) {
        expect(scenario.id() + ": pages got", scenario.pages(), got);
        expect(scenario.id() + ": pages migrated", scenario.moves(), sample.migrated);
        expect(scenario.id() + ": pages not migrated", scenario.held(), sample.failed);
        scenePages.check(scenario);
        final int left = scenario.inCma() - scenario.moves() * scenario.kind().unit();
        expect(
                scenario.id() + ": pages left in CMA",
                left,
                Arrays.stream(pages, 0, scenario.pages()).filter(memory::isCma).count());
    }

    /** Nanoseconds of one copy of 4 KiB, the mean over a set of pages: {@code pages} of them, each copied to the next. */
    double copyNanos(final int nrPages, final boolean scattered) {
        final long[] frames = new long[nrPages];
        Arrays.setAll(frames, page -> memory.allocPages(task, Gfp.GFP_ZERO, 0));
        final int step = scattered ? 7919 : 1;
        final long started = System.nanoTime();
        int from = 0;
        for (int copy = 0; copy < nrPages; copy++) {
            final int to = (from + step) % nrPages;
            memory.frames().copy(frames[to], frames[from]);
            from = to;
        }
        final double nanos = (double) (System.nanoTime() - started) / nrPages;
        for (final long pfn : frames) {
            memory.memMap().put(task, memory.memMap().page(pfn), 1);
        }
        return nanos;
    }

    @Override
    public void close() {
        scenePages.mm().close(task);
        Books.close(memory, List.of(task, holder), "the migrations");
    }
}
