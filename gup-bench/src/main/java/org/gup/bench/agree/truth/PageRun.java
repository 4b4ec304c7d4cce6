package org.gup.bench.agree.truth;

/**
 * Neighbouring pages of which the same is known.
 *
 * @param pages how many
 * @param state of each
 */
public record PageRun(int pages, PageState state) {}
