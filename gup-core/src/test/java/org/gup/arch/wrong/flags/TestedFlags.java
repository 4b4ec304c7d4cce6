package org.gup.arch.wrong.flags;

import org.junit.jupiter.api.Assertions;

/** Brings a library that is not allowed. */
public final class TestedFlags {
    private TestedFlags() {}

    /**
     * Uses it.
     *
     * @param flags anything
     */
    public static void check(final int flags) {
        Assertions.assertEquals(0, flags);
    }
}
