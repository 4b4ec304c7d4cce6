package org.gup.snapshot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Joins leaves that are alike into ranges. */
final class PresentRanges {
    private final List<DumpedRange> ranges = new ArrayList<>();
    private @Nullable DumpedRange open;

    private PresentRanges() {}

    static List<DumpedRange> of(final LeafEnumerator leaves, final List<DumpedVma> vmas) {
        final PresentRanges joined = new PresentRanges();
        for (final DumpedVma vma : vmas) {
            leaves.forEach(vma.start(), vma.end(), leaf -> joined.add(leaf, vma));
            joined.close();
        }
        return List.copyOf(joined.ranges);
    }

    private void add(final DumpedLeaf leaf, final DumpedVma vma) {
        if (leaf.kind() != LeafKind.PRESENT || !leaf.isUser()) {
            close();
            return;
        }
        final DumpedRange before = open;
        if (before != null
                && before.endVa() == leaf.address()
                && before.level() == leaf.level()
                && before.writable() == leaf.isWritable()
                && before.device() == leaf.device()
                && before.special() == leaf.isSpecial()) {
            open = range(before.startVa(), before.nrPages() + leaf.nrPages(), leaf, vma);
        } else {
            close();
            open = range(leaf.address(), leaf.nrPages(), leaf, vma);
        }
    }

    private static DumpedRange range(
            final long startVa, final long nrPages, final DumpedLeaf leaf, final DumpedVma vma) {
        return new DumpedRange(startVa, nrPages, leaf.level(), leaf.isWritable(), leaf.device(), leaf.isSpecial(), vma);
    }

    private void close() {
        if (open != null) {
            ranges.add(open);
            open = null;
        }
    }
}
