package org.gup.bench.curve;

import java.util.Locale;

/** What may be the matter with a page of 4 KiB, beside ordinary ones. */
enum BadKind {
    /** Never touched since its contents were dropped: the slow path faults in a new one. */
    ABSENT("absent", true, true, true),
    /** Write-protected, and asked for to be written: the slow path makes it writable. */
    READ_ONLY("write-protected", true, true, true),
    /** Access taken away by NUMA balancing: the slow path gives it back. */
    PROTNONE("protnone", true, true, true),
    /** The zero page, which has the special bit: the slow path takes it as it is. */
    SPECIAL("zero page", false, true, false),
    /** A page of a DAX file: the walk takes it, at the price of looking its device up. */
    DEVMAP("devmap", false, false, false);

    private final String label;
    private final boolean write;
    private final boolean stops;
    private final boolean faults;

    BadKind(final String label, final boolean write, final boolean stops, final boolean faults) {
        this.label = label;
        this.write = write;
        this.stops = stops;
        this.faults = faults;
    }

    /** The part of an id. */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String label() {
        return label;
    }

    /** Whether pages are asked for to be written. */
    boolean write() {
        return write;
    }

    /** What a call must do. */
    Legs legs(final BadPages bad, final int pages) {
        if (!stops || bad.count() == 0) {
            return new Legs(pages, 0, 0, 0);
        }
        return new Legs(bad.first(), pages - bad.first(), 1, faults ? bad.count() : 0);
    }
}
