package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.gup.file.DaxDevice;
import org.gup.flags.VmFlags;
import org.gup.mm.MmStruct;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * An ordinary address space with the mappings and the page states of a {@link ProcessSnapshot}, made by the model's own calls:
 * mmap, faults, swap-out, fork, mprotect. So everything works on it that works on any other: faults, the slow path, migration.
 *
 * <p>As in the snapshot: the mappings with their permissions, and which of their pages are there, are zero pages, are in swap
 * or are empty; huge pages of anonymous memory that one entry maps, and of hugetlbfs; anonymous pages that another process
 * shares, so that a write has to copy them.
 *
 * <p>Not as there, or taken to be so:
 *
 * <ul>
 * <li>Frames are the model's own. None is in contiguous memory, unless a {@link CmaPlacement} puts it there.
 * <li>Each mapping of a file has a file of its own, as large as the mapping, of which only the pages that are mapped are cached:
 *     a fault on any other reads it. Huge pages of files are base pages. A file is on a disk, unless its path, its pages or its
 *     device say that it is in memory or a DAX one; DAX blocks are all allocated.
 * <li>A page of a shared mapping of a disk file is writable in its entry if its flags say that it is dirty.
 * <li>Pages of the kernel's own that a mapping shows, such as vdso, are those of a file. Frames that a driver maps have no pages;
 *     where the snapshot shows none, a fault is SIGBUS.
 * <li>Hugetlb pages are of 2 MiB. Migration entries and poisoned pages are in swap. Merged pages are shared with a process.
 * <li>A fault makes a huge page where smaps says THPeligible.
 * <li>Protection keys and userfaultfd are left out; so are mlock's effects on pages that are there already.
 * <li>Contents are zeroes.
 * </ul>
 *
 * <p>Threading: as {@link MmStruct} and {@link PhysicalMemory}; opening and closing are one thread's.
 */
public final class ProcessAddressSpace implements AutoCloseable {
    private static final long ALIGN_PAGES = 1024;
    private static final long HUGE_PAGES = HPAGE_PMD_SIZE >>> PAGE_SHIFT;
    /** Most pages kept for faults on what is empty. */
    private static final long MOST_SPARE = 1L << 21;

    private static final long LEAST_SPARE = 1L << 14;
    private static final long SPARE_TABLES = 1L << 13;
    private static final long TABLES_PER_MAPPING = 8;

    private final ProcessSnapshot snapshot;
    private final PhysicalMemory memory;
    private final MmStruct mm;
    private final Deque<MmStruct> sharers = new ArrayDeque<>();
    private final List<String> notes = new ArrayList<>();

    private ProcessAddressSpace(final ProcessSnapshot snapshot, final PhysicalMemory memory, final MmStruct mm) {
        this.snapshot = snapshot;
        this.memory = memory;
        this.mm = mm;
    }

    /**
     * Builds the address space, with the defaults of {@link PhysicalMemory.Builder} for the rest of the machine.
     *
     * @param snapshot what was read
     * @return the address space, to be closed by the caller
     * @throws SnapshotException if the machine has not the memory for it, or a mapping cannot be made
     */
    public static ProcessAddressSpace open(final ProcessSnapshot snapshot) {
        return open(snapshot, null);
    }

    /**
     * Builds the address space.
     *
     * @param snapshot what was read
     * @param placement which pages are in contiguous memory; null for none
     * @return the address space, to be closed by the caller
     * @throws SnapshotException if the machine has not the memory for it, or a mapping cannot be made
     */
    public static ProcessAddressSpace open(final ProcessSnapshot snapshot, final @Nullable CmaPlacement placement) {
        checkSize(snapshot);
        final PhysicalMemory memory = machine(snapshot, placement);
        ProcessAddressSpace opened = null;
        MmStruct mm = null;
        try {
            mm = new MmStruct(memory, PageTableGeometry.ofLevels(levels(snapshot)));
            final ProcessAddressSpace space = new ProcessAddressSpace(snapshot, memory, mm);
            final Task task = memory.newTask(0);
            space.notes.addAll(snapshot.notes());
            new SnapshotPopulator(snapshot, memory, task, mm, placement, space.sharers, space.notes).populate();
            memory.exitTask(task);
            opened = space;
            return space;
        } finally {
            if (opened == null) {
                // What was built goes with its memory.
                memory.close();
            }
        }
    }

    private static void checkSize(final ProcessSnapshot snapshot) {
        final SnapshotLimits limits = snapshot.limits();
        final long held = snapshot.presentPages() + snapshot.swappedPages();
        limit(snapshot, "pages in memory and in swap", held, limits.maxHeldPages());
        long filePages = 0;
        long hugetlb = 0;
        long devices = 0;
        for (final SnapshotMapping mapping : snapshot.mappings()) {
            final long pages = mapping.vma().nrPages();
            if (isHugetlb(mapping)) {
                hugetlb += pages;
            } else if (isDax(mapping, snapshot)) {
                devices += pages;
            } else if (!mapping.vma().isAnonymous() && !mapping.vma().mayHideFrames()) {
                filePages += pages;
            }
        }
        limit(snapshot, "pages of mappings of files", filePages, limits.maxFilePages());
        limit(snapshot, "pages of mappings of hugetlbfs", hugetlb, limits.maxHeldPages());
        limit(snapshot, "pages of mappings of DAX", devices, limits.maxHeldPages());
    }

    private static boolean isDax(final SnapshotMapping mapping, final ProcessSnapshot snapshot) {
        if (mapping.vma().isAnonymous() || isHugetlb(mapping)) {
            return false;
        }
        final FileKind kind = FileKind.of(mapping, snapshot.devices());
        return kind == FileKind.FS_DAX || kind == FileKind.DEVICE_DAX;
    }

    private static void limit(final ProcessSnapshot snapshot, final String what, final long got, final long allowed) {
        if (got > allowed) {
            throw new SnapshotException(
                    snapshot.name() + ": too large: got " + got + " " + what + ", allowed " + allowed);
        }
    }

    static boolean isHugetlb(final SnapshotMapping mapping) {
        return (mapping.vma().vmFlags() & VmFlags.VM_HUGETLB) != 0;
    }

    private static int levels(final ProcessSnapshot snapshot) {
        final List<SnapshotMapping> mappings = snapshot.mappings();
        final long end = mappings.get(mappings.size() - 1).vma().end();
        return end > PageTableGeometry.FOUR_LEVEL.taskSize() ? 5 : 4;
    }

    private static PhysicalMemory machine(final ProcessSnapshot snapshot, final @Nullable CmaPlacement placement) {
        long regions = 0;
        long empty = 0;
        long contiguous = 0;
        long hugetlb = 0;
        final PhysicalMemory.Builder machine = PhysicalMemory.builder();
        for (final SnapshotMapping mapping : snapshot.mappings()) {
            final long pages = mapping.vma().nrPages();
            regions += regions(mapping);
            empty += pages - mapping.presentPages();
            contiguous += placement == null ? 0 : contiguous(mapping, placement);
            hugetlb += isHugetlb(mapping) ? (pages + HUGE_PAGES - 1) / HUGE_PAGES : 0;
            final FileKind kind = mapping.vma().isAnonymous() || isHugetlb(mapping)
                    ? FileKind.CACHED
                    : FileKind.of(mapping, snapshot.devices());
            if (kind == FileKind.FS_DAX) {
                machine.device(DevPagemap.Type.FS_DAX, pages);
            } else if (kind == FileKind.DEVICE_DAX) {
                machine.device(DevPagemap.Type.DEVICE_DAX, pages);
            }
        }
        final long held = snapshot.presentPages() + snapshot.swappedPages();
        final long spare = Math.max(LEAST_SPARE, Math.min(MOST_SPARE, empty));
        final long cma = contiguous == 0 ? 0 : aligned(contiguous) + ALIGN_PAGES;
        if (cma > 0) {
            machine.cma("snapshot", cma);
        }
        // Twice what is held: a write to a page of a file has two, and so has one that another process shares.
        machine.normalPages(2 * held + spare + cma + HUGE_PAGES * hugetlb)
                .tablePages(2 * regions
                        + TABLES_PER_MAPPING * snapshot.mappings().size()
                        + SPARE_TABLES
                        + spare / HUGE_PAGES)
                .swapPages(snapshot.swappedPages())
                .hugetlbPages(hugetlb);
        try {
            return machine.build();
        } catch (final IllegalStateException | IllegalArgumentException refused) {
            throw new SnapshotException(snapshot.name() + ": the memory that its model needs is refused: got " + held
                    + " pages held, allowed " + MemMap.MAX_PAGES + " altogether");
        }
    }

    private static long aligned(final long pages) {
        return (pages + ALIGN_PAGES - 1) & -ALIGN_PAGES;
    }

    /** How many 2 MiB hold something, each of which needs a table. */
    private static long regions(final SnapshotMapping mapping) {
        long regions = 0;
        long last = -1;
        for (final PageRun run : mapping.runs()) {
            final long first = Math.max(run.start() / HPAGE_PMD_SIZE, last + 1);
            last = Math.max(last, (run.end() - 1) / HPAGE_PMD_SIZE);
            regions += Math.max(0, last - first + 1);
        }
        return regions;
    }

    private static long contiguous(final SnapshotMapping mapping, final CmaPlacement placement) {
        long pages = 0;
        for (final PageRun run : mapping.runs()) {
            for (long at = run.start(); at < run.end(); ) {
                final long next = Math.min(run.end(), (at & -HPAGE_PMD_SIZE) + HPAGE_PMD_SIZE);
                pages += placement.isContiguous(at) ? (next - at) >>> PAGE_SHIFT : 0;
                at = next;
            }
        }
        return pages;
    }

    /** Alignment of the leaves of a device that a mapping fits to. */
    static DaxDevice device(final DevPagemap pages, final SnapshotMapping mapping) {
        final DumpedVma vma = mapping.vma();
        final boolean huge = mapping.details().pageKb() * 1024 >= HPAGE_PMD_SIZE
                && ((vma.start() | vma.end()) & (HPAGE_PMD_SIZE - 1)) == 0
                && (pages.startPfn() & (HUGE_PAGES - 1)) == 0;
        return new DaxDevice("device", pages, huge ? HPAGE_PMD_SIZE : 1L << PAGE_SHIFT);
    }

    /**
     * What it was made from.
     *
     * @return the snapshot
     */
    public ProcessSnapshot snapshot() {
        return snapshot;
    }

    /**
     * The memory of the model.
     *
     * @return the memory; tasks come from it
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The address space.
     *
     * @return the address space
     */
    public MmStruct mm() {
        return mm;
    }

    /**
     * What was left out or taken to be so, of the snapshot and in the model.
     *
     * @return sentences
     */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** Gives everything back: the address spaces, then their memory. */
    @Override
    public void close() {
        try {
            while (!sharers.isEmpty()) {
                sharers.pop().close();
            }
            mm.close();
        } finally {
            memory.close();
        }
    }
}
