package org.gup.bench.count;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.bench.migration.MigrationScene;
import org.gup.bench.migration.Scenario;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.pgtable.PageTableGeometry;
import org.gup.shim.probe.Probe;
import org.gup.shim.probe.Tally;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.PhysicalMemory;

/**
 * Counts what calls do. Runs in the shim's class loader, where every access to memory is seen, on a machine whose every TLB
 * flush waits and so is seen too. What it answers is made of the JDK's types alone, to be carried out of there.
 */
final class CallCounts {
    private static final long BASE = 0x10_0000_0000L;
    private static final long PAGE_SIZE = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int HUGE = 512;

    private CallCounts() {}

    /** A call that is counted for a number of pages, with what undoes it. */
    private interface Call {
        Tally of(int nrPages);
    }

    /**
     * Counts everything.
     *
     * @return by id of the call: how often each operation was done, by its counter's name
     */
    static Map<String, Map<String, Long>> all() {
        final Map<String, Map<String, Long>> counts = new LinkedHashMap<>();
        for (final Walk walk : Walk.values()) {
            for (final int nrPages : new int[] {HUGE / 2, HUGE}) {
                counts.put(walk.id() + "/" + nrPages, walk(walk, nrPages));
            }
        }
        try (MigrationScene scene = new MigrationScene(TlbSync.IPI_WAIT)) {
            final GetUserPages gup = scene.plain();
            final Probe probe = new Probe(scene.memory(), scene.mm());
            for (final Scenario scenario : Scenario.all()) {
                // The first time a page is used is not like the others.
                scene.sample(scenario, gup, call -> call.getAsLong());
                counts.put(CountForks.MIGRATE + scenario.id(), migration(scene, gup, probe, scenario));
            }
        }
        return counts;
    }

    private static Map<String, Long> migration(
            final MigrationScene scene, final GetUserPages gup, final Probe probe, final Scenario scenario) {
        final AtomicReference<Tally> tally = new AtomicReference<>();
        final MigrationScene.Sample sample = scene.sample(scenario, gup, call -> {
            tally.set(probe.count(scenario.pages(), call::getAsLong));
            return scenario.pages();
        });
        final Map<String, Long> counted =
                operations(Objects.requireNonNull(tally.get(), "the call of " + scenario.id() + " was not made"));
        counted.put(Operation.DRAINS.counter(), sample.drains());
        counted.put(Operation.ALLOCATIONS.counter(), sample.allocated());
        counted.put(CountForks.MOVED, sample.migrated());
        return counted;
    }

    private static Map<String, Long> operations(final Tally tally) {
        final Map<String, Long> counted = new TreeMap<>();
        for (final Operation operation : Operation.values()) {
            counted.put(operation.counter(), operation.in(tally));
        }
        return counted;
    }

    private static Map<String, Long> walk(final Walk walk, final int nrPages) {
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .normalPages(4096)
                .tlbSync(TlbSync.IPI_WAIT)
                .build()) {
            final Task task = memory.newTask(0);
            final MmStruct mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
            populate(memory, task, mm, walk.isHuge());
            final Call call = call(walk, memory, task, mm);
            // Pages that were used before: PG_referenced is set, and nothing waits for its first use.
            call.of(HUGE);
            call.of(HUGE);
            final Map<String, Long> counted = operations(call.of(nrPages));
            mm.close(task);
            Books.check(memory, task, "the call");
            memory.exitTask(task);
            return counted;
        }
    }

    private static Call call(final Walk walk, final PhysicalMemory memory, final Task task, final MmStruct mm) {
        final GetUserPages gup = new GetUserPages(memory);
        final Probe probe = new Probe(memory, mm);
        final long[] pages = new long[HUGE];
        return nrPages -> {
            final Tally got = probe.count(nrPages, () -> switch (walk) {
                case SLOW, SLOW_HUGE -> slow(gup, task, mm, nrPages, pages);
                default -> gup.getUserPagesFastOnly(task, mm, BASE, nrPages, true, pages);
            });
            final Tally put = probe.count(() -> gup.putPages(task, pages, nrPages));
            return walk == Walk.PUT ? put : got;
        };
    }

    private static long slow(
            final GetUserPages gup, final Task task, final MmStruct mm, final int nrPages, final long[] pages) {
        return gup.getUserPagesUnlocked(task, mm, BASE, nrPages, pages, org.gup.flags.FollFlags.FOLL_WRITE);
    }

    private static void populate(final PhysicalMemory memory, final Task task, final MmStruct mm, final boolean huge) {
        final long length = HUGE * PAGE_SIZE;
        final int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED;
        if (mm.mmap(task, BASE, length, RW, flags) != BASE
                || (huge && mm.madvise(task, BASE, length, Mman.MADV_HUGEPAGE) != 0)) {
            throw new IllegalStateException("the pages to be counted could not be mapped");
        }
        for (int page = 0; page < HUGE; page++) {
            UserAccess.store(task, mm, BASE + page * PAGE_SIZE, page);
        }
        memory.lruvec().drainAll(task);
    }
}
