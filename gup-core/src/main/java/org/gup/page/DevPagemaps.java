package org.gup.page;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The device ranges of a model. Models the {@code pgmap_array} behind {@code get_dev_pagemap()}. */
public final class DevPagemaps {
    private volatile DevPagemap[] ranges = {};

    /** No device ranges. */
    public DevPagemaps() {}

    /**
     * Adds a range.
     *
     * @param range one that overlaps no other
     */
    public synchronized void add(final DevPagemap range) {
        for (final DevPagemap other : ranges) {
            if (range.startPfn() < other.endPfn() && other.startPfn() < range.endPfn()) {
                throw new IllegalArgumentException("device ranges overlap: [" + range.startPfn() + ", " + range.endPfn()
                        + ") and [" + other.startPfn() + ", " + other.endPfn() + ")");
            }
        }
        final DevPagemap[] grown = Arrays.copyOf(ranges, ranges.length + 1);
        grown[grown.length - 1] = range;
        ranges = grown;
    }

    /**
     * The live range around a page, with a reference. Models {@code get_dev_pagemap()}.
     *
     * @param pfn the page
     * @param cached a range that the caller already holds a reference to, or null; kept if it contains the page,
     *     given back if not
     * @return a range to be given back with {@link DevPagemap#put}; null if there is none or it is dying
     */
    public @Nullable DevPagemap get(final long pfn, final @Nullable DevPagemap cached) {
        if (cached != null) {
            if (cached.contains(pfn)) {
                return cached;
            }
            cached.put();
        }
        for (final DevPagemap range : ranges) {
            if (range.contains(pfn)) {
                return range.tryGet() ? range : null;
            }
        }
        return null;
    }
}
