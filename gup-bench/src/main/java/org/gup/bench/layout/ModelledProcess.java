package org.gup.bench.layout;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.gup.mm.AddressSpaceBuilder;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.snapshot.CmaPlacement;
import org.gup.snapshot.DumpedAddressSpace;
import org.gup.snapshot.DumpedRegion;
import org.gup.snapshot.DumpedVma;
import org.gup.snapshot.PageTableDump;
import org.gup.snapshot.ProcessAddressSpace;
import org.gup.snapshot.ProcessSnapshot;
import org.gup.snapshot.SnapshotException;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** An address space in a memory of its own, and the task that it belongs to. */
public final class ModelledProcess implements AutoCloseable {
    /** Pages of a synthetic address space: one page table full of base pages, or one huge page. */
    public static final int SYNTHETIC_PAGES = 512;

    /** Somewhere in the middle of the user half, aligned to 1 GiB. */
    private static final long SYNTHETIC_START = 0x10_0000_0000L;

    private final PhysicalMemory memory;
    private final Task task;
    private final MmStruct mm;
    private final List<PageRange> ranges;
    private final List<AskedRange> asked;
    private final List<String> notes;
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    private ModelledProcess(
            final PhysicalMemory memory,
            final Task task,
            final MmStruct mm,
            final List<AskedRange> asked,
            final List<PageRange> ranges,
            final List<String> notes) {
        this.memory = memory;
        this.task = task;
        this.mm = mm;
        this.asked = asked;
        this.ranges = ranges;
        this.notes = notes;
    }

    /**
     * Builds an address space.
     *
     * @param layout which
     * @return the process, to be closed by the caller
     */
    public static ModelledProcess open(final Layout layout) {
        if (layout.isProcess()) {
            try {
                return ofSnapshot(layout.snapshot(), null);
            } catch (final SnapshotException unusable) {
                throw layout.unusable(unusable);
            }
        }
        if (layout.isDump()) {
            return ofDump(layout.dump());
        }
        if (layout.equals(Layout.BASE_PAGES)) {
            return synthetic(false);
        }
        if (layout.equals(Layout.HUGE_PAGE)) {
            return synthetic(true);
        }
        throw new IllegalArgumentException(
                "layout must be 4K, 2M, or one of " + Layout.FORMS + ": layout=" + layout.name());
    }

    private static ModelledProcess synthetic(final boolean huge) {
        final PhysicalMemory memory = PhysicalMemory.builder().build();
        final Task task = memory.newTask(0);
        final AddressSpaceBuilder builder = AddressSpaceBuilder.on(memory, task)
                .anonymous(SYNTHETIC_START, SYNTHETIC_PAGES, Mman.PROT_READ | Mman.PROT_WRITE);
        final MmStruct mm = (huge ? builder.hugePages() : builder).populate().build();
        // A page that waits on a pagevec has one reference more than later: not during a measurement.
        memory.lruvec().drainAll(task);
        final PageRange all = new PageRange(SYNTHETIC_START, SYNTHETIC_PAGES, "anonymous, written");
        final ModelledProcess process =
                new ModelledProcess(memory, task, mm, AskedRange.all(List.of(all)), List.of(all), List.of());
        process.owned.push(memory);
        process.owned.push(mm);
        return process;
    }

    private static ModelledProcess ofDump(final PageTableDump dump) {
        final DumpedAddressSpace dumped = DumpedAddressSpace.open(dump);
        final PhysicalMemory memory = dumped.memory();
        final List<PageRange> ranges = rangesOf(dump);
        final ModelledProcess process =
                new ModelledProcess(memory, memory.newTask(0), dumped.mm(), AskedRange.all(ranges), ranges, List.of());
        process.owned.push(dumped);
        return process;
    }

    /**
     * Builds the address space of a process.
     *
     * @param snapshot the process
     * @param placement which pages are in contiguous memory; null for none
     * @return the process, to be closed by the caller
     * @throws SnapshotException if it is too large
     */
    public static ModelledProcess ofSnapshot(final ProcessSnapshot snapshot, final @Nullable CmaPlacement placement) {
        final ProcessAddressSpace space = ProcessAddressSpace.open(snapshot, placement);
        final PhysicalMemory memory = space.memory();
        final List<AskedRange> asked = SnapshotRanges.of(snapshot);
        final ModelledProcess process = new ModelledProcess(
                memory,
                memory.newTask(0),
                space.mm(),
                asked,
                asked.stream().filter(AskedRange::held).map(AskedRange::range).toList(),
                space.notes());
        process.owned.push(space);
        return process;
    }

    /** One range for each mapping below the end of user space; named by the dump's own region, else by what is mapped. */
    private static List<PageRange> rangesOf(final PageTableDump dump) {
        final List<PageRange> ranges = new ArrayList<>();
        for (final DumpedVma vma : dump.vmas()) {
            if (vma.end() > 0 && vma.end() <= dump.geometry().taskSize()) {
                ranges.add(new PageRange(vma.start(), vma.nrPages(), nameOf(vma, dump.regions())));
            }
        }
        return List.copyOf(ranges);
    }

    private static String nameOf(final DumpedVma vma, final List<DumpedRegion> regions) {
        for (final DumpedRegion region : regions) {
            if (region.start() < vma.end() && vma.start() < region.end()) {
                return region.what();
            }
        }
        if (vma.path().startsWith("[")) {
            return vma.path();
        }
        return (vma.path().isEmpty() ? "anonymous " : "file ") + vma.perms();
    }

    /**
     * The memory.
     *
     * @return the one model that everything here belongs to
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The task.
     *
     * @return the one that asks
     */
    public Task task() {
        return task;
    }

    /**
     * The address space.
     *
     * @return of the task
     */
    public MmStruct mm() {
        return mm;
    }

    /**
     * What may be asked for.
     *
     * @return the mappings, ascending; of a process the parts of them that hold something
     */
    public List<PageRange> ranges() {
        return ranges;
    }

    /**
     * What to ask for to learn of all pages.
     *
     * @return ranges, ascending
     */
    public List<AskedRange> asked() {
        return asked;
    }

    /**
     * What differs from the real one.
     *
     * @return sentences
     */
    public List<String> notes() {
        return notes;
    }

    @Override
    public void close() {
        memory.exitTask(task);
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (final RuntimeException failed) {
                throw failed;
            } catch (final Exception failed) {
                throw new IllegalStateException(failed);
            }
        }
    }
}
