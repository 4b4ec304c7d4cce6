package org.gup.page;

import static org.gup.page.PageDescriptor.REFCOUNT_OFFSET;

import org.agrona.UnsafeApi;
import org.gup.offheap.Checks;

/**
 * References to a page: the only writer of {@code _refcount}. Models {@code include/linux/page_ref.h}.
 *
 * <p>Every method takes the address of the hot record of a head or base page. Each read-modify-write is a full fence: a
 * walker's {@code tryGet} followed by its volatile second look at the entry is one half of a Dekker pair, an unmapper's
 * atomic clear followed by {@link #countVolatile} the other; release and acquire would not do.
 *
 * <p>Progress: lock-free.
 */
public final class PageRef {
    private PageRef() {}

    /**
     * The count, opaque: a hint.
     *
     * @param page address of a hot record
     * @return references
     */
    public static int countOpaque(final long page) {
        return UnsafeApi.getIntOpaque(null, word(page));
    }

    /**
     * The count, volatile: to be compared after an entry was cleared.
     *
     * @param page address of a hot record
     * @return references
     */
    public static int countVolatile(final long page) {
        return UnsafeApi.getIntVolatile(null, word(page));
    }

    /**
     * Takes references unless the page is free, frozen or overflown. Models {@code page_cache_add_speculative()} behind
     * {@code try_get_compound_head()}.
     *
     * @param page address of a hot record
     * @param references how many, positive
     * @return whether they were taken
     */
    public static boolean tryGet(final long page, final int references) {
        final long word = word(page);
        while (true) {
            final int seen = UnsafeApi.getIntOpaque(null, word);
            if (seen <= 0) {
                return false;
            }
            if (UnsafeApi.compareAndSetInt(null, word, seen, seen + references)) {
                return true;
            }
        }
    }

    /**
     * Takes references to a page that the caller knows to be alive. Models {@code get_page()}, {@code page_ref_add()}.
     *
     * @param page address of a hot record
     * @param references how many
     */
    public static void get(final long page, final int references) {
        UnsafeApi.getAndAddInt(null, word(page), references);
    }

    /**
     * Gives references back. Models {@code page_ref_sub_and_test()}.
     *
     * @param page address of a hot record
     * @param references how many
     * @return whether they were the last: the caller then frees the page
     * @throws IllegalStateException if the page did not have so many; they are then not taken away
     */
    public static boolean putAndTest(final long page, final int references) {
        final int before = UnsafeApi.getAndAddInt(null, word(page), -references);
        if (before >= 0 && before < references) {
            UnsafeApi.getAndAddInt(null, word(page), references);
            throw new IllegalStateException(
                    "put of a page without that many references: _refcount=" + before + ", put=" + references);
        }
        return before == references;
    }

    /**
     * Takes the count from an expected value to 0, after which nobody can take a reference. Models
     * {@code page_ref_freeze()}.
     *
     * @param page address of a hot record
     * @param expected the only count at which it succeeds
     * @return whether it is frozen now
     */
    public static boolean freeze(final long page, final int expected) {
        return UnsafeApi.compareAndSetInt(null, word(page), expected, 0);
    }

    /**
     * Ends a freeze. Models {@code page_ref_unfreeze()}; release, so that what was changed while frozen is seen.
     *
     * @param page address of a hot record
     * @param references the new count
     */
    public static void unfreeze(final long page, final int references) {
        UnsafeApi.putIntRelease(null, word(page), references);
    }

    /**
     * Sets the count of a page that nobody else can reach. Models {@code set_page_count()}. A walker that still holds a
     * stale entry may take and give back a reference at any time after; the count is then exact again.
     *
     * @param page address of a hot record
     * @param references the new count
     */
    public static void init(final long page, final int references) {
        UnsafeApi.putIntRelease(null, word(page), references);
    }

    private static long word(final long page) {
        if (Checks.ENABLED) {
            Checks.access(page, PageDescriptor.HOT_LENGTH);
        }
        return page + REFCOUNT_OFFSET;
    }
}
