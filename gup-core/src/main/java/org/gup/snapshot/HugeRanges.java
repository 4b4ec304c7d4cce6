package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.BitSet;

/**
 * Where the huge pages of anonymous memory are. {@code pagemap} does not tell a huge entry from 512 small ones; smaps counts
 * them. A range can be one if it is aligned to 2 MiB, all of it is there and anonymous, and, where frames are known, lies in
 * 2 MiB of consecutive frames. The first of these are taken, as many as smaps counts.
 */
final class HugeRanges {
    private static final long HUGE_PAGES = HPAGE_PMD_SIZE >>> PAGE_SHIFT;

    private HugeRanges() {}

    /** Bits count aligned 2 MiB from that of the mapping's start. */
    static BitSet of(final SnapshotMapping mapping) {
        final BitSet ranges = new BitSet();
        final long wanted = mapping.details().anonHugeKb() / (HPAGE_PMD_SIZE >>> 10);
        if (!mapping.vma().isAnonymous() || wanted == 0) {
            return ranges;
        }
        final long first = mapping.vma().start() / HPAGE_PMD_SIZE;
        long found = 0;
        long from = -1;
        long next = -1;
        long nextPfn = PageRun.NO_PFN;
        for (final PageRun run : mapping.runs()) {
            if (!run.present() || run.file()) {
                from = -1;
                continue;
            }
            final boolean goesOn = from >= 0 && run.start() == next && run.pfn() == nextPfn;
            if (!goesOn) {
                from = run.start();
            }
            next = run.end();
            nextPfn = run.pfn() == PageRun.NO_PFN ? PageRun.NO_PFN : run.pfn() + run.nrPages();
            final long pfn =
                    run.pfn() == PageRun.NO_PFN ? PageRun.NO_PFN : run.pfn() - ((run.start() - from) >>> PAGE_SHIFT);
            for (long range = Math.max((from + HPAGE_PMD_SIZE - 1) / HPAGE_PMD_SIZE, run.start() / HPAGE_PMD_SIZE);
                    (range + 1) * HPAGE_PMD_SIZE <= next && found < wanted;
                    range++) {
                if (isAligned(pfn, (range * HPAGE_PMD_SIZE - from) >>> PAGE_SHIFT)) {
                    ranges.set((int) (range - first));
                    found++;
                }
            }
        }
        return ranges;
    }

    private static boolean isAligned(final long pfn, final long page) {
        return pfn == PageRun.NO_PFN || (pfn + page) % HUGE_PAGES == 0;
    }
}
