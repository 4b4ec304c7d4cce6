package org.gup.snapshot;

import java.util.Map;
import org.gup.flags.VmFlags;

/** The two-letter codes of the {@code VmFlags:} line of smaps. Models {@code show_smap_vma_flags()}. */
final class VmFlagCodes {
    private static final Map<String, Long> BITS = Map.ofEntries(
            Map.entry("rd", VmFlags.VM_READ),
            Map.entry("wr", VmFlags.VM_WRITE),
            Map.entry("ex", VmFlags.VM_EXEC),
            Map.entry("sh", VmFlags.VM_SHARED),
            Map.entry("mr", VmFlags.VM_MAYREAD),
            Map.entry("mw", VmFlags.VM_MAYWRITE),
            Map.entry("me", VmFlags.VM_MAYEXEC),
            Map.entry("ms", VmFlags.VM_MAYSHARE),
            Map.entry("gd", VmFlags.VM_GROWSDOWN),
            Map.entry("um", VmFlags.VM_UFFD_MISSING),
            Map.entry("pf", VmFlags.VM_PFNMAP),
            Map.entry("uw", VmFlags.VM_UFFD_WP),
            Map.entry("lo", VmFlags.VM_LOCKED),
            Map.entry("io", VmFlags.VM_IO),
            Map.entry("dc", VmFlags.VM_DONTCOPY),
            Map.entry("lf", VmFlags.VM_LOCKONFAULT),
            Map.entry("ht", VmFlags.VM_HUGETLB),
            Map.entry("mm", VmFlags.VM_MIXEDMAP),
            Map.entry("hg", VmFlags.VM_HUGEPAGE),
            Map.entry("nh", VmFlags.VM_NOHUGEPAGE));

    private VmFlagCodes() {}

    /** Whether text has the form of a code. Kernels add codes, so it need not be one that is known. */
    static boolean wellFormed(final String code) {
        return code.length() == 2 && isCodeLetter(code.charAt(0)) && isCodeLetter(code.charAt(1));
    }

    /** {@code ??} is what kernels print for a flag without a name. */
    private static boolean isCodeLetter(final char c) {
        return (c >= 'a' && c <= 'z') || c == '?';
    }

    /** The flag of a code; 0 for one that has no meaning to the model. */
    static long bit(final String code) {
        return BITS.getOrDefault(code, 0L);
    }
}
