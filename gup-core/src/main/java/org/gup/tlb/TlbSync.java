package org.gup.tlb;

/** What a TLB flush waits for. */
public enum TlbSync {
    /** Every flush waits for the walkers of the moment, as native x86 does with its shootdown IPI. */
    IPI_WAIT,
    /** Only the freeing of tables waits, as kernels that free tables by RCU do. */
    RCU_DEFER
}
