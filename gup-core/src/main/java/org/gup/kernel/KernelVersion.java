package org.gup.kernel;

/**
 * The kernel whose behaviour a model follows: the patch series that brought FOLL_LONGTERM, before it, in the middle, after it.
 *
 * <p>What differs is a named feature, read in exactly one place of the model.
 */
public enum KernelVersion {
    /** Linux 5.1: get_user_pages_longterm() is a call of its own; the fast call takes {@code write}. */
    V5_1("v5.1", false, false),
    /** After the first patch of the series: FOLL_LONGTERM exists in the slow calls; the fast call still takes {@code write}. */
    SEED("v5.1 + patch 1", true, false),
    /** Linux 5.2: FOLL_LONGTERM in the slow and the fast call. */
    V5_2("v5.2", true, true);

    private final String release;
    private final boolean longtermFlag;
    private final boolean fastTakesFlags;

    KernelVersion(final String release, final boolean longtermFlag, final boolean fastTakesFlags) {
        this.release = release;
        this.longtermFlag = longtermFlag;
        this.fastTakesFlags = fastTakesFlags;
    }

    /**
     * The release.
     *
     * @return such as {@code v5.2}
     */
    public String release() {
        return release;
    }

    /**
     * Whether the slow calls know FOLL_LONGTERM: get_user_pages() obeys it, the other three refuse it. Without it the bit is
     * ignored, and get_user_pages_longterm() is there instead.
     *
     * @return true from the first patch of the series on
     */
    public boolean hasLongtermFlag() {
        return longtermFlag;
    }

    /**
     * Whether get_user_pages_fast() takes {@code gup_flags}. Without it the argument is {@code write}: any bit means write.
     *
     * @return true from v5.2 on
     */
    public boolean fastTakesFlags() {
        return fastTakesFlags;
    }

    /**
     * Whether a call without an array of pages goes on after a fault dropped mmap_sem. Without it the call ends there, short.
     *
     * @return true from the first patch of the series on
     */
    public boolean retriesWithoutPages() {
        return longtermFlag;
    }
}
