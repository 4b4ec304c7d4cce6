package org.gup.bench.curve;

import java.util.List;

/** A machine with what the points of one family or two are measured on. */
interface Scene extends AutoCloseable {
    /** Every point, in the order of the tables. */
    List<Probe> probes();

    /**
     * Frees everything.
     *
     * @throws IllegalStateException if the books do not balance
     */
    @Override
    void close();
}
