package org.gup.bench.guptest;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.gup.GetUserPages;
import org.gup.bench.error.BadInputException;
import org.gup.file.PageCacheFile;
import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.pgtable.PageTableGeometry;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The area that is asked for, in a memory of its own, and the loop over it.
 *
 * <p>The loop is the kernel's to the letter, oddities included: it ends when a call returned another number of pages than
 * asked for, but sees that at the top of the next step; the address has then moved by the whole step, so that the size tells
 * bytes that were attempted. Differs: a refusal's errno is kept, the kernel's tool drops it.
 *
 * <p>Threading: one thread for each task; all may pass over the area at once.
 */
public final class GupTestArea implements AutoCloseable {
    private static final int WARM_UP_PAGES = 512;
    private static final long WARM_UP_NANOS = 400_000_000;
    private static final int HUGE_PAGES = 512;
    /** Room for page tables, alignment and the warm-up. */
    private static final long SPARE_PAGES = 16_384;
    /** Stands where a call counted a page and returned none. */
    private static final long NO_PAGE = -1;

    private final GupTestRequest request;
    private final PhysicalMemory memory;
    private final GetUserPages gup;
    private final Task owner;
    private final MmStruct mm;
    private final @Nullable PageCacheFile file;
    private final long start;

    /**
     * Maps the area and, if that is asked for, writes every page.
     *
     * @param request what is asked for
     * @throws BadInputException if it cannot be mapped
     */
    public GupTestArea(final GupTestRequest request) {
        this.request = request;
        final boolean hugetlb = request.backing() == GupTestRequest.Backing.HUGETLB;
        final long pages = request.pages();
        this.memory = PhysicalMemory.builder()
                .normalPages(pages + pages / 8 + SPARE_PAGES)
                .hugetlbPages(hugetlb ? pages / HUGE_PAGES + 1 : 0)
                .build();
        this.gup = new GetUserPages(memory);
        this.owner = memory.newTask(0);
        this.mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        this.file = request.backing() == GupTestRequest.Backing.FILE
                ? new PageCacheFile(memory, "gup_test", request.sizeBytes())
                : null;
        boolean mapped = false;
        try {
            this.start = map();
            mapped = true;
        } finally {
            if (!mapped) {
                closeAll();
            }
        }
    }

    private long map() {
        final int prot = Mman.PROT_READ | Mman.PROT_WRITE;
        final int sharing = request.shared() ? Mman.MAP_SHARED : Mman.MAP_PRIVATE;
        final long address = switch (request.backing()) {
            case ZERO -> mm.mmap(owner, 0, request.sizeBytes(), prot, sharing | Mman.MAP_ANONYMOUS);
            case HUGETLB ->
                mm.mmap(owner, 0, request.sizeBytes(), prot, sharing | Mman.MAP_ANONYMOUS | Mman.MAP_HUGETLB);
            case FILE -> mm.mmapFile(owner, 0, request.sizeBytes(), prot, sharing, Objects.requireNonNull(file), 0);
        };
        check("mmap", address);
        if (request.advice() != GupTestRequest.Advice.DEFAULT) {
            check(
                    "madvise",
                    mm.madvise(
                            owner,
                            address,
                            request.sizeBytes(),
                            request.advice() == GupTestRequest.Advice.HUGEPAGE
                                    ? Mman.MADV_HUGEPAGE
                                    : Mman.MADV_NOHUGEPAGE));
        }
        if (request.prefault()) {
            touch(address, request.pages());
        }
        return address;
    }

    /** A write to each page. */
    private void touch(final long address, final int pages) {
        mm.mmapReadLock(owner);
        try {
            final long touched = gup.getUserPages(owner, mm, address, pages, FollFlags.FOLL_WRITE, null, null);
            check("prefault", touched);
            if (touched != pages) {
                throw new BadInputException("prefault: " + touched + " of " + pages + " pages");
            }
        } finally {
            mm.mmapReadUnlock(owner);
        }
        memory.lruvec().drainAll(owner);
    }

    private static void check(final String what, final long answer) {
        if (answer < 0) {
            throw new BadInputException(what + ": -" + Errno.name((int) -answer));
        }
    }

    /** Makes the JVM compile the loop, on an area of its own. */
    private void warmUp(final Task task, final long[] pages) {
        final int few = Math.min(WARM_UP_PAGES, pages.length);
        final long address;
        synchronized (this) {
            address = mm.mmap(
                    owner,
                    0,
                    few * GupTestRequest.PAGE_BYTES,
                    Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS);
            check("mmap", address);
            touch(address, few);
        }
        final int step = Math.min(request.step(), few);
        final long end = System.nanoTime() + WARM_UP_NANOS;
        while (System.nanoTime() - end < 0) {
            pass(task, address, few, step, pages, 0, 0);
        }
        check("munmap", mm.munmap(task, address, few * GupTestRequest.PAGE_BYTES));
    }

    /**
     * What one thread does: all repeats on the same area.
     *
     * @param thread its number
     * @param repeats how often
     * @param each receives each pass as it ends
     */
    public void run(final int thread, final int repeats, final Consumer<GupTestResult> each) {
        final Task task = memory.newTask(0);
        try {
            final long[] pages = new long[request.pages()];
            if (request.warmUp()) {
                warmUp(task, pages);
            }
            for (int repeat = 0; repeat < repeats; repeat++) {
                each.accept(pass(task, start, request.pages(), request.step(), pages, thread, repeat));
            }
        } finally {
            memory.exitTask(task);
        }
    }

    private GupTestResult pass(
            final Task task,
            final long from,
            final int areaPages,
            final int step,
            final long[] pages,
            final int thread,
            final int repeat) {
        final boolean locked = request.call() != GupTestCall.GUP_FAST_BENCHMARK;
        final long end = from + areaPages * GupTestRequest.PAGE_BYTES;
        final long fastBefore = task.counters().get(Counter.FAST_PAGES);
        final long slowBefore = task.counters().get(Counter.SLOW_PAGES);
        final long[] answers = step == pages.length ? pages : new long[step];
        // FOLL_MLOCK alone skips what is not there, counts it, and leaves its place in the array as it was.
        final boolean skips =
                (request.gupFlags() & (FollFlags.FOLL_MLOCK | FollFlags.FOLL_POPULATE)) == FollFlags.FOLL_MLOCK;
        int asked = step;
        long got = step;
        int total = 0;
        if (locked) {
            mm.mmapReadLock(task);
        }
        try {
            long address = from;
            final long getStart = System.nanoTime();
            while (address < end && got == asked) {
                final long next = address + step * GupTestRequest.PAGE_BYTES;
                asked = next > end ? (int) ((end - address) / GupTestRequest.PAGE_BYTES) : step;
                if (skips) {
                    Arrays.fill(answers, NO_PAGE);
                }
                got = call(task, address, asked, answers);
                if (got <= 0) {
                    break;
                }
                if (answers != pages) {
                    System.arraycopy(answers, 0, pages, total, (int) got);
                }
                total += (int) got;
                address = Math.min(next, end);
            }
            final long getNanos = System.nanoTime() - getStart;
            final long putStart = System.nanoTime();
            for (int i = 0; i < total; i++) {
                if (pages[i] != NO_PAGE) {
                    gup.putPage(task, pages[i]);
                }
            }
            final long putNanos = System.nanoTime() - putStart;
            return new GupTestResult(
                    thread,
                    repeat,
                    getNanos,
                    putNanos,
                    address - from,
                    total,
                    got,
                    task.counters().get(Counter.FAST_PAGES) - fastBefore,
                    task.counters().get(Counter.SLOW_PAGES) - slowBefore);
        } finally {
            if (locked) {
                mm.mmapReadUnlock(task);
            }
        }
    }

    private long call(final Task task, final long address, final int nrPages, final long[] pages) {
        return switch (request.call()) {
            case GUP_FAST_BENCHMARK -> gup.getUserPagesFast(task, mm, address, nrPages, request.gupFlags(), pages);
            case GUP_LONGTERM_BENCHMARK ->
                gup.getUserPages(task, mm, address, nrPages, request.gupFlags() | FollFlags.FOLL_LONGTERM, pages, null);
            case GUP_BENCHMARK -> gup.getUserPages(task, mm, address, nrPages, request.gupFlags(), pages, null);
        };
    }

    /** Unmaps everything. */
    @Override
    public void close() {
        closeAll();
    }

    private void closeAll() {
        mm.close(owner);
        if (file != null) {
            file.close();
        }
        memory.exitTask(owner);
        memory.close();
    }
}
