package org.gup.bench.error;

/** A benchmark gave a wrong answer, or its JVM died. {@link ExitStatus#FAILURE}. */
public final class BenchmarkFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * A failed benchmark.
     *
     * @param message one line that names the benchmark and what was wrong
     * @param cause what it threw
     */
    public BenchmarkFailedException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
