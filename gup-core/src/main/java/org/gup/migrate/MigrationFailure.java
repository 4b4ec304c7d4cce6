package org.gup.migrate;

/** Why a page was not moved. */
public enum MigrationFailure {
    /** It is on no LRU list: in a pagevec of its own, or taken off by somebody else. It was never given to migration. */
    NOT_ISOLATED,
    /** Somebody else holds its lock. Waited for from the fourth try on. */
    LOCKED,
    /** It is being written back. Waited for from the fourth try on. */
    WRITEBACK,
    /** Its buffers belong to nobody's file any more. */
    ORPHANED,
    /** Not all of its mappings could be taken away. */
    STILL_MAPPED,
    /** Somebody else has a reference to it: a pin is one. */
    EXTRA_REFERENCE,
    /** There was no frame to move it to, and, if it is huge, it could not be split. Ends the migration. */
    NO_MEMORY,
    /** It was not tried any more, since the migration had ended for want of memory. */
    GIVEN_UP
}
