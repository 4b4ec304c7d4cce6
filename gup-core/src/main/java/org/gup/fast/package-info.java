/**
 * Internal, but for {@link org.gup.fast.LeafGuard}. The lock-free walk, gup-fast.
 *
 * <p>It may import {@code tlb}, {@code pgtable}, {@code page}, {@code task}, {@code stat}, {@code kernel} and
 * {@code flags} only: what it cannot name (a lock on the address space, a fault, an allocator) it cannot do.
 */
@NullMarked
package org.gup.fast;

import org.jspecify.annotations.NullMarked;
