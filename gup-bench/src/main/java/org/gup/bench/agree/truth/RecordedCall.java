package org.gup.bench.agree.truth;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call that was made on the real kernel.
 *
 * @param id name of the row: the boot, a dash, a number
 * @param setup the scene it was made in
 * @param call what was called
 * @param flags the {@code FOLL_*} names, and words about the arguments
 * @param nr pages asked for, as the kernel read it; empty if the scene could not be set
 * @param result what it returned: a number, or a word if it was not made
 * @param pinned pages held afterwards; empty if that was not looked at
 * @param cmaBefore present pages in a contiguous memory area before; -1 if unknown
 * @param cmaAfter the same afterwards
 * @param notes everything else, by name
 * @param listed address of the first page of {@code before} and {@code after}
 * @param before the range's pages before the call
 * @param after the range's pages after it, references still held
 */
public record RecordedCall(
        String id,
        String setup,
        String call,
        String flags,
        String nr,
        String result,
        String pinned,
        String cmaBefore,
        String cmaAfter,
        Map<String, String> notes,
        long listed,
        List<PageRun> before,
        List<PageRun> after) {
    /**
     * The boot it was made on.
     *
     * @return such as {@code k52plain}
     */
    public String boot() {
        return id.substring(0, id.lastIndexOf('-'));
    }

    /**
     * Whether the scene was set and the call made.
     *
     * @return false for a row without a result
     */
    public boolean wasMade() {
        return !result.contains(":");
    }

    /**
     * A note.
     *
     * @param name its name
     * @return its text, or null if it was not recorded
     */
    public @Nullable String note(final String name) {
        return notes.get(name);
    }

    /**
     * The address that was passed.
     *
     * @return any 64-bit number; 0 if the call was not made
     */
    public long address() {
        return number(notes.getOrDefault("addr", "0"));
    }

    /**
     * The flags that were passed.
     *
     * @return {@code FOLL_*} bits of 5.2
     */
    public int rawFlags() {
        return (int) number(notes.getOrDefault("rawflags", flags.contains("WRITE") ? "1" : "0"));
    }

    /**
     * How many pages the lists have.
     *
     * @return pages
     */
    public int listedPages() {
        return before.stream().mapToInt(PageRun::pages).sum();
    }

    /** A decimal number, or a hexadecimal one with {@code 0x}, of up to 64 bits. */
    static long number(final String text) {
        return text.startsWith("0x")
                ? Long.parseUnsignedLong(text.substring(2), 16)
                : text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }
}
