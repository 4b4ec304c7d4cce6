package org.gup.arch.wrong.page;

import org.agrona.UnsafeApi;

/** Uses raw access where that is allowed. */
public final class RawPage {
    private RawPage() {}

    /**
     * Reads a word.
     *
     * @param address where
     * @return the word
     */
    public static long read(final long address) {
        return UnsafeApi.getLong(address);
    }
}
