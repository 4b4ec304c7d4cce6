package org.gup.bench.curve;

/** A point of a curve that can be measured again and again. */
interface Probe {
    /** Which point. */
    CurveCase what();

    /** What one turn must do: known before it is measured. */
    Legs predicted();

    /**
     * Sets up, times a turn, checks what it did, and cleans up.
     *
     * @throws IllegalStateException if an answer is not the predicted one
     */
    Sample sample();

    /**
     * What a turn took.
     *
     * @param getNanos nanoseconds to get a page
     * @param putNanos nanoseconds to give one back
     */
    record Sample(double getNanos, double putNanos) {}

    /** A wrong answer is no measurement. */
    static void expect(final CurveCase what, final String quantity, final Object expected, final Object found) {
        if (!expected.equals(found)) {
            throw wrong(what, quantity, expected, found);
        }
    }

    /** What is thrown for one. */
    static IllegalStateException wrong(
            final CurveCase what, final String quantity, final Object expected, final Object found) {
        return new IllegalStateException(what.id() + ": " + quantity + ": expected " + expected + ", found " + found);
    }
}
