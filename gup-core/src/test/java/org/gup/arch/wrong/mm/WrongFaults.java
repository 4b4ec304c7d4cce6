package org.gup.arch.wrong.mm;

/** What page faults would be. */
public final class WrongFaults {
    private WrongFaults() {}

    /**
     * Would fault.
     *
     * @param address anything
     * @return anything
     */
    public static long handle(final long address) {
        return address;
    }
}
