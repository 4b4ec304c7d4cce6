package org.gup.bench.layout;

/**
 * A range of pages that may be asked for.
 *
 * @param start first address
 * @param pages how many
 * @param what what it is, for reports
 */
public record PageRange(long start, long pages, String what) {
    /** Bytes of a base page. */
    public static final long PAGE_BYTES = 4096;

    /**
     * Address of one of its pages.
     *
     * @param index from 0
     * @return the address
     */
    public long address(final long index) {
        return start + index * PAGE_BYTES;
    }
}
