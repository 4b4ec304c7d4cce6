package org.gup.file;

import java.util.concurrent.atomic.AtomicInteger;

/** How many mappings a file has, and whether it goes with the last one. Models {@code f_count}. */
final class MappingCount {
    private final AtomicInteger mappings = new AtomicInteger();
    private volatile boolean closesWithLast;

    MappingCount() {}

    void closeWithLast() {
        closesWithLast = true;
    }

    void add() {
        mappings.getAndIncrement();
    }

    /** True if that was the last one of a file that goes with it. */
    boolean remove() {
        return mappings.decrementAndGet() == 0 && closesWithLast;
    }
}
