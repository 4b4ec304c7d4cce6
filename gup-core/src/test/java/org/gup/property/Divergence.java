package org.gup.property;

/** Where the fast call of Linux 5.2 gives another answer than the slow ones. Each must occur, or it is no exemption. */
enum Divergence {
    /** The walk sees entries, not mappings: on x86 what can be written or executed can be read. */
    NO_READ_PERMISSION,
    /** The walk does not look for signals. */
    SIGKILL,
    /** The fast call tests the whole range against the task's addresses before anything; the slow one fails at its page. */
    ABOVE_TASK_SIZE,
    /** Of the flags, the walk knows FOLL_WRITE and FOLL_LONGTERM only. */
    FLAGS_THE_WALK_IGNORES,
    /** A longterm walk takes what is mapped, CMA page or not; the slow call moves it away. */
    CMA_PAGE_LEFT,
    /** A contiguous allocation fails for a page that the walk left in place. */
    CMA_ALLOCATION_BLOCKED,
    /** A longterm call over memory before a DAX file: the fast one returns the memory, the slow one refuses all. */
    LONGTERM_DAX_PREFIX,
    /** A DAX file's page that was copied at a write is ordinary memory to the walk, and refused by its mapping. */
    LONGTERM_DAX_COPIED
}
