package org.gup.zone;

import java.util.List;

/**
 * The books of a model's memory, as an audit found them: every page of every zone is free, or referenced, or lost.
 *
 * <p>Made by {@link PhysicalMemory#audit}. Exact when nobody is inside the model meanwhile.
 *
 * @param totalPages pages of all zones
 * @param deferredPages free pages that no list has taken in yet
 * @param listedPages free pages found by walking the free lists
 * @param referencedPages pages in use: with a reference, or part of a compound page with one
 * @param poolPages pages of the hugetlb pool that nobody has
 * @param lostPages pages neither free nor referenced: frozen for a moment, or leaked
 * @param references references to the pages in use, added up over base pages and heads
 * @param activePages pages found by walking the active LRU lists
 * @param inactivePages pages found by walking the inactive LRU lists
 * @param unevictablePages pages found by walking the unevictable LRU list
 * @param pagevecPages pages that wait on pagevecs, for addition or activation, each with a reference held for that
 * @param deviceReferences references to devices' pages, beyond the one that an idle one has
 * @param zeroPageReferences references to the zero page, beyond its own
 * @param problems what does not add up, in words, at most 20; empty if all is well
 */
public record MemoryAudit(
        long totalPages,
        long deferredPages,
        long listedPages,
        long referencedPages,
        long poolPages,
        long lostPages,
        long references,
        long activePages,
        long inactivePages,
        long unevictablePages,
        long pagevecPages,
        long deviceReferences,
        long zeroPageReferences,
        List<String> problems) {

    /**
     * Free pages.
     *
     * @return deferred and listed ones
     */
    public long freePages() {
        return deferredPages + listedPages;
    }

    /**
     * Pages that are not free.
     *
     * @return referenced ones, those of the hugetlb pool, and lost ones
     */
    public long usedPages() {
        return referencedPages + poolPages + lostPages;
    }

    /**
     * Whether the books balance: free and used pages make up the total, none is lost, no free page is referenced or
     * carries flags, and every list agrees with its count and with the pages' flags.
     *
     * @return true if nothing is wrong
     */
    public boolean balanced() {
        return problems.isEmpty() && lostPages == 0 && freePages() + usedPages() == totalPages;
    }
}
