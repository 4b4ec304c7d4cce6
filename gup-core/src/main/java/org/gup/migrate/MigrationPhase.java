package org.gup.migrate;

/** Where a migration is, in the order in which it gets there. */
public enum MigrationPhase {
    /** Every CPU's pagevecs are about to be drained. */
    DRAIN,
    /** Pages are about to be taken off the LRU. */
    ISOLATE,
    /** The caller's own references are about to be dropped. */
    PUT,
    /** A frame is about to be allocated for one page. */
    ALLOCATE,
    /** The page's mappings are about to be replaced by migration entries; both pages are locked. */
    UNMAP,
    /** Nothing maps the page; its count is about to be compared, and its contents copied. */
    COPY,
    /** The migration entries are about to be replaced: by the new page if it was moved, by the old one if not. */
    REMAP,
    /** A page that was not moved is about to go back to the LRU. */
    PUTBACK,
    /** The pages are about to be looked up and referenced again. */
    REPIN
}
