package org.gup.bench.layout;

import org.gup.GetUserPages;
import org.gup.stat.StopReason;

/** Looks at pages by the lock-free walk, which changes nothing. Every reference taken is given back. */
final class LockFreeLook {
    private static final int PAGES_PER_WALK = 512;

    private final ModelledProcess process;
    private final GetUserPages gup;
    private final boolean write;
    private final long[] pages = new long[PAGES_PER_WALK];
    private long lastPfn = Long.MIN_VALUE;
    private long frameRuns;

    LockFreeLook(final ModelledProcess process, final GetUserPages gup, final boolean write) {
        this.process = process;
        this.gup = gup;
        this.write = write;
    }

    /** Why the walk stops at each page; NONE for those it takes. */
    StopReason[] stops(final PageRange range) {
        final StopReason[] stops = new StopReason[Math.toIntExact(range.pages())];
        int page = 0;
        while (page < stops.length) {
            final int asked = Math.min(PAGES_PER_WALK, stops.length - page);
            final int got =
                    gup.getUserPagesFastOnly(process.task(), process.mm(), range.address(page), asked, write, pages);
            gup.putPages(process.task(), pages, got);
            for (int i = 0; i < got; i++) {
                stops[page++] = StopReason.NONE;
                frameRuns += pages[i] == lastPfn + 1 ? 0 : 1;
                lastPfn = pages[i];
            }
            if (got < asked) {
                stops[page++] = GetUserPages.lastStop(process.task());
            }
        }
        return stops;
    }

    /** Runs of consecutive frames that the pages so far are in. */
    long frameRuns() {
        return frameRuns;
    }
}
