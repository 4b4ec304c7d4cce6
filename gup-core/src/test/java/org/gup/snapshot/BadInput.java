package org.gup.snapshot;

import static org.gup.snapshot.DumpFiles.PMD_TABLE;
import static org.gup.snapshot.DumpFiles.PTE_TABLE;
import static org.gup.snapshot.DumpFiles.PUD_TABLE;

import java.util.function.Consumer;

/**
 * One bad input.
 *
 * @param what its name
 * @param damage what is done to the small dump
 * @param message what must be said about it, a regular expression
 * @param options how it is read
 */
record BadInput(String what, Consumer<DumpFiles> damage, String message, DumpOptions options) {
    private static final String RW = "rd wr mr mw me ac ";

    @Override
    public String toString() {
        return what;
    }

    static BadInput bad(final String what, final Consumer<DumpFiles> damage, final String message) {
        return new BadInput(what, damage, message, DumpOptions.DEFAULTS.withLevels(4));
    }

    static BadInput limited(
            final String what, final Consumer<DumpFiles> damage, final DumpOptions options, final String message) {
        return new BadInput(what, damage, message, options.withLevels(4));
    }

    static BadInput pte(final String what, final long entry, final String message) {
        return bad(
                what,
                dump -> dump.entry(PTE_TABLE, 7, entry),
                "bin.gz@\\d+: entry 7 of the level 1 table 0x10000: " + message);
    }

    static BadInput pmd(final String what, final long entry, final String message) {
        return bad(
                what,
                dump -> dump.entry(PMD_TABLE, 1, entry),
                "bin.gz@\\d+: entry 1 of the level 2 table 0x11000: " + message);
    }

    static BadInput pud(final String what, final long entry, final String message) {
        return bad(
                what,
                dump -> dump.entry(PUD_TABLE, 2, entry),
                "bin.gz@\\d+: entry 2 of the level 3 table 0x12000: " + message);
    }

    static BadInput maps(final String what, final String line, final String message) {
        return bad(what, dump -> dump.vma(line, RW), "small.maps.txt:2: " + message);
    }

    static BadInput smaps(final String what, final String from, final String to, final String message) {
        return bad(what, dump -> dump.smaps = dump.smaps.replace(from, to), "small.smaps.txt.gz:\\d+: " + message);
    }
}
