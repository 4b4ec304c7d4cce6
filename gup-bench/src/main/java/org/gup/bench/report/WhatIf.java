package org.gup.bench.report;

import org.gup.bench.error.BadInputException;

/**
 * What a model cannot feel, as a supposition of the reader's: what a TLB flush that interrupts other CPUs, and a drain of every
 * CPU's pagevecs, would cost. Their numbers are counted; these are their prices. Immutable.
 *
 * @param ipiNanos nanoseconds of a flush's interrupts; 0 for none supposed
 * @param drainNanos nanoseconds of a drain of all CPUs; 0 for none supposed
 */
public record WhatIf(double ipiNanos, double drainNanos) {
    /** Nothing is supposed: no columns. */
    public static final WhatIf NOTHING = new WhatIf(0, 0);

    /**
     * Checks both.
     *
     * @throws BadInputException if one is negative, infinite or no number
     */
    public WhatIf {
        check("--ipi-ns", ipiNanos);
        check("--drain-ns", drainNanos);
    }

    private static void check(final String option, final double nanos) {
        if (!Double.isFinite(nanos) || nanos < 0) {
            throw new BadInputException("bad " + option + " '" + nanos + "': expected nanoseconds, 0 or more");
        }
    }

    /**
     * Whether anything is supposed.
     *
     * @return false if both are 0
     */
    public boolean isSupposed() {
        return ipiNanos > 0 || drainNanos > 0;
    }
}
