package org.gup.longterm;

/**
 * Thrown where Linux 5.2 takes the negative result of pinning again, after a migration, for a number of pages, and runs off the
 * end of the array. Only with {@code unsignedMigrationResult(true)}.
 */
public final class UnsignedResultException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    /** The errno, negated. */
    private final long result;

    /**
     * For a result.
     *
     * @param result a negated errno
     */
    public UnsignedResultException(final long result) {
        super("the result " + result + " was taken for " + Long.toUnsignedString(result) + " pages");
        this.result = result;
    }

    /**
     * The result that a kernel with the error corrected returns.
     *
     * @return a negated errno
     */
    public long result() {
        return result;
    }
}
