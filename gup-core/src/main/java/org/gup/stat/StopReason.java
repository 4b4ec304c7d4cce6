package org.gup.stat;

/** Why a fast walk ended where it did. One per walk. */
public enum StopReason {
    /** It did not stop: every page asked for was gathered. */
    NONE,
    /** The top-level entry is empty (5 levels only). */
    PGD_NONE,
    /** The fourth-level entry is empty; with 4 levels this is the top one. */
    P4D_NONE,
    /** The third-level entry is empty. */
    PUD_NONE,
    /** The second-level entry is not present. */
    PMD_NONE,
    /** The last-level entry is empty. */
    PTE_NONE,
    /** Not present, but not empty: swapped out, migrating or poisoned. */
    SWAP,
    /** Access was taken away with PROT_NONE or for a NUMA hint. */
    PROTNONE,
    /** A huge entry whose P bit a split has cleared for a moment. */
    SPLITTING,
    /** Write asked for, entry read-only. */
    READ_ONLY,
    /** Not a user entry. */
    NOT_USER,
    /** The task's protection key rights forbid it. */
    PKEY,
    /** A special entry: zero page or a frame without {@code struct page}. */
    SPECIAL,
    /** FOLL_LONGTERM on a device-mapped entry. */
    DEVMAP_LONGTERM,
    /** FOLL_LONGTERM on a page of contiguous memory; only with a guard that looks for it. */
    CMA_LONGTERM,
    /** The device behind the entry is gone; pages of its table were given back. */
    PGMAP_DEAD,
    /** The page had no references: it was being freed or was frozen. */
    REFCOUNT_ZERO,
    /** The reference count was negative: it has overflowed. */
    REFCOUNT_OVERFLOW,
    /** The entry changed between the first look and the second. */
    ENTRY_CHANGED
}
