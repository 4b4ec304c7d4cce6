package org.gup.stat;

/** What is counted for each task. Models the kind of lines {@code /proc/vmstat} has. */
public enum Counter {
    /** Walks of the fast path. */
    FAST_WALKS,
    /** Pages that the fast path returned. */
    FAST_PAGES,
    /** Calls that ran the slow path. */
    SLOW_CALLS,
    /** Pages that the slow path returned. */
    SLOW_PAGES,
    /** Pages given back. */
    PAGES_PUT,
    /** Faults without I/O that the slow path made. Models {@code task->min_flt} in faultin_page(). */
    GUP_MINFLT,
    /** Faults with I/O that the slow path made. Models {@code task->maj_flt} in faultin_page(). */
    GUP_MAJFLT,
    /** Faults. */
    PGFAULT,
    /** Faults that needed I/O. */
    PGMAJFAULT,
    /** Huge pages made by a fault. */
    THP_FAULT_ALLOC,
    /** Huge faults that went on with base pages for want of memory. */
    THP_FAULT_FALLBACK,
    /** Huge zero pages mapped by a fault. */
    THP_ZERO_PAGE_FAULT,
    /** Huge PMD mappings split into base-page mappings. */
    THP_SPLIT_PMD,
    /** Huge pages split into base pages. */
    THP_SPLIT_PAGE,
    /** Warnings that are given once and were given. */
    WARNINGS
}
