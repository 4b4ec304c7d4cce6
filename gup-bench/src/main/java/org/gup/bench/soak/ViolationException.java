package org.gup.bench.soak;

/** Something that must always hold did not. */
public final class ViolationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * What was violated.
     *
     * @param message thread, step, what was expected, what was found
     */
    public ViolationException(final String message) {
        super(message);
    }

    ViolationException(final String message, final Throwable cause) {
        super(message, cause);
    }

    static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new ViolationException(
                    what + ": expected 0x" + Long.toHexString(expected) + ", found 0x" + Long.toHexString(found));
        }
    }
}
