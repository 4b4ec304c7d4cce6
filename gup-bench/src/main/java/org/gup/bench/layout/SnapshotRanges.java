package org.gup.bench.layout;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.text.Glob;
import org.gup.flags.VmFlags;
import org.gup.snapshot.DumpedVma;
import org.gup.snapshot.PageStretch;
import org.gup.snapshot.ProcessSnapshot;

/** From the mappings of a process to what is asked for. */
public final class SnapshotRanges {
    /** Most empty pages of one mapping to ask for, but one for each gap: each takes a fault, and all go the same way. */
    static final long MOST_EMPTY = 1024;

    private SnapshotRanges() {}

    static List<AskedRange> of(final ProcessSnapshot snapshot) {
        final List<AskedRange> asked = new ArrayList<>();
        final List<DumpedVma> vmas = snapshot.vmas();
        for (int i = 0; i < vmas.size(); i++) {
            final DumpedVma vma = vmas.get(i);
            final String kind = kind(vma);
            final String mapping = name(vma);
            long empty = MOST_EMPTY;
            for (final PageStretch stretch : snapshot.stretches(i)) {
                long pages = stretch.pages();
                if (!stretch.held()) {
                    pages = Math.max(1, Math.min(pages, empty));
                    empty -= Math.min(empty, pages);
                }
                asked.add(new AskedRange(
                        new PageRange(stretch.start(), pages, kind), mapping, stretch.pages(), stretch.held()));
            }
        }
        return List.copyOf(asked);
    }

    /**
     * Some of the mappings.
     *
     * @param snapshot the process
     * @param only patterns of which one must fit the mapping's kind or its name
     * @return the process with these
     */
    public static ProcessSnapshot only(final ProcessSnapshot snapshot, final List<Glob> only) {
        return only.isEmpty()
                ? snapshot
                : snapshot.only(
                        vma -> only.stream().anyMatch(glob -> glob.matches(kind(vma)) || glob.matches(name(vma))));
    }

    private static String kind(final DumpedVma vma) {
        return word(vma) + " " + vma.perms();
    }

    private static String word(final DumpedVma vma) {
        if ((vma.vmFlags() & VmFlags.VM_HUGETLB) != 0) {
            return "hugetlb";
        }
        if (vma.path().startsWith("[")) {
            final int colon = vma.path().indexOf(':');
            return colon < 0 ? vma.path() : vma.path().substring(0, colon) + "]";
        }
        if (vma.isAnonymous()) {
            return "anonymous";
        }
        return vma.mayHideFrames() ? "device" : "file";
    }

    /** Where it is, and the last part of its path. */
    private static String name(final DumpedVma vma) {
        final String file = vma.path().substring(vma.path().lastIndexOf('/') + 1);
        final StringBuilder shown = new StringBuilder(
                Long.toHexString(vma.start()) + "-" + Long.toHexString(vma.end()) + " " + vma.perms());
        if (!file.isEmpty()) {
            shown.append(' ');
            file.chars().forEach(c -> shown.append(c > ' ' && c <= '~' ? (char) c : '?'));
        }
        return shown.toString();
    }
}
