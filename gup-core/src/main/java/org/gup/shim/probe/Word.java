package org.gup.shim.probe;

/** What a word of off-heap memory is. */
public enum Word {
    /** {@code _refcount} of a page. */
    REFCOUNT,
    /** {@code flags} of a page. */
    FLAGS,
    /** {@code compound_head} of a page. */
    COMPOUND_HEAD,
    /** A page's cold record, but for the page-table lock. */
    COLD,
    /** The lock of a page table. */
    TABLE_LOCK,
    /** An entry of a page table; a whole table, when it is filled. */
    ENTRY,
    /** A task's word in the walker epoch. */
    EPOCH,
    /** A CPU's pagevec and its lock. */
    PAGEVEC,
    /** The LRU lists and their lock. */
    LRU,
    /** The zones and their locks. */
    ZONE,
    /** The lock over reverse mappings. */
    RMAP_LOCK,
    /** mmap_sem of an address space that the probe was told of. */
    MMAP_SEM,
    /** Contents of a page frame. */
    FRAME,
    /** A fence touches no word. */
    NONE,
    /** None of these. */
    OTHER
}
