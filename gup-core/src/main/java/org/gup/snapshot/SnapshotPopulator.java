package org.gup.snapshot;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Makes the mappings and the pages of a snapshot.
 *
 * <pre>
 *   mappings with anonymous pages that another process shares: map, populate these pages, fork
 *   the other mappings: map
 *   all: populate the other pages; swap out; permissions and advice as in the snapshot
 * </pre>
 *
 * Pages for contiguous memory are populated last within a step. While pages are populated, every mapping may be written to.
 */
final class SnapshotPopulator {
    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final @Nullable CmaPlacement placement;
    private final Deque<MmStruct> sharers;
    private final List<String> notes;
    private final List<SnapshotMapping> mappings;
    private final SnapshotMapper mapper;
    /** By mapping: which aligned 2 MiB, counted from that of its start, are huge pages. */
    private final BitSet[] huge;

    private long failed;
    private long kept;
    private long missingHuge;

    SnapshotPopulator(
            final ProcessSnapshot snapshot,
            final PhysicalMemory memory,
            final Task task,
            final MmStruct mm,
            final @Nullable CmaPlacement placement,
            final Deque<MmStruct> sharers,
            final List<String> notes) {
        this.memory = memory;
        this.task = task;
        this.mm = mm;
        this.placement = placement;
        this.sharers = sharers;
        this.notes = notes;
        this.mappings = snapshot.mappings();
        this.mapper = new SnapshotMapper(snapshot, memory, task, mm);
        this.huge = new BitSet[mappings.size()];
        for (int i = 0; i < huge.length; i++) {
            huge[i] = HugeRanges.of(mappings.get(i));
            missingHuge += Math.max(
                    0, mappings.get(i).details().anonHugeKb() / (HPAGE_PMD_SIZE >>> 10) - huge[i].cardinality());
        }
    }

    void populate() {
        final BitSet sharing = new BitSet();
        for (int i = 0; i < mappings.size(); i++) {
            if (mappings.get(i).runs().stream().anyMatch(new Sharing(mappings.get(i))::isShared)) {
                sharing.set(i);
                mapper.map(i);
            }
        }
        if (!sharing.isEmpty()) {
            step(true);
            final MmStruct sharer = mm.fork(task);
            if (sharer == null) {
                throw new IllegalStateException("no memory for the other process: free pages=" + memory.freePages());
            }
            sharers.push(sharer);
        }
        for (int i = 0; i < mappings.size(); i++) {
            if (!sharing.get(i)) {
                mapper.map(i);
            }
        }
        step(false);
        for (int i = 0; i < mappings.size(); i++) {
            swapOut(mappings.get(i));
            mapper.finish(i);
        }
        memory.lruvec().drainAll(task);
        notes.addAll(mapper.notes());
        note(failed, "pages could not be populated, and are empty.");
        note(kept, "pages that are in swap stayed in memory.");
        note(
                missingHuge,
                "huge pages that smaps counts were not found, or not to be had: base pages took their place.");
    }

    private void note(final long number, final String what) {
        if (number > 0) {
            notes.add(number + " " + what);
        }
    }

    private void step(final boolean shared) {
        pages(shared, false);
        final CmaPlacement chosen = placement;
        if (chosen != null) {
            memory.lruvec().drainAll(task);
            chosen.begin(memory, task);
            pages(shared, true);
            chosen.end();
        }
    }

    /** One sweep over all pages of one kind. */
    private void pages(final boolean shared, final boolean contiguous) {
        for (int i = 0; i < mappings.size(); i++) {
            final SnapshotMapping mapping = mappings.get(i);
            final Sharing sharing = new Sharing(mapping);
            if (!huge[i].isEmpty()) {
                hugePages(mapping, sharing, huge[i], shared, contiguous);
            }
            for (final PageRun run : mapping.runs()) {
                if (sharing.isShared(run) == shared) {
                    run(i, sharing, run, contiguous);
                }
            }
        }
    }

    private boolean isContiguous(final long address) {
        return placement != null && placement.isContiguous(address);
    }

    private void hugePages(
            final SnapshotMapping mapping,
            final Sharing sharing,
            final BitSet ranges,
            final boolean shared,
            final boolean contiguous) {
        final DumpedVma vma = mapping.vma();
        final long first = vma.start() & -HPAGE_PMD_SIZE;
        final long bytes = vma.end() - vma.start();
        mm.changeVmFlags(task, vma.start(), bytes, VmFlags.VM_HUGEPAGE, 0);
        for (int range = ranges.nextSetBit(0); range >= 0; range = ranges.nextSetBit(range + 1)) {
            final long address = first + range * HPAGE_PMD_SIZE;
            if (isContiguous(address) == contiguous && sharing.isSharedAt(address) == shared) {
                final long made = task.counters().get(Counter.THP_FAULT_ALLOC);
                fault(address, FAULT_FLAG_WRITE);
                if (task.counters().get(Counter.THP_FAULT_ALLOC) == made) {
                    ranges.clear(range);
                    missingHuge++;
                }
            }
        }
        mm.changeVmFlags(task, vma.start(), bytes, 0, VmFlags.VM_HUGEPAGE);
    }

    private void run(final int index, final Sharing sharing, final PageRun run, final boolean contiguous) {
        final SnapshotMapping mapping = mappings.get(index);
        final boolean hugetlb = ProcessAddressSpace.isHugetlb(mapping);
        final long step = hugetlb ? HPAGE_PMD_SIZE : PAGE_SIZE;
        final long firstHuge = mapping.vma().start() / HPAGE_PMD_SIZE;
        final int faultFlags = sharing.isZeroPage(run) || !mapper.isWritten(index, run) ? 0 : FAULT_FLAG_WRITE;
        for (long address = run.start() & -step; address < run.end(); address += step) {
            if (isContiguous(address) == contiguous && !huge[index].get((int) (address / HPAGE_PMD_SIZE - firstHuge))) {
                fault(address, faultFlags);
            }
        }
    }

    private void fault(final long address, final int faultFlags) {
        mm.mmapReadLock(task);
        try {
            final VmArea vma = mm.findVma(address);
            if (vma == null || !vma.contains(address)) {
                failed++;
                return;
            }
            failed += (mm.handleMmFault(task, vma, address, faultFlags) & VM_FAULT_ERROR) == 0 ? 0 : 1;
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    private void swapOut(final SnapshotMapping mapping) {
        for (final PageRun run : mapping.runs()) {
            if (run.swap()) {
                kept += run.nrPages() - mm.swapOut(task, run.start(), run.nrPages());
            }
        }
    }

    /** Which pages of a mapping belong to another process too. */
    private static final class Sharing {
        private final SnapshotMapping mapping;
        private final boolean isPrivate;
        private final boolean someUncounted;

        Sharing(final SnapshotMapping mapping) {
            this.mapping = mapping;
            this.isPrivate = (mapping.vma().vmFlags() & VmFlags.VM_SHARED) == 0
                    && !mapping.vma().mayHideFrames()
                    && !ProcessAddressSpace.isHugetlb(mapping);
            this.someUncounted = mapping.details().rssKb() < 4 * mapping.presentPages();
        }

        private boolean isForeign(final PageRun run) {
            return isPrivate && run.present() && !run.file() && !run.exclusive();
        }

        boolean isZeroPage(final PageRun run) {
            return isForeign(run)
                    && (run.kpageflags() == 0 ? someUncounted : (run.kpageflags() & PageRun.KPF_ZERO_PAGE) != 0);
        }

        boolean isShared(final PageRun run) {
            return isForeign(run) && !isZeroPage(run);
        }

        boolean isSharedAt(final long address) {
            for (final PageRun run : mapping.runs()) {
                if (run.end() > address) {
                    return isShared(run);
                }
            }
            return false;
        }
    }
}
