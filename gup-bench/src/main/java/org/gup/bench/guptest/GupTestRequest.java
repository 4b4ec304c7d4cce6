package org.gup.bench.guptest;

/**
 * What is asked for, as the kernel's tool has it.
 *
 * @param call what is measured
 * @param sizeBytes of the area, whole pages
 * @param pagesPerCall pages of one call; negative for all of them
 * @param gupFlags {@code FOLL_*}
 * @param backing what is mapped
 * @param shared MAP_SHARED
 * @param advice transparent huge pages
 * @param prefault whether every page is written first
 * @param warmUp whether the calls are compiled first
 */
public record GupTestRequest(
        GupTestCall call,
        long sizeBytes,
        long pagesPerCall,
        int gupFlags,
        Backing backing,
        boolean shared,
        Advice advice,
        boolean prefault,
        boolean warmUp) {
    /** Bytes of a page. */
    public static final long PAGE_BYTES = 4096;

    /** What is mapped. */
    public enum Backing {
        /** {@code /dev/zero}: anonymous memory. */
        ZERO,
        /** A file in the page cache of a disk file system. */
        FILE,
        /** Huge pages of hugetlbfs. */
        HUGETLB
    }

    /** Advice about transparent huge pages. */
    public enum Advice {
        /** None. */
        DEFAULT,
        /** MADV_HUGEPAGE. */
        HUGEPAGE,
        /** MADV_NOHUGEPAGE. */
        NOHUGEPAGE
    }

    /**
     * Pages of the area.
     *
     * @return at least 1
     */
    public int pages() {
        return Math.toIntExact(sizeBytes / PAGE_BYTES);
    }

    /**
     * Pages of one call.
     *
     * @return 1 to {@link #pages}
     */
    public int step() {
        return pagesPerCall < 0 ? pages() : (int) Math.min(pagesPerCall, pages());
    }
}
