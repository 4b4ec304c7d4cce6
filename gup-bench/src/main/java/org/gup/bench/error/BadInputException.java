package org.gup.bench.error;

/** What was asked for cannot be done: the input, a limit or the environment is at fault. {@link ExitStatus#USAGE}. */
public final class BadInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A fault of the input.
     *
     * @param message one line that quotes the value
     */
    public BadInputException(final String message) {
        super(message);
    }
}
