package org.gup.arch.wrong.misc;

/** In a package without a rank. */
public final class Stray {
    private Stray() {}
}
