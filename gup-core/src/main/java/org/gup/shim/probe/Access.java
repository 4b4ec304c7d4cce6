package org.gup.shim.probe;

import org.gup.shim.AccessKind;

/**
 * One access, as a {@link Probe} saw it.
 *
 * @param kind how
 * @param word to what
 * @param address the raw address, or the offset in the epoch's array
 */
public record Access(AccessKind kind, Word word, long address) {
    @Override
    public String toString() {
        return kind + " " + word;
    }
}
