package org.gup.bench.error;

/** The statuses that the program ends with. */
public final class ExitStatus {
    /** Done. */
    public static final int DONE = 0;
    /** A benchmark failed: its answer was wrong, or its JVM died. */
    public static final int FAILURE = 1;
    /** Wrong usage, bad input, a limit or the environment. */
    public static final int USAGE = 2;
    /** Interrupted, as by Ctrl-C. */
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
