package org.gup.cma;

import static org.gup.flags.Errno.EBUSY;
import static org.gup.flags.Errno.EINTR;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;

import java.util.BitSet;
import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationTarget;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.gup.zone.CmaRange;
import org.gup.zone.Gfp;
import org.gup.zone.Lruvec;
import org.gup.zone.PageIsolation;
import org.gup.zone.PhysicalMemory;

/**
 * A range of memory out of which contiguous blocks are taken, and which is lent to movable pages meanwhile. Models
 * {@code struct cma}, mm/cma.c, and {@code alloc_contig_range()}, mm/page_alloc.c, v5.2.
 *
 * <p>An allocation sets the pageblocks around its range aside, migrates the pages in it elsewhere, and takes the range when
 * every page of it is free. One page with a reference that migration cannot explain, such as a long-term pin, keeps every
 * range that contains it from being allocated, for as long as it is held.
 *
 * <p>Differs: one bit for each page; clean pages of the page cache are migrated, where the kernel drops them. As in 5.2, huge
 * pages are not migrated: they make a range busy.
 *
 * <p>Threading: any thread. The monitor guards the bitmap; ranges are set aside one at a time in a machine, which models
 * {@code cma_mutex}. Progress: blocking.
 */
public final class CmaArea {
    /** How often the pages of a batch are migrated before the range is given up. */
    private static final int TRIES = 5;
    /** Pages isolated at a time. Models {@code COMPACT_CLUSTER_MAX}. */
    private static final int BATCH = 32;
    /** Pageblocks are set aside in blocks of the largest order. */
    private static final long ALIGN = 1024;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final Lruvec lruvec;
    private final PageIsolation isolation;
    private final MigratePages migrator;
    private final CmaRange range;
    private final int count;
    private final BitSet bitmap;
    /** Guarded by the machine's isolation. */
    private final PageList isolated;

    private final MigrationTarget target = this::elsewhere;

    private long tries;
    private long busy;
    private long successes;
    private long failures;

    /**
     * An area of which nothing is allocated. At most one should be made for a range.
     *
     * @param memory the machine
     * @param range one of its {@link PhysicalMemory#cmaRanges}
     * @param migrator moves pages away
     * @throws IllegalArgumentException if the machine has no such range
     */
    public CmaArea(final PhysicalMemory memory, final CmaRange range, final MigratePages migrator) {
        if (!memory.cmaRanges().contains(range)) {
            throw new IllegalArgumentException("no CMA range of this machine: " + range);
        }
        this.memory = memory;
        this.memMap = memory.memMap();
        this.lruvec = memory.lruvec();
        this.isolation = memory.isolation();
        this.migrator = migrator;
        this.range = range;
        this.count = Math.toIntExact(range.pages());
        this.bitmap = new BitSet(count);
        this.isolated = new PageList(memMap);
    }

    /**
     * Takes a contiguous block. Models {@code cma_alloc()}: positions are tried from the lowest free one on, the next one when
     * a page of the last one cannot be moved.
     *
     * @param task who wants it; a pending SIGKILL makes it give up
     * @param pages how many
     * @param alignOrder log2 of the pages that the first pfn is a multiple of, 0 to 30
     * @return pfn of the first page, each with one reference; -1 if there is no such block
     * @throws IllegalArgumentException if the order is out of range
     * @throws IllegalStateException if the model is closed
     */
    public long alloc(final Task task, final long pages, final int alignOrder) {
        if (alignOrder < 0 || alignOrder > 30) {
            throw new IllegalArgumentException("alignOrder out of range: " + alignOrder + ", allowed 0 to 30");
        }
        if (pages <= 0 || pages > count) {
            return -1;
        }
        memory.epoch().enterCall(task);
        try {
            return allocInside(task, (int) pages, alignOrder);
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    private long allocInside(final Task task, final int pages, final int alignOrder) {
        int from = 0;
        while (true) {
            final int bit = reserve(from, pages, alignOrder);
            if (bit < 0) {
                break;
            }
            final long pfn = range.startPfn() + bit;
            final int result;
            synchronized (isolation) {
                result = allocContigRange(task, pfn, pfn + pages);
            }
            if (result == 0) {
                count(1, 0, 1);
                return pfn;
            }
            clear(bit, pages);
            count(1, result == -EBUSY ? 1 : 0, 0);
            if (result != -EBUSY) {
                break;
            }
            from = bit + (1 << alignOrder);
        }
        synchronized (this) {
            failures++;
        }
        return -1;
    }

    private synchronized void count(final int triesMore, final int busyMore, final int successesMore) {
        tries += triesMore;
        busy += busyMore;
        successes += successesMore;
    }

    /** Marks the first run of clear bits from one on as allocated; -1 if there is none. */
    private synchronized int reserve(final int from, final int pages, final int alignOrder) {
        final long mask = (1L << alignOrder) - 1;
        long bit = from;
        while (true) {
            bit = bitmap.nextClearBit((int) bit);
            bit = ((range.startPfn() + bit + mask) & ~mask) - range.startPfn();
            if (bit + pages > count) {
                return -1;
            }
            final int set = bitmap.nextSetBit((int) bit);
            if (set < 0 || set >= bit + pages) {
                bitmap.set((int) bit, (int) bit + pages);
                return (int) bit;
            }
            bit = set + 1L;
        }
    }

    private synchronized void clear(final int bit, final int pages) {
        bitmap.clear(bit, bit + pages);
    }

    /** Takes a range of pages: 0, -EBUSY if one cannot be moved away, or another error. */
    private int allocContigRange(final Task task, final long start, final long end) {
        final long alignedStart = start & -ALIGN;
        final long alignedEnd = (end + ALIGN - 1) & -ALIGN;
        if (!isolation.start(task, alignedStart, alignedEnd, Migratetype.CMA)) {
            return -EBUSY;
        }
        try {
            final int result = migrateRange(task, start, end);
            if (result != 0 && result != -EBUSY) {
                return result;
            }
            // Busy pages may have been given back since; whether all are free is decided here.
            lruvec.drainAll(task);
            return isolation.take(task, start, end) ? 0 : -EBUSY;
        } finally {
            isolation.undo(task, alignedStart, alignedEnd, Migratetype.CMA);
        }
    }

    /** Models {@code __alloc_contig_migrate_range()}. */
    private int migrateRange(final Task task, final long start, final long end) {
        lruvec.drainAll(task);
        long pfn = start;
        int batchTries = 0;
        int result = 0;
        while (pfn < end || !isolated.isEmpty()) {
            if (task.fatalSignalPending()) {
                result = -EINTR;
                break;
            }
            if (isolated.isEmpty()) {
                pfn = isolate(pfn, end);
                batchTries = 0;
            } else if (++batchTries == TRIES) {
                result = result < 0 ? result : -EBUSY;
                break;
            }
            result = isolated.isEmpty() ? 0 : migrator.migratePages(task, isolated, target);
        }
        if (result < 0) {
            migrator.putbackMovablePages(task, isolated);
            return result;
        }
        return 0;
    }

    /** Somewhere else: the range's own pageblocks are set aside. Models {@code alloc_migrate_target()}. */
    private long elsewhere(final Task task, final long headPfn) {
        return memory.allocPages(task, Gfp.GFP_MOVABLE, 0);
    }

    /** Isolates pages from one on, up to a batch; answers where to go on. Models {@code isolate_migratepages_range()}. */
    private long isolate(final long start, final long end) {
        long pfn = start;
        while (pfn < end && isolated.size() < BATCH) {
            final int flags = PageDescriptor.flagsVolatile(memMap.page(pfn));
            if ((flags & PG_HEAD) != 0) {
                pfn += 1L << memMap.compoundOrder(pfn);
                continue;
            }
            if ((flags & PG_LRU) != 0 && !isPinnedAnon(pfn, flags) && lruvec.isolate(pfn)) {
                isolated.add(pfn);
                lruvec.countIsolated((flags & PG_SWAPBACKED) == 0, 1);
            }
            pfn++;
        }
        return pfn;
    }

    /** More references than mappings, and no cache that could be the cause: a migration would fail. */
    private boolean isPinnedAnon(final long pfn, final int flags) {
        final boolean cached = (flags & PG_SWAPCACHE) != 0
                || ((flags & PG_ANON) == 0 && PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET) != 0);
        return !cached && PageRef.countVolatile(memMap.page(pfn)) > memMap.pteMapcount(pfn);
    }

    /**
     * Gives a block back. Models {@code cma_release()}.
     *
     * @param task who gives it back
     * @param pfn first page, within what {@link #alloc} returned
     * @param pages how many
     * @return false, nothing done, if not all of it is allocated from this area
     * @throws IllegalStateException if the model is closed
     */
    public boolean release(final Task task, final long pfn, final long pages) {
        if (pages <= 0 || !range.contains(pfn) || pages > range.endPfn() - pfn) {
            return false;
        }
        final int bit = (int) (pfn - range.startPfn());
        memory.epoch().enterCall(task);
        try {
            synchronized (this) {
                final int clear = bitmap.nextClearBit(bit);
                if (clear < bit + pages) {
                    return false;
                }
            }
            for (long page = pfn; page < pfn + pages; page++) {
                memMap.put(task, memMap.page(page), 1);
            }
            clear(bit, (int) pages);
            return true;
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Pages that are allocated, or about to be.
     *
     * @return pages
     */
    public synchronized long usedPages() {
        return bitmap.cardinality();
    }

    /**
     * The longest run of pages that are not allocated, whoever uses them.
     *
     * @return pages
     */
    public synchronized long largestFreeRun() {
        long largest = 0;
        for (int clear = bitmap.nextClearBit(0); clear < count; ) {
            final int set = bitmap.nextSetBit(clear);
            final int end = set < 0 ? count : set;
            largest = Math.max(largest, end - clear);
            clear = bitmap.nextClearBit(end);
        }
        return largest;
    }

    /**
     * Positions that were tried.
     *
     * @return calls of {@code alloc_contig_range()}
     */
    public synchronized long tries() {
        return tries;
    }

    /**
     * Positions that were tried in vain, because a page there could not be moved.
     *
     * @return how many
     */
    public synchronized long busy() {
        return busy;
    }

    /**
     * Blocks that were handed out.
     *
     * @return how many
     */
    public synchronized long successes() {
        return successes;
    }

    /**
     * Requests that were not met, though the area is large enough.
     *
     * @return how many
     */
    public synchronized long failures() {
        return failures;
    }

    @Override
    public String toString() {
        return "CmaArea[" + range.name() + ", " + usedPages() + " of " + count + " pages used]";
    }
}
