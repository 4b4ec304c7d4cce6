package org.gup.bench.migration;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Arrays;
import org.gup.GetUserPages;
import org.gup.bench.layout.CmaSteering;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.Migratetype;
import org.gup.pgtable.PageTableGeometry;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;

/**
 * A machine with a CMA area, and the calls of {@link Scenario}: each is set up anew, timed alone, and given back. The pages'
 * contents, the place they end at and the counters are checked each time.
 */
final class MigrationScene implements AutoCloseable {
    private static final long BASE = 0x10_0000_0000L;
    private static final long PAGE_SIZE = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long AREA_PAGES = 4096;
    private static final long POOL_PAGES = 2;

    private final PhysicalMemory memory;
    private final Task task;
    private final Task holder;
    private final MmStruct mm;
    private final CmaSteering steering;
    private final PhaseClock clock = new PhaseClock();
    private final GetUserPages plain;
    private final GetUserPages stamped;
    private final long[] pages = new long[512];
    private final long[] held = new long[512];

    MigrationScene() {
        memory = PhysicalMemory.builder()
                .normalPages(16384)
                .cma("pins", AREA_PAGES)
                .hugetlbPages(POOL_PAGES)
                .build();
        task = memory.newTask(0);
        holder = memory.newTask(1);
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        steering = new CmaSteering(memory, task);
        plain = new GetUserPages(memory);
        stamped = GetUserPages.builder(memory).migrationListener(clock).build();
    }

    PhaseClock clock() {
        return clock;
    }

    /** What one sample found. */
    record Sample(long nanos, long migrated, long failed, long drains, long rounds) {}

    /**
     * Sets a scenario up, times its call, and cleans up.
     *
     * @param scenario what
     * @param withClock whether the phases are stamped
     * @return what it took, and what was done
     */
    Sample sample(final Scenario scenario, final boolean withClock) {
        final long cmaBlock = prepare(scenario);
        final GetUserPages gup = withClock ? stamped : plain;
        final long migrated = task.counters().get(Counter.PGMIGRATE_SUCCESS);
        final long failed = task.counters().get(Counter.PGMIGRATE_FAIL);
        final long drains = task.counters().get(Counter.LRU_ADD_DRAIN_ALL);
        final long rounds = task.counters().get(Counter.MIGRATE_CALLS);
        final int flags = FOLL_WRITE | FOLL_LONGTERM;
        final int nrPages = scenario.pages();
        final long got;
        final long took;
        if (scenario.call() == Scenario.Call.SLOW) {
            mm.mmapReadLock(task);
            if (withClock) {
                clock.start();
            }
            final long started = System.nanoTime();
            got = gup.getUserPages(task, mm, BASE, nrPages, flags, pages, null);
            took = System.nanoTime() - started;
            if (withClock) {
                clock.stop();
            }
            mm.mmapReadUnlock(task);
        } else {
            if (withClock) {
                clock.start();
            }
            final long started = System.nanoTime();
            got = gup.getUserPagesFast(task, mm, BASE, nrPages, flags, pages);
            took = System.nanoTime() - started;
            if (withClock) {
                clock.stop();
            }
        }
        final Sample sample = new Sample(
                took,
                task.counters().get(Counter.PGMIGRATE_SUCCESS) - migrated,
                task.counters().get(Counter.PGMIGRATE_FAIL) - failed,
                task.counters().get(Counter.LRU_ADD_DRAIN_ALL) - drains,
                task.counters().get(Counter.MIGRATE_CALLS) - rounds);
        check(scenario, got, sample);
        gup.putPages(task, pages, nrPages);
        cleanUp(scenario, cmaBlock);
        return sample;
    }

    /** First pfn of a pageblock that was made CMA for this sample, or -1. */
    private long prepare(final Scenario scenario) {
        final long length = scenario.pages() * PAGE_SIZE;
        int mapFlags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED;
        if (scenario.kind() == Scenario.Kind.HUGETLB) {
            mapFlags |= Mman.MAP_HUGETLB;
        }
        expect("mmap", BASE, mm.mmap(task, BASE, length, RW, mapFlags));
        long cmaBlock = -1;
        switch (scenario.kind()) {
            case HUGE -> {
                expect("madvise", 0, mm.madvise(task, BASE, length, Mman.MADV_HUGEPAGE));
                steering.on();
                touch(scenario);
            }
            case HUGETLB -> {
                touch(scenario);
                expect("pages of the hugetlb page", 1, plain.getUserPagesFastOnly(task, mm, BASE, 1, true, pages));
                cmaBlock = pages[0];
                plain.putPages(task, pages, 1);
                if (!steering.retype(cmaBlock, memory.memMap().pageblocks().migratetype(cmaBlock), Migratetype.CMA)) {
                    throw new IllegalStateException("the pageblock of a hugetlb page cannot be made CMA: " + cmaBlock);
                }
            }
            case BASE -> prepareBase(scenario);
        }
        if (!scenario.inPagevecs()) {
            memory.lruvec().drainAll(task);
        }
        if (scenario.held()) {
            expect(
                    "pages held",
                    scenario.pages(),
                    plain.getUserPagesFastOnly(holder, mm, BASE, scenario.pages(), true, held));
        }
        return cmaBlock;
    }

    private void prepareBase(final Scenario scenario) {
        if (scenario.call() == Scenario.Call.FAST_UNTOUCHED) {
            steering.on();
            return;
        }
        for (int page = 0; page < scenario.pages(); page++) {
            if (!scenario.isInCma(page)) {
                UserAccess.store(task, mm, BASE + page * PAGE_SIZE, BASE + page);
            }
        }
        memory.lruvec().drainAll(task);
        steering.on();
        for (int page = 0; page < scenario.pages(); page++) {
            if (scenario.isInCma(page)) {
                UserAccess.store(task, mm, BASE + page * PAGE_SIZE, BASE + page);
            }
        }
    }

    private void touch(final Scenario scenario) {
        for (int page = 0; page < scenario.pages(); page++) {
            UserAccess.store(task, mm, BASE + page * PAGE_SIZE, BASE + page);
        }
    }

    /** A wrong answer is no measurement. */
    private void check(final Scenario scenario, final long got, final Sample sample) {
        expect(scenario.id() + ": pages got", scenario.pages(), got);
        final boolean stays = scenario.held() || scenario.call() == Scenario.Call.FAST;
        final int units = scenario.kind() == Scenario.Kind.BASE ? scenario.inCma() : 1;
        expect(scenario.id() + ": pages migrated", stays ? 0 : units, sample.migrated);
        expect(scenario.id() + ": pages not migrated", scenario.held() ? units : 0, sample.failed);
        long inCma = 0;
        for (int page = 0; page < scenario.pages(); page++) {
            inCma += memory.isCma(pages[page]) ? 1 : 0;
            if (scenario.call() != Scenario.Call.FAST_UNTOUCHED) {
                expect(
                        scenario.id() + ": contents of page " + page,
                        BASE + page,
                        UserAccess.load(task, mm, BASE + page * PAGE_SIZE));
            }
        }
        expect(scenario.id() + ": pages left in CMA", stays ? scenario.inCma() : 0, inCma);
    }

    private void cleanUp(final Scenario scenario, final long cmaBlock) {
        if (scenario.held()) {
            plain.putPages(holder, held, scenario.pages());
        }
        expect("munmap", 0, mm.munmap(task, BASE, scenario.pages() * PAGE_SIZE));
        memory.lruvec().drainAll(task);
        steering.off();
        if (cmaBlock >= 0 && !steering.retype(cmaBlock, Migratetype.CMA, Migratetype.MOVABLE)) {
            throw new IllegalStateException("a pageblock cannot be made movable again: " + cmaBlock);
        }
    }

    private static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(what + ": expected " + expected + ", found " + found);
        }
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
        mm.close(task);
        memory.lruvec().drainAll(task);
        final boolean balanced = memory.audit().balanced();
        memory.exitTask(task);
        memory.exitTask(holder);
        memory.close();
        if (!balanced) {
            throw new IllegalStateException("books do not balance after the migrations");
        }
    }
}
