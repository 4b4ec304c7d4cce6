package org.gup.bench.error;

/** Runs may not be compared, merged or continued: something differs that matters. {@link ExitStatus#NOT_COMPARABLE}. */
public final class NotComparableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A difference that matters.
     *
     * @param message one line that says what differs
     */
    public NotComparableException(final String message) {
        super(message);
    }
}
