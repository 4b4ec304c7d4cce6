package org.gup.bench;

import org.gup.bench.report.WhatIf;
import picocli.CommandLine.Option;

/** What the reader supposes of what a model cannot feel; for the commands that write reports. */
final class WhatIfOptions {
    @Option(
            names = "--ipi-ns",
            paramLabel = "N",
            description =
                    "Suppose that a TLB flush, with its interrupts to other CPUs, costs N ns: the calls that migrate get"
                            + " columns that add N for each flush counted. A shootdown takes microseconds; batching 99.1 %% of"
                            + " them away made migration 3.9 times as fast (Linux 6.3, 2 sockets).")
    private double ipiNanos;

    @Option(
            names = "--drain-ns",
            paramLabel = "N",
            description =
                    "Suppose that a drain of all CPUs' pagevecs costs N ns, and add it likewise. It waits for a worker on"
                            + " each CPU; no figure is published.")
    private double drainNanos;

    /**
     * What is supposed.
     *
     * @return nothing without the options
     * @throws org.gup.bench.error.BadInputException if a number is negative, infinite or none
     */
    WhatIf whatIf() {
        return new WhatIf(ipiNanos, drainNanos);
    }
}
