package org.gup.bench.migration;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.bench.layout.CmaSteering;
import org.gup.cma.CmaArea;
import org.gup.migrate.MigratePages;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.CmaRange;
import org.gup.zone.PhysicalMemory;

/**
 * What long-term pins do to a contiguous memory area over time. In every step a process maps memory, which comes from the area,
 * and pins some of it for long; old processes exit and take their pins along; then a driver asks the area for contiguous memory.
 * Nothing is timed: the same seed gives the same numbers on every machine.
 */
public final class CmaOverTime {
    /** Pages of the area: 16 MiB. */
    public static final int AREA_PAGES = 4096;
    /** Pages that the driver asks for in each step: 8 MiB. */
    public static final int WANTED_PAGES = 2048;

    private static final int PROCESS_PAGES = 48;
    private static final int PINNED_PAGES = 4;
    private static final int LIVE_PROCESSES = 40;
    private static final long BASE = 0x10_0000_0000L;
    private static final long PAGE_SIZE = 4096;

    private CmaOverTime() {}

    /** How the pins are taken. */
    public enum Pins {
        /** Not at all. */
        NONE("no pins"),
        /** By get_user_pages(FOLL_LONGTERM): the pages leave the area first. */
        MIGRATED("pins migrated first"),
        /** By get_user_pages_fast(FOLL_LONGTERM) on populated pages: v5.2 leaves them in the area. */
        LEFT_IN_PLACE("pins left in place");

        private final String label;

        Pins(final String label) {
            this.label = label;
        }

        /**
         * What a reader calls it.
         *
         * @return a few words
         */
        public String label() {
            return label;
        }
    }

    /**
     * What one step found.
     *
     * @param largestRun pages of the longest run of the area that no pinned page interrupts: more than that it cannot give
     * @param granted whether the driver got its pages
     * @param busy positions of the area that were tried and found in use
     * @param pinnedInArea pages of the area that are pinned
     */
    public record Step(int largestRun, boolean granted, long busy, int pinnedInArea) {}

    @SuppressWarnings("ArrayRecordComponent") // nobody compares pinners
    private record Pinner(MmStruct mm, long[] pinned) {}

    /**
     * Runs steps.
     *
     * @param pins how pins are taken
     * @param steps how many
     * @param seed of every choice
     * @return one for each step
     */
    public static List<Step> simulate(final Pins pins, final int steps, final long seed) {
        final SplittableRandom random = new SplittableRandom(seed);
        try (PhysicalMemory memory = PhysicalMemory.builder()
                .normalPages(4 * AREA_PAGES)
                .tablePages(8192)
                .cma("driver", AREA_PAGES)
                .build()) {
            final Task task = memory.newTask(0);
            final CmaSteering steering = new CmaSteering(memory, task);
            final GetUserPages gup = new GetUserPages(memory);
            final CmaArea area = new CmaArea(memory, memory.cmaRanges().get(0), new MigratePages(memory, null));
            final Deque<Pinner> processes = new ArrayDeque<>();
            final List<Step> found = new ArrayList<>();
            for (int step = 0; step < steps; step++) {
                // What the area had lent was moved out for the driver: that memory is to be used up again.
                steering.on();
                processes.addLast(start(memory, task, gup, pins, random));
                if (processes.size() > LIVE_PROCESSES) {
                    exit(task, gup, processes.removeFirst());
                }
                found.add(ask(memory, task, area, processes));
            }
            while (!processes.isEmpty()) {
                exit(task, gup, processes.removeFirst());
            }
            Books.check(memory, task, "the last process");
            memory.exitTask(task);
            return List.copyOf(found);
        }
    }

    private static Pinner start(
            final PhysicalMemory memory,
            final Task task,
            final GetUserPages gup,
            final Pins pins,
            final SplittableRandom random) {
        final MmStruct mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        final long mapped = mm.mmap(
                task,
                BASE,
                PROCESS_PAGES * PAGE_SIZE,
                Mman.PROT_READ | Mman.PROT_WRITE,
                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED);
        if (mapped != BASE) {
            throw new IllegalStateException("mmap: " + mapped);
        }
        for (int page = 0; page < PROCESS_PAGES; page++) {
            UserAccess.store(task, mm, BASE + page * PAGE_SIZE, page);
        }
        memory.lruvec().drainAll(task);
        final long[] pinned = new long[pins == Pins.NONE ? 0 : PINNED_PAGES];
        if (pinned.length > 0) {
            final long start = BASE + random.nextInt(PROCESS_PAGES - PINNED_PAGES) * PAGE_SIZE;
            final int flags = FOLL_WRITE | FOLL_LONGTERM;
            final long got;
            if (pins == Pins.MIGRATED) {
                mm.mmapReadLock(task);
                got = gup.getUserPages(task, mm, start, pinned.length, flags, pinned, null);
                mm.mmapReadUnlock(task);
            } else {
                got = gup.getUserPagesFast(task, mm, start, pinned.length, flags, pinned);
            }
            if (got != pinned.length) {
                throw new IllegalStateException("pages pinned: expected " + pinned.length + ", found " + got);
            }
        }
        return new Pinner(mm, pinned);
    }

    private static void exit(final Task task, final GetUserPages gup, final Pinner process) {
        gup.putPages(task, process.pinned, process.pinned.length);
        process.mm.close(task);
    }

    private static Step ask(
            final PhysicalMemory memory, final Task task, final CmaArea area, final Deque<Pinner> processes) {
        final long busyBefore = area.busy();
        final long granted = area.alloc(task, WANTED_PAGES, 0);
        final long busy = area.busy() - busyBefore;
        if (granted >= 0) {
            release(task, area, granted, WANTED_PAGES);
        }
        final CmaRange range = memory.cmaRanges().get(0);
        final long[] pinned = processes.stream()
                .flatMapToLong(process -> Arrays.stream(process.pinned))
                .filter(range::contains)
                .sorted()
                .toArray();
        return new Step(longestGap(range, pinned), granted >= 0, busy, pinned.length);
    }

    /** Pages of the longest run between pinned ones, which ascend. */
    static int longestGap(final CmaRange range, final long[] pinned) {
        long longest = 0;
        long from = range.startPfn();
        for (final long pfn : pinned) {
            longest = Math.max(longest, pfn - from);
            from = pfn + 1;
        }
        return Math.toIntExact(Math.max(longest, range.endPfn() - from));
    }

    private static void release(final Task task, final CmaArea area, final long pfn, final int pages) {
        if (!area.release(task, pfn, pages)) {
            throw new IllegalStateException("the area does not take its pages back: pfn=" + pfn + ", pages=" + pages);
        }
    }
}
