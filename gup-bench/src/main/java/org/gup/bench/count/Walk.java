package org.gup.bench.count;

import java.util.Locale;

/** Calls whose cost is so much for each page and so much for each call. */
public enum Walk {
    /** The fast walk over 4 KiB pages. */
    FAST("fast walk, 4 KiB pages"),
    /** The fast walk over one 2 MiB page. */
    FAST_HUGE("fast walk, a 2 MiB page"),
    /** The slow walk over 4 KiB pages. */
    SLOW("slow walk, 4 KiB pages"),
    /** The slow walk over one 2 MiB page. */
    SLOW_HUGE("slow walk, a 2 MiB page"),
    /** Giving pages back. */
    PUT("put");

    private final String label;

    Walk(final String label) {
        this.label = label;
    }

    /**
     * What a reader calls it.
     *
     * @return a few words
     */
    public String label() {
        return label;
    }

    /**
     * The id of its case.
     *
     * @return letters, dashes and a slash
     */
    public String id() {
        return CountForks.PREFIX + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the pages are those of one huge page. */
    boolean isHuge() {
        return this == FAST_HUGE || this == SLOW_HUGE;
    }
}
