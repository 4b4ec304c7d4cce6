package org.gup.stat;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/**
 * Warnings that are given once for each place. Models {@code WARN_ON_ONCE()}, with the message kept instead of printed.
 *
 * <p>Threading: any thread; of several that warn at once, one does. A place that has warned costs one volatile read.
 */
public final class OnceWarnings {
    /** Places that warn. */
    public enum Site {
        /** FOLL_LONGTERM in get_user_pages_locked(). */
        GET_USER_PAGES_LOCKED,
        /** FOLL_LONGTERM in get_user_pages_unlocked(). */
        GET_USER_PAGES_UNLOCKED,
        /** FOLL_LONGTERM in get_user_pages_remote(). */
        GET_USER_PAGES_REMOTE,
        /** An array of mappings larger than the largest block of pages, in __alloc_pages_nodemask(). */
        ALLOC_PAGES,
        /** A negative count, in gup_pgd_range(). */
        GUP_PGD_RANGE,
        /** A count that is 0 or negative, in follow_page_pte(). */
        FOLLOW_PAGE_PTE
    }

    private static final Site[] SITES = Site.values();

    private final AtomicReferenceArray<String> given = new AtomicReferenceArray<>(SITES.length);

    /** No warnings yet. */
    public OnceWarnings() {}

    /**
     * Gives a warning unless this place has given one since the last reset; counts {@link Counter#WARNINGS} then.
     *
     * @param counters who counts it: the caller's own
     * @param site the place
     * @param message what to say
     */
    @SuppressWarnings("EnumOrdinal") // an index into an array of this class
    public void warn(final Counters counters, final Site site, final String message) {
        if (given.get(site.ordinal()) == null && given.compareAndSet(site.ordinal(), null, message)) {
            counters.add(Counter.WARNINGS, 1);
        }
    }

    /**
     * The warnings given since the last reset, in the order of the places.
     *
     * @return a copy
     */
    public List<String> given() {
        return IntStream.range(0, given.length())
                .mapToObj(given::get)
                .filter(Objects::nonNull)
                .toList();
    }

    /** Forgets the warnings given: each place may warn once more. */
    public void reset() {
        for (int i = 0; i < given.length(); i++) {
            given.set(i, null);
        }
    }
}
