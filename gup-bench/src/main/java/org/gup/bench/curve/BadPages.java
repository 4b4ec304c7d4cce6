package org.gup.bench.curve;

import java.util.stream.IntStream;

/** Which pages of a call are the bad ones. */
final class BadPages {
    private final int[] pages;

    private BadPages(final int[] pages) {
        this.pages = pages;
    }

    /** A share of the pages, spread evenly. */
    static BadPages share(final int percent, final int of) {
        return new BadPages(IntStream.range(0, of)
                .filter(page -> (page + 1) * percent / 100 > page * percent / 100)
                .toArray());
    }

    /** One page alone. */
    static BadPages at(final int page) {
        return new BadPages(new int[] {page});
    }

    int count() {
        return pages.length;
    }

    /** The first one; there is one. */
    int first() {
        return pages[0];
    }

    int page(final int index) {
        return pages[index];
    }

    /** How many follow each other without a gap, from one on. */
    int run(final int index) {
        int end = index + 1;
        while (end < pages.length && pages[end] == pages[end - 1] + 1) {
            end++;
        }
        return end - index;
    }
}
