package org.gup.bench.report;

/** What a real kernel's own paths cost against each other, and where that is known from. */
final class KernelReference {
    /** The slow path against the fast path. */
    static final String SLOW_TO_FAST = "3.3 to 6.8";

    /** Where the ratio comes from. */
    static final String SOURCE =
            "The real kernel's ratio, " + SLOW_TO_FAST + ", was measured from user space on a 6.18 kernel"
                    + " (KVM guest, AMD EPYC): MADV_POPULATE_READ on present 4K pages (slow path, 176 to 246 ns/page) against the"
                    + " slope of vmsplice between 1 and 256 pages per call (fast path, 36 to 53 ns/page).";

    /** What a model's numbers are. */
    static final String DISCLAIMER = "A model's nanoseconds are not a kernel's: read the ratios.";

    private KernelReference() {}
}
