package org.gup.snapshot;

import java.util.List;

/**
 * A mapping of a process and the pages it holds.
 *
 * @param vma the mapping
 * @param details what smaps says of it
 * @param runs pages in memory or in swap, ascending; the others are empty
 */
record SnapshotMapping(DumpedVma vma, MappingDetails details, List<PageRun> runs) {
    long presentPages() {
        return runs.stream()
                .filter(PageRun::present)
                .mapToLong(PageRun::nrPages)
                .sum();
    }

    long swappedPages() {
        return runs.stream().filter(PageRun::swap).mapToLong(PageRun::nrPages).sum();
    }
}
