package org.gup.zone;

import static org.gup.zone.ZoneDescriptor.MAX_BLOCK_PAGES;

/**
 * Where the part of a zone begins that its free lists have not taken in yet. Stands for the deferred part of
 * {@code memmap_init_zone()}: nobody has touched a {@code struct page} behind it.
 *
 * <p>Threading: {@link #take} under the zone's lock; the word is opaque, so {@link #pages} may be asked without.
 */
final class Frontier {
    private final long word;
    private final long endPfn;

    Frontier(final long word, final long startPfn, final long endPfn) {
        this.word = word;
        this.endPfn = endPfn;
        Words.longOpaque(word, startPfn);
    }

    long pfn() {
        return Words.longOpaque(word);
    }

    long pages() {
        return endPfn - pfn();
    }

    boolean isEmpty() {
        return pfn() == endPfn;
    }

    /** First pfn of a block of the largest order that is free and on no list; the caller knows there is one. */
    long take() {
        final long pfn = pfn();
        Words.longOpaque(word, pfn + MAX_BLOCK_PAGES);
        return pfn;
    }
}
