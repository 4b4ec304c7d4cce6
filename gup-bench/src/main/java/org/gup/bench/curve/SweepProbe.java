package org.gup.bench.curve;

import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Arrays;
import org.gup.GetUserPages;
import org.gup.mm.MmStruct;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** Calls over a range of pages that stay as they are: the whole range is got so many times, and then given back as often. */
final class SweepProbe implements Probe {
    /** What shall be walked over, and by whom. */
    record Range(PhysicalMemory memory, Task task, MmStruct mm, long start, int pages) {}

    private static final long PAGE_SIZE = 4096;

    private final CurveCase what;
    private final Range range;
    private final boolean slow;
    private final int repeats;
    private final GetUserPages gup;
    private final long[][] calls;
    private final long[] heads;
    private final long atRest;
    private final Legs predicted;

    /**
     * A probe.
     *
     * @param what which point; its pages per call divide those of the range
     * @param range what is got
     * @param slow whether {@code getUserPages} is called, mmap_sem held, instead of {@code getUserPagesFast}
     * @param repeats how often the range is got in a turn
     */
    SweepProbe(final CurveCase what, final Range range, final boolean slow, final int repeats) {
        this.what = what;
        this.range = range;
        this.slow = slow;
        this.repeats = repeats;
        this.gup = new GetUserPages(range.memory());
        this.calls = new long[range.pages() / what.pages()][what.pages()];
        this.predicted = slow ? new Legs(0, what.pages(), 1, 0) : new Legs(what.pages(), 0, 0, 0);
        get(1);
        this.heads = Arrays.stream(calls)
                .flatMapToLong(Arrays::stream)
                .map(pfn -> range.memory().memMap().head(range.memory().memMap().page(pfn)))
                .distinct()
                .toArray();
        put(1);
        this.atRest = references();
    }

    @Override
    public CurveCase what() {
        return what;
    }

    @Override
    public Legs predicted() {
        return predicted;
    }

    /** How many neighbours of the range are neighbours in memory. */
    int contiguous() {
        get(1);
        int found = 0;
        long previous = Long.MIN_VALUE;
        for (final long[] pfns : calls) {
            for (final long pfn : pfns) {
                found += pfn == previous + 1 ? 1 : 0;
                previous = pfn;
            }
        }
        put(1);
        return found;
    }

    @Override
    public Sample sample() {
        final Legs before = Legs.of(range.task());
        final long putBefore = range.task().counters().get(Counter.PAGES_PUT);
        final long getNanos = get(repeats);
        final long pages = (long) repeats * range.pages();
        Probe.expect(
                what,
                "legs",
                predicted.times((long) repeats * calls.length),
                Legs.of(range.task()).since(before));
        checkPages();
        final long putNanos = put(repeats);
        Probe.expect(what, "pages put", pages, range.task().counters().get(Counter.PAGES_PUT) - putBefore);
        Probe.expect(what, "references", atRest, references());
        return new Sample((double) getNanos / pages, (double) putNanos / pages);
    }

    private void checkPages() {
        int index = 0;
        for (final long[] pfns : calls) {
            for (final long pfn : pfns) {
                final long head =
                        range.memory().memMap().head(range.memory().memMap().page(pfn));
                if ((heads.length == range.pages() && head != heads[index])
                        || (heads.length == 1 && head != heads[0])) {
                    throw Probe.wrong(what, "page " + index + " of the range", heads[index], head);
                }
                index++;
            }
        }
    }

    private long get(final int times) {
        final int flags = what.write() ? FOLL_WRITE : 0;
        return slow ? getSlow(times, flags) : getFast(times, flags);
    }

    private long getFast(final int times, final int flags) {
        final GetUserPages gup = this.gup;
        final Task task = range.task();
        final MmStruct mm = range.mm();
        final long[][] calls = this.calls;
        long got = 0;
        final long started = System.nanoTime();
        for (int time = 0; time < times; time++) {
            long address = range.start();
            for (final long[] pfns : calls) {
                got += gup.getUserPagesFast(task, mm, address, pfns.length, flags, pfns);
                address += pfns.length * PAGE_SIZE;
            }
        }
        final long took = System.nanoTime() - started;
        Probe.expect(what, "pages got", (long) times * range.pages(), got);
        return took;
    }

    private long getSlow(final int times, final int flags) {
        final GetUserPages gup = this.gup;
        final Task task = range.task();
        final MmStruct mm = range.mm();
        final long[][] calls = this.calls;
        long got = 0;
        mm.mmapReadLock(task);
        final long started = System.nanoTime();
        for (int time = 0; time < times; time++) {
            long address = range.start();
            for (final long[] pfns : calls) {
                got += gup.getUserPages(task, mm, address, pfns.length, flags, pfns, null);
                address += pfns.length * PAGE_SIZE;
            }
        }
        final long took = System.nanoTime() - started;
        mm.mmapReadUnlock(task);
        Probe.expect(what, "pages got", (long) times * range.pages(), got);
        return took;
    }

    private long put(final int times) {
        final GetUserPages gup = this.gup;
        final Task task = range.task();
        final long started = System.nanoTime();
        for (int time = 0; time < times; time++) {
            for (final long[] pfns : calls) {
                gup.putPages(task, pfns, pfns.length);
            }
        }
        return System.nanoTime() - started;
    }

    private long references() {
        long sum = 0;
        for (final long head : heads) {
            sum += PageRef.countVolatile(head);
        }
        return sum;
    }
}
