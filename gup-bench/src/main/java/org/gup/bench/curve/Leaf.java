package org.gup.bench.curve;

import java.util.Locale;

/** What maps a page. */
enum Leaf {
    /** An ordinary page by a PTE. */
    BASE("4K"),
    /** A part of a transparent huge page, after its PMD was split: by a PTE, and still compound. */
    PTE_MAPPED_HUGE("PTE-mapped 2M"),
    /** A part of a transparent huge page by a PMD. */
    HUGE("2M PMD"),
    /** A part of a device-DAX mapping by a PMD. */
    DEVICE("device-dax 2M");

    private final String label;

    Leaf(final String label) {
        this.label = label;
    }

    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String label() {
        return label;
    }
}
