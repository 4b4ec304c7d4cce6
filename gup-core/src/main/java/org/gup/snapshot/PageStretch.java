package org.gup.snapshot;

/**
 * Neighbouring pages of a mapping that all hold something, or are all empty.
 *
 * @param start first address
 * @param pages base pages
 * @param held whether they are in memory or in swap
 */
public record PageStretch(long start, long pages, boolean held) {}
