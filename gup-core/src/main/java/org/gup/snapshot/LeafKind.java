package org.gup.snapshot;

/** What an entry at the end of a walk is. */
public enum LeafKind {
    /** A page that the hardware may use. */
    PRESENT,
    /** A page whose access was taken away: P clear, frame kept. */
    PROTNONE,
    /** A huge leaf whose P bit a split had cleared for a moment. */
    SPLITTING,
    /** A page that was swapped out. */
    SWAP,
    /** A page that was being migrated. */
    MIGRATION,
    /** A page that has failed. */
    HWPOISON,
    /** Not present, of a swap type that is neither a swap file's nor one of the above. */
    OTHER_SWAP_TYPE,
    /** A run of empty entries of one level. */
    NONE;

    /**
     * Whether an entry of this kind holds a page in place.
     *
     * @return true if the entry has a frame of its own
     */
    public boolean hasFrame() {
        return this == PRESENT || this == PROTNONE || this == SPLITTING;
    }
}
