package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

/**
 * Neighbouring pages of a process in the same state, as {@code /proc/PID/pagemap} tells it; in consecutive frames, if the
 * frames are known.
 *
 * @param start first address
 * @param nrPages base pages, positive
 * @param pfn frame of the first; {@link #NO_PFN} if it is not known or there is none
 * @param present in memory
 * @param swap in swap, migrating or poisoned: not present, and not empty
 * @param file belongs to a file or to shared memory
 * @param exclusive mapped once
 * @param kpageflags {@code KPF_*} bits; 0 if they are not known
 * @param kpagecount how often mapped; -1 if it is not known
 */
record PageRun(
        long start,
        long nrPages,
        long pfn,
        boolean present,
        boolean swap,
        boolean file,
        boolean exclusive,
        long kpageflags,
        long kpagecount) {
    static final long NO_PFN = -1;

    /** {@code KPF_DIRTY}. */
    static final long KPF_DIRTY = 1L << 4;
    /** {@code KPF_SWAPBACKED}: anonymous, or of a file in memory. */
    static final long KPF_SWAPBACKED = 1L << 14;
    /** {@code KPF_ZERO_PAGE}. */
    static final long KPF_ZERO_PAGE = 1L << 24;

    long end() {
        return start + (nrPages << PAGE_SHIFT);
    }

    boolean held() {
        return present || swap;
    }

    /** The part of it inside a range that it overlaps. */
    PageRun clip(final long from, final long to) {
        final long first = Math.max(start, from);
        final long pages = (Math.min(end(), to) - first) >>> PAGE_SHIFT;
        return new PageRun(
                first,
                pages,
                pfn == NO_PFN ? NO_PFN : pfn + ((first - start) >>> PAGE_SHIFT),
                present,
                swap,
                file,
                exclusive,
                kpageflags,
                kpagecount);
    }

    /** Whether another run goes on where this one ends, in the same state. */
    boolean continues(final PageRun next) {
        return next.start == end()
                && (pfn == NO_PFN ? next.pfn == NO_PFN : next.pfn == pfn + nrPages)
                && present == next.present
                && swap == next.swap
                && file == next.file
                && exclusive == next.exclusive
                && kpageflags == next.kpageflags
                && kpagecount == next.kpagecount;
    }

    PageRun longer(final long more) {
        return new PageRun(start, nrPages + more, pfn, present, swap, file, exclusive, kpageflags, kpagecount);
    }
}
