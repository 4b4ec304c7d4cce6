/**
 * Internal. When memory that a lock-free walker may still hold an address of can be used again:
 * {@link org.gup.tlb.WalkerEpoch}, and the batches that unmapping frees by, {@link org.gup.tlb.MmuGather}.
 */
@NullMarked
package org.gup.tlb;

import org.jspecify.annotations.NullMarked;
