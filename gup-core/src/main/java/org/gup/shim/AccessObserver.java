package org.gup.shim;

import org.jspecify.annotations.Nullable;

/**
 * Is told of every access that one thread makes to off-heap memory (and to the words of the walker epoch, which lie in an
 * array). Must not make such accesses itself while it is told, unless it takes itself off first.
 */
public interface AccessObserver {
    /**
     * The access is about to be made.
     *
     * @param kind how
     * @param base the array, or null for raw memory
     * @param address the raw address, or the offset in the array; 0 for a fence
     * @param bytes how many
     */
    void before(AccessKind kind, @Nullable Object base, long address, long bytes);

    /** The access has been made; arguments as for {@link #before}. */
    default void after(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {}
}
