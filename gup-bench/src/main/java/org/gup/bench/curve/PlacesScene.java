package org.gup.bench.curve;

import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.fork.Shuffle;
import org.gup.bench.layout.Books;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Where frames lie, and how much of the memory map a sweep goes over. Two ranges are as large as two caches of the second level:
 * one was touched from its start to its end, so that its frames follow each other, one in random order. Their contents were never
 * written, and no frame of the model takes room.
 */
final class PlacesScene implements Scene {
    /** Family: where the frames lie. */
    static final String PLACES = "places";
    /** Pages of a range that is too large for the caches: 16 bytes of each in the memory map are touched, 2 MiB. */
    static final int COLD_PAGES = 131_072;

    private static final int HOT_PAGES = 512;
    private static final int PAGES_PER_CALL = 512;
    private static final int HOT_REPEATS = 8;
    private static final long CONTIGUOUS = 0x30_0000_0000L;
    private static final long SCATTERED = 0x38_0000_0000L;
    private static final long PAGE_SIZE = 4096;

    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final GetUserPages gup;

    PlacesScene(final long seed) {
        memory = PhysicalMemory.builder()
                .normalPages(2L * COLD_PAGES + 16384)
                .tablePages(2048)
                .build();
        task = memory.newTask(0);
        gup = new GetUserPages(memory);
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        map(CONTIGUOUS);
        map(SCATTERED);
        final long[] pfns = new long[PAGES_PER_CALL];
        for (int page = 0; page < COLD_PAGES; page += PAGES_PER_CALL) {
            touch(CONTIGUOUS, page, PAGES_PER_CALL, pfns);
        }
        for (final int page : Shuffle.order(COLD_PAGES, new SplittableRandom(seed))) {
            touch(SCATTERED, page, 1, pfns);
        }
        memory.lruvec().drainAll(task);
    }

    private void map(final long at) {
        final long mapped = mm.mmap(
                task,
                at,
                COLD_PAGES * PAGE_SIZE,
                Mman.PROT_READ | Mman.PROT_WRITE,
                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED);
        if (mapped != at) {
            throw new IllegalStateException("mmap: " + mapped);
        }
    }

    private void touch(final long at, final int page, final int pages, final long[] pfns) {
        final int got = gup.getUserPagesFast(task, mm, at + page * PAGE_SIZE, pages, FOLL_WRITE, pfns);
        if (got != pages) {
            throw new IllegalStateException("pages of " + pages + " that were faulted in: " + got);
        }
        gup.putPages(task, pfns, pages);
    }

    /** Every point. */
    static List<CurveCase> cases() {
        final List<CurveCase> cases = new ArrayList<>();
        for (final boolean scattered : new boolean[] {false, true}) {
            for (final boolean cold : new boolean[] {false, true}) {
                cases.add(point(scattered, cold));
            }
        }
        return cases;
    }

    private static CurveCase point(final boolean scattered, final boolean cold) {
        final String kind = scattered ? "scattered" : "contiguous";
        final String x = cold ? "cold" : "hot";
        return new CurveCase(PLACES, kind, x, kind + " frames, " + x, PAGES_PER_CALL, true);
    }

    @Override
    public List<Probe> probes() {
        final List<Probe> probes = new ArrayList<>();
        for (final boolean scattered : new boolean[] {false, true}) {
            for (final boolean cold : new boolean[] {false, true}) {
                final int pages = cold ? COLD_PAGES : HOT_PAGES;
                final SweepProbe probe = new SweepProbe(
                        point(scattered, cold),
                        new SweepProbe.Range(memory, task, mm, scattered ? SCATTERED : CONTIGUOUS, pages),
                        false,
                        cold ? 1 : HOT_REPEATS);
                final double neighbours = (double) probe.contiguous() / pages;
                if (scattered ? neighbours > 0.05 : neighbours < 0.9) {
                    throw new IllegalStateException(
                            probe.what().id() + ": share of neighbours in memory: " + neighbours);
                }
                probes.add(probe);
            }
        }
        return probes;
    }

    @Override
    public void close() {
        mm.close(task);
        Books.close(memory, List.of(task), "the places");
    }
}
