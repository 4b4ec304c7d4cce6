package org.gup.bench.curve;

import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.ArrayList;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.file.DaxFile;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.DevPagemap;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Calls of 512 pages of which some are bad ones: a share of them, or one alone at a place. A call changes what it finds, so each
 * sample makes the bad pages anew, outside the timed part.
 */
final class BadPagesScene implements Scene {
    /** Family: how many are bad. */
    static final String SHARE = "share";
    /** Family: where the only bad one stands. */
    static final String POSITION = "position";

    /** Percent of the pages. */
    static final List<Integer> SHARES = List.of(0, 1, 5, 10, 25, 50, 100);
    /** The place of the only bad page. */
    static final List<Integer> POSITIONS = List.of(0, 1, 8, 64, 256, 511);

    static final int PAGES = 512;

    private static final long BASE = 0x10_0000_0000L;
    private static final long REGION = 1L << 30;
    private static final long PAGE_SIZE = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final DaxFile file;
    private final GetUserPages gup;
    private final long[] pfns = new long[PAGES];

    BadPagesScene() {
        memory = PhysicalMemory.builder()
                .normalPages(16384)
                .device(DevPagemap.Type.FS_DAX, PAGES + 1024L)
                .build();
        task = memory.newTask(0);
        gup = new GetUserPages(memory);
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        final DevPagemap device = memory.devices().get(0);
        // One page off: no part of the file can be mapped by a huge entry.
        file = new DaxFile(memory, "pmem", device, device.startPfn() + 1, PAGES * PAGE_SIZE);
        file.allocate(task, 0, PAGES);
        for (final BadKind kind : BadKind.values()) {
            final long at = region(kind);
            final long mapped = kind == BadKind.DEVMAP
                    ? mm.mmapFile(task, at, PAGES * PAGE_SIZE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, file, 0)
                    : mm.mmap(task, at, PAGES * PAGE_SIZE, RW, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED);
            if (mapped != at) {
                throw new IllegalStateException("mmap for " + kind + " pages: " + mapped);
            }
            for (int page = 0; page < PAGES; page++) {
                write(kind, page);
            }
        }
        memory.lruvec().drainAll(task);
    }

    @SuppressWarnings("EnumOrdinal") // a place in an address space of this class
    private static long region(final BadKind kind) {
        return BASE + kind.ordinal() * REGION;
    }

    private static long address(final BadKind kind, final int page) {
        return region(kind) + page * PAGE_SIZE;
    }

    private void write(final BadKind kind, final int page) {
        UserAccess.store(task, mm, address(kind, page), address(kind, page) + 1);
    }

    /** Every point of both families. */
    static List<CurveCase> cases() {
        final List<CurveCase> cases = new ArrayList<>();
        for (final BadKind kind : BadKind.values()) {
            SHARES.forEach(share -> cases.add(shareCase(kind, share)));
        }
        for (final BadKind kind : List.of(BadKind.ABSENT, BadKind.SPECIAL)) {
            POSITIONS.forEach(position -> cases.add(positionCase(kind, position)));
        }
        return cases;
    }

    private static CurveCase shareCase(final BadKind kind, final int share) {
        return new CurveCase(
                SHARE, kind.id(), Integer.toString(share), share + " % " + kind.label(), PAGES, kind.write());
    }

    private static CurveCase positionCase(final BadKind kind, final int position) {
        return new CurveCase(
                POSITION, kind.id(), Integer.toString(position), kind.label() + " at " + position, PAGES, kind.write());
    }

    @Override
    public List<Probe> probes() {
        final List<Probe> probes = new ArrayList<>();
        for (final BadKind kind : BadKind.values()) {
            SHARES.forEach(
                    share -> probes.add(new BadProbe(shareCase(kind, share), kind, BadPages.share(share, PAGES))));
        }
        for (final BadKind kind : List.of(BadKind.ABSENT, BadKind.SPECIAL)) {
            POSITIONS.forEach(
                    position -> probes.add(new BadProbe(positionCase(kind, position), kind, BadPages.at(position))));
        }
        return probes;
    }

    /** One of the points. */
    private final class BadProbe implements Probe {
        private final CurveCase what;
        private final BadKind kind;
        private final BadPages bad;
        private final Legs predicted;

        BadProbe(final CurveCase what, final BadKind kind, final BadPages bad) {
            this.what = what;
            this.kind = kind;
            this.bad = bad;
            this.predicted = kind.legs(bad, PAGES);
        }

        @Override
        public CurveCase what() {
            return what;
        }

        @Override
        public Legs predicted() {
            return predicted;
        }

        @Override
        public Sample sample() {
            final int flags = kind.write() ? FOLL_WRITE : 0;
            final long start = region(kind);
            touchAll(start, flags);
            for (int i = 0; i < bad.count(); ) {
                final int run = bad.run(i);
                spoil(bad.page(i), run);
                i += run;
            }
            memory.lruvec().drainAll(task);
            final Legs before = Legs.of(task);
            final long started = System.nanoTime();
            final int got = gup.getUserPagesFast(task, mm, start, PAGES, flags, pfns);
            final long getNanos = System.nanoTime() - started;
            Probe.expect(what, "pages got", PAGES, got);
            Probe.expect(what, "legs", predicted, Legs.of(task).since(before));
            memory.lruvec().drainAll(task);
            checkContents();
            final long held = references();
            final long put = task.counters().get(Counter.PAGES_PUT);
            final long putStarted = System.nanoTime();
            gup.putPages(task, pfns, PAGES);
            final long putNanos = System.nanoTime() - putStarted;
            Probe.expect(what, "pages put", (long) PAGES, task.counters().get(Counter.PAGES_PUT) - put);
            Probe.expect(what, "references left of those taken", held - PAGES, references());
            for (int i = 0; i < bad.count(); i++) {
                write(kind, bad.page(i));
            }
            memory.lruvec().drainAll(task);
            return new Sample((double) getNanos / PAGES, (double) putNanos / PAGES);
        }

        /** All pages are good ones now: brings them into the caches, for every point alike. */
        private void touchAll(final long start, final int flags) {
            Probe.expect(
                    what,
                    "good pages",
                    PAGES,
                    gup.getUserPagesFastOnly(task, mm, start, PAGES, (flags & FOLL_WRITE) != 0, pfns));
            gup.putPages(task, pfns, PAGES);
        }

        private void spoil(final int page, final int run) {
            final long at = address(kind, page);
            final long length = run * PAGE_SIZE;
            switch (kind) {
                case ABSENT -> Probe.expect(what, "madvise", 0, mm.madvise(task, at, length, Mman.MADV_DONTNEED));
                case READ_ONLY -> {
                    Probe.expect(what, "mprotect", 0, mm.mprotect(task, at, length, Mman.PROT_READ));
                    Probe.expect(what, "mprotect back", 0, mm.mprotect(task, at, length, RW));
                }
                case PROTNONE -> Probe.expect(what, "entries changed", (long) run, mm.numaHint(task, at, run));
                case SPECIAL, DEVMAP -> {
                    Probe.expect(what, "madvise", 0, mm.madvise(task, at, length, Mman.MADV_DONTNEED));
                    for (int i = 0; i < run; i++) {
                        UserAccess.load(task, mm, at + i * PAGE_SIZE);
                    }
                }
            }
        }

        private void checkContents() {
            int next = 0;
            for (int page = 0; page < PAGES; page++) {
                final boolean isBad = next < bad.count() && bad.page(next) == page;
                next += isBad ? 1 : 0;
                final boolean isLost = isBad && kind != BadKind.READ_ONLY && kind != BadKind.PROTNONE;
                final long expected = isLost ? 0L : address(kind, page) + 1;
                final long found = memory.frames().getLong(pfns[page], 0);
                if (expected != found) {
                    throw Probe.wrong(what, "contents of page " + page, expected, found);
                }
            }
        }

        /** The zero page counts once, however often it is mapped. */
        private long references() {
            final long zero = memory.zeroPfn();
            long sum = PageRef.countVolatile(memory.memMap().page(zero));
            for (final long pfn : pfns) {
                if (pfn != zero) {
                    sum += PageRef.countVolatile(memory.memMap().page(pfn));
                }
            }
            return sum;
        }
    }

    @Override
    public void close() {
        mm.close(task);
        file.close();
        Books.close(memory, List.of(task), "the shares and positions");
    }
}
