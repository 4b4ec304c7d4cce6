package org.gup.zone;

/**
 * A range of pages reserved for a contiguous memory area, and lent to movable allocations until it is wanted.
 *
 * @param name the area's name
 * @param startPfn first pfn, a multiple of 1024
 * @param pages how many, a multiple of 1024
 */
public record CmaRange(String name, long startPfn, long pages) {
    /**
     * One past the last pfn.
     *
     * @return a pfn
     */
    public long endPfn() {
        return startPfn + pages;
    }

    /**
     * Whether a page is in the range.
     *
     * @param pfn any number
     * @return true if it is
     */
    public boolean contains(final long pfn) {
        return pfn >= startPfn && pfn < endPfn();
    }
}
