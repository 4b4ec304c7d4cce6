package org.gup.snapshot;

/**
 * A named range of a dumped address space, from its {@code layout.csv}.
 *
 * @param start first address
 * @param end one past the last
 * @param what its name
 */
public record DumpedRegion(long start, long end, String what) {}
