package org.gup.task;

/** Where a task can be made to fail, as {@code /proc/PID/fail-nth} makes a thread of Linux. */
public enum FaultPoint {
    /** An allocation of pages. Models {@code fail_page_alloc}. */
    PAGE_ALLOC,
    /** The array of mappings of a longterm call. Models {@code failslab}. */
    SCRATCH
}
