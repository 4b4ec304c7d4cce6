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
    /** Calls of {@code __get_user_pages()}, the loop inside the slow path. */
    SLOW_INNER_CALLS,
    /** mmap_sem taken for read. */
    MMAP_SEM_DOWN_READ,
    /** mmap_sem given back after reading. */
    MMAP_SEM_UP_READ,
    /** Drains of every CPU's pagevecs. Models calls of {@code lru_add_drain_all()}. */
    LRU_ADD_DRAIN_ALL,
    /** Base pages allocated one at a time. */
    ALLOC_ORDER_0,
    /** Blocks of 512 pages allocated. */
    ALLOC_ORDER_9,
    /** Calls of {@code migrate_pages()}. */
    MIGRATE_CALLS,
    /** Pages that were migrated, a huge page counting once. */
    PGMIGRATE_SUCCESS,
    /** Pages that could not be migrated, a huge page counting once. */
    PGMIGRATE_FAIL,
    /** Waits for a migration entry to go. */
    MIGRATION_ENTRY_WAITS,
    /** Pages of another owner that were copied at a write. */
    COW_COPIES,
    /** Pages that a write found to be its own. */
    COW_REUSES,
    /** Pages written to swap. */
    PSWPOUT,
    /** Pages read from swap. */
    PSWPIN,
    /** Mappings that reverse mapping has replaced by an entry of another kind, migration apart. */
    RMAP_REPLACED,
    /** Warnings that are given once and were given. */
    WARNINGS
}
