package org.gup.fast;

import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;

/** A lock-free walk. Lets walks that differ in one thing be measured side by side; the model itself calls {@link FastWalker}. */
@FunctionalInterface
public interface PageWalk {
    /**
     * Walks a range, as {@link FastWalker#walk} says.
     *
     * @param task who walks
     * @param root the address space
     * @param start first address, page-aligned
     * @param nrPages pages, at least 1
     * @param gupFlags {@code FOLL_*}
     * @param pages receives pfns
     * @return pages gathered, each with a reference
     */
    int walk(Task task, WalkRoot root, long start, int nrPages, int gupFlags, long[] pages);
}
