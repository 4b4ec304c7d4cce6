package org.gup.bench.error;

/** The statuses that the program ends with. */
public final class ExitStatus {
    /** Done. */
    public static final int DONE = 0;
    /** A benchmark failed: its answer was wrong, or its JVM died. */
    public static final int FAILURE = 1;
    /** Wrong usage, bad input, a limit or the environment. */
    public static final int USAGE = 2;
    /** A rule of {@code --fail-on} was broken. */
    public static final int REGRESSION = 3;
    /** Runs that may not be compared. */
    public static final int NOT_COMPARABLE = 4;
    /** A rule could not be decided, and that was asked to count. */
    public static final int INCONCLUSIVE = 5;
    /** Interrupted, as by Ctrl-C. */
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
