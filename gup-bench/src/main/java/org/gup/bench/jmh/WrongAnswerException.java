package org.gup.bench.jmh;

/** What a benchmark did is not what it should have done: its time means nothing. */
public final class WrongAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A wrong answer.
     *
     * @param message what was expected and what was found
     */
    public WrongAnswerException(final String message) {
        super(message);
    }

    static void check(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new WrongAnswerException(what + ": expected " + expected + ", found " + found);
        }
    }
}
