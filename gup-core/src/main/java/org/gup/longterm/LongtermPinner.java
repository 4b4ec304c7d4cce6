package org.gup.longterm;

import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.Errno.EOPNOTSUPP;

import org.gup.migrate.MigrationListener;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.PageList;
import org.gup.slow.SlowWalker;
import org.gup.stat.OnceWarnings;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The slow walk for pins that last. Models {@code __gup_longterm_locked()}, mm/gup.c, v5.2, and, which is the same but for its
 * caller, {@code get_user_pages_longterm()} of v5.1.
 *
 * <p>Assumptions: the caller holds the address space's {@code mmap_sem}, which is kept throughout, and has entered the model.
 * Progress: blocking. Allocates nothing once the task has made a call as large.
 */
public final class LongtermPinner {
    /** Most pages of a call without an array of mappings: as many pointers as the largest block of pages holds. */
    static final int MAX_PAGES = 1 << 19;

    private final MemMap memMap;
    private final SlowWalker slowWalker;
    private final OnceWarnings warnings;
    /** Null without CONFIG_CMA. */
    private final @Nullable CmaMigrator cmaMigrator;

    private final boolean configFsDax;
    /** Whether the walk leaves it to this class to look at the mappings, which then are collected. */
    private final boolean checksVmas;

    /**
     * A pinner over one memory.
     *
     * @param memory the memory
     * @param slowWalker the walk
     * @param warnings where to warn
     * @param configCma whether pages are taken out of contiguous memory areas. Models CONFIG_CMA
     * @param configFsDax whether mappings of DAX file systems are refused. Models CONFIG_FS_DAX
     * @param unsignedResult whether a negative result after a migration is taken for a number of pages, and thrown
     * @param listener who hears of the phases, or null
     */
    public LongtermPinner(
            final PhysicalMemory memory,
            final SlowWalker slowWalker,
            final OnceWarnings warnings,
            final boolean configCma,
            final boolean configFsDax,
            final boolean unsignedResult,
            final @Nullable MigrationListener listener) {
        this.memMap = memory.memMap();
        this.slowWalker = slowWalker;
        this.warnings = warnings;
        this.cmaMigrator = configCma ? new CmaMigrator(memory, slowWalker, listener, unsignedResult) : null;
        this.configFsDax = configFsDax;
        this.checksVmas = configFsDax && !slowWalker.refusesFsDax();
    }

    /**
     * What is wrong with the arguments before anything is looked at: what {@link #getUserPages} would answer.
     *
     * @param task who asks
     * @param nrPages pages, unsigned
     * @param pages the array for pages
     * @param vmas the array for mappings
     * @return 0; -EINVAL without an array for pages; -ENOMEM without memory for an array of mappings, where one is needed
     */
    public int refusal(
            final Task task,
            final long nrPages,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        if (isOrdinary()) {
            return 0;
        }
        if (pages == null) {
            return -EINVAL;
        }
        if (vmas != null || slowWalker.refusesFsDax()) {
            return 0;
        }
        if (Long.compareUnsigned(nrPages, MAX_PAGES) > 0) {
            if (nrPages > 0 && nrPages < 1L << 60) {
                // What is larger still overflows the size and never reaches the page allocator.
                warnings.warn(
                        task.counters(),
                        OnceWarnings.Site.ALLOC_PAGES,
                        "no block of pages for " + nrPages + " pointers");
            }
            return -ENOMEM;
        }
        return task.shouldFail(FaultPoint.SCRATCH) ? -ENOMEM : 0;
    }

    /**
     * Gets pages that may be held for long.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held, and still is afterwards
     * @param start first address; need not be aligned
     * @param nrPages pages, not refused by {@link #refusal}
     * @param gupFlags {@code FOLL_*}
     * @param pages receives pfns
     * @param offset index of the first page in both arrays
     * @param vmas receives the mapping of each page; null if not wanted
     * @return pages, or a negated errno: those of the slow walk, and -EOPNOTSUPP for a DAX file system
     */
    public long getUserPages(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas) {
        if (pages == null || isOrdinary()) {
            return slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, offset, vmas, null);
        }
        final LongtermScratch scratch = LongtermScratch.of(task, memMap);
        if (vmas != null || slowWalker.refusesFsDax()) {
            return pin(task, mm, start, nrPages, gupFlags, pages, offset, vmas, scratch.list());
        }
        final int end = (int) (offset + nrPages);
        try {
            return pin(task, mm, start, nrPages, gupFlags, pages, offset, scratch.vmas(end), scratch.list());
        } finally {
            scratch.clearVmas(offset, end);
        }
    }

    private long pin(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long[] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] areas,
            final PageList list) {
        final boolean nocma = task.memallocNocma(true);
        final long got;
        try {
            got = slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, offset, areas, null);
        } finally {
            // Before anything is migrated: what is pinned again may fault in CMA memory.
            task.memallocNocma(nocma);
        }
        if (got <= 0) {
            return got;
        }
        if (checksVmas && areas != null && DaxVmaCheck.anyIsFsDax(areas, offset, got)) {
            for (int i = 0; i < got; i++) {
                memMap.put(task, memMap.page(pages[offset + i]), 1);
            }
            return -EOPNOTSUPP;
        }
        return cmaMigrator == null
                ? got
                : cmaMigrator.checkAndMigrate(task, mm, start, got, gupFlags, pages, offset, areas, list);
    }

    /** Without both configurations a longterm call is an ordinary one. */
    private boolean isOrdinary() {
        return cmaMigrator == null && !configFsDax;
    }
}
