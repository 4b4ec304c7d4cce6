package org.gup.kernel;

/**
 * The kernel whose behaviour a model follows.
 *
 * <p>What differs between kernels becomes a named feature here, read in exactly one place of the model; there is one
 * generation so far, so there are no features yet.
 */
public enum KernelVersion {
    /** Linux 5.2: FOLL_LONGTERM exists and get_user_pages_fast takes gup_flags. */
    V5_2("v5.2");

    private final String release;

    KernelVersion(final String release) {
        this.release = release;
    }

    /**
     * The release.
     *
     * @return such as {@code v5.2}
     */
    public String release() {
        return release;
    }
}
