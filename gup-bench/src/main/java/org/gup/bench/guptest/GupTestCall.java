package org.gup.bench.guptest;

/** What is measured: the commands that 5.2 has. */
public enum GupTestCall {
    /** {@code get_user_pages_fast}. */
    GUP_FAST_BENCHMARK,
    /** {@code get_user_pages} with {@code FOLL_LONGTERM}, mmap_sem held all the time. */
    GUP_LONGTERM_BENCHMARK,
    /** {@code get_user_pages}, mmap_sem held all the time. */
    GUP_BENCHMARK
}
