package org.gup.property;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.gup.GetUserPages;
import org.gup.cma.CmaArea;
import org.gup.fast.LeafGuard;
import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.file.MappedFile;
import org.gup.file.PageCacheFile;
import org.gup.file.ShmemFile;
import org.gup.flags.FollFlags;
import org.gup.migrate.MigratePages;
import org.gup.mm.MmStruct;
import org.gup.mm.SegmentationFault;
import org.gup.mm.UserAccess;
import org.gup.mm.VmArea;
import org.gup.page.DevPagemap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.SwapArea;
import org.jspecify.annotations.Nullable;

/** One of the two models: its address spaces, and the one way in which it gets pages. */
final class Machine implements AutoCloseable {
    static final int SPACES = 3;
    /** Pages of each file. */
    static final int FILE_PAGES = 64;

    private static final int MAX_ORDER_BLOCK = 10;

    final boolean fast;
    final PhysicalMemory memory;
    final Task task;
    final GetUserPages gup;
    final @Nullable MmStruct[] spaces = new @Nullable MmStruct[SPACES];

    final CmaArea area;
    /** On disk, in tmpfs, on a DAX file system, and a DAX device. */
    final List<MappedFile> files;
    /** Pages that have been poisoned: each keeps a reference for good. */
    int poisoned;

    private final PageCacheFile disk;
    private final ShmemFile tmpfs;
    private final DaxFile dax;
    private final long freeAtStart;

    Machine(final boolean fast, final int levels, final LeafGuard guard) {
        this.fast = fast;
        memory = PhysicalMemory.builder()
                .cpus(1)
                .maxTasks(4)
                .tablePages(64)
                .normalPages(3 * 1024)
                .cma("cma", 1024)
                .swapPages(4 * 1024)
                .device(DevPagemap.Type.FS_DAX, FILE_PAGES)
                .device(DevPagemap.Type.DEVICE_DAX, FILE_PAGES)
                .build();
        freeAtStart = memory.freePages();
        task = memory.newTask(0);
        spaces[0] = new MmStruct(memory, PageTableGeometry.ofLevels(levels));
        gup = new GetUserPages(memory, guard);
        area = new CmaArea(memory, memory.cmaRanges().get(0), new MigratePages(memory, null));
        final long bytes = FILE_PAGES * PAGE_SIZE;
        final DevPagemap pmem = memory.devices().get(0);
        disk = new PageCacheFile(memory, "disk", bytes);
        tmpfs = new ShmemFile(memory, "tmpfs", bytes);
        dax = new DaxFile(memory, "dax", pmem, pmem.startPfn(), bytes);
        dax.allocate(task, 0, FILE_PAGES);
        files = List.of(
                disk, tmpfs, dax, new DaxDevice("device", memory.devices().get(1), PAGE_SIZE));
    }

    /** write(2); false for a file that has none. */
    boolean writeFile(final int file, final long index, final long value) {
        switch (file) {
            case 0 -> disk.write(task, index, value);
            case 1 -> tmpfs.write(task, index, value);
            case 2 -> dax.write(task, index, value);
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Drops a clean page of the disk file from the cache, so that the next fault has to read it. */
    boolean makeCold(final long index) {
        return disk.makeCold(task, index);
    }

    /** An address space that is known to live. */
    MmStruct space(final int index) {
        final MmStruct space = spaces[index];
        if (space == null) {
            throw new IllegalStateException("no such address space: " + index);
        }
        return space;
    }

    /** Gets pages in this model's way. */
    long getPages(final int index, final long address, final int nrPages, final int flags, final long[] pages) {
        final MmStruct mm = space(index);
        if (fast) {
            return gup.getUserPagesFast(task, mm, address, nrPages, flags, pages);
        }
        return slowPages(mm, address, nrPages, flags, pages);
    }

    private long slowPages(
            final MmStruct mm, final long address, final int nrPages, final int flags, final long[] pages) {
        if ((flags & FollFlags.FOLL_LONGTERM) == 0) {
            return gup.getUserPagesUnlocked(task, mm, address, nrPages, pages, flags);
        }
        mm.mmapReadLock(task);
        try {
            return gup.getUserPages(task, mm, address, nrPages, flags, pages, null);
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    /** Gets each page by itself the slow way and gives it back, so that both models have faulted in the same. */
    void faultIn(final int index, final long address, final int nrPages, final int flags) {
        final long[] page = new long[1];
        for (int i = 0; i < nrPages; i++) {
            if (slowPages(space(index), address + i * PAGE_SIZE, 1, flags, page) == 1) {
                gup.putPage(task, page[0]);
            }
        }
    }

    /** Writes as the process would. */
    boolean store(final int index, final long address, final long value) {
        try {
            UserAccess.store(task, space(index), address, value);
            return true;
        } catch (final SegmentationFault refused) {
            return false;
        }
    }

    /** Reads as the process would; null if it may not. */
    @Nullable
    Long load(final int index, final long address) {
        try {
            return UserAccess.load(task, space(index), address);
        } catch (final SegmentationFault refused) {
            return null;
        }
    }

    /** The page that the tables map at an address now, or -1. Nothing is faulted in. */
    long mapped(final int index, final long address) {
        final long entry = entry(index, address);
        return Pte.isPresent(entry) ? Pte.pfn(entry) : -1;
    }

    /** Whether an access to an address would find a page without a copy being made: mapped, or in the swap cache. */
    boolean shows(final int index, final long address, final long pfn) {
        final long entry = entry(index, address);
        if (Pte.isPresent(entry)) {
            return Pte.pfn(entry) == pfn;
        }
        if (Pte.isNone(entry) || Pte.swapType(entry) != 0) {
            return false;
        }
        final long cached = memory.swap().getCached(SwapArea.slot(entry));
        if (cached >= 0) {
            gup.putPage(task, cached);
        }
        return cached == pfn;
    }

    /** The last-level entry for an address; for one that a huge leaf maps, that of a base page; 0 for none. */
    private long entry(final int index, final long address) {
        final MmStruct mm = space(index);
        long table = mm.walkRoot().topTable();
        for (int level = mm.walkRoot().geometry().levels(); level > PTE_LEVEL; level--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (level == PMD_LEVEL && Pte.isPmdPresent(entry) && Pte.isHuge(entry)) {
                final long inside = address >>> PAGE_SHIFT & PageTableGeometry.HPAGE_PMD_NR - 1;
                return Pte.of(Pte.hugePfn(entry, level) + inside, Pte.PRESENT);
            }
            if (!Pte.isHardwarePresent(entry)) {
                return 0;
            }
            table = memory.tables().child(entry);
        }
        return TablePages.entryAcquire(TablePages.entryAddress(table, address, PTE_LEVEL));
    }

    /** Whether there is a mapping at an address. */
    boolean isMapped(final int index, final long address) {
        final VmArea vma = space(index).findVma(address);
        return vma != null && vma.contains(address);
    }

    long contents(final long pfn) {
        return memory.frames().getLong(pfn, 0);
    }

    int references(final long pfn) {
        return PageRef.countVolatile(memory.memMap().head(memory.memMap().page(pfn)));
    }

    boolean isInSwapCache(final long pfn) {
        return pfn >= 0 && (PageDescriptor.flagsVolatile(memory.memMap().page(pfn)) & PageDescriptor.PG_SWAPCACHE) != 0;
    }

    boolean isCma(final long pfn) {
        return memory.isCma(pfn);
    }

    /**
     * Runs something while all memory outside the CMA area is taken, so that what it allocates comes from there as far as
     * it may.
     */
    void withCmaOnly(final Runnable work) {
        final List<long[]> taken = new ArrayList<>();
        for (int order = MAX_ORDER_BLOCK; order >= 0; order--) {
            long pfn = memory.allocPages(task, order == 0 ? 0 : Gfp.GFP_COMP, order);
            while (pfn >= 0) {
                taken.add(new long[] {pfn});
                pfn = memory.allocPages(task, order == 0 ? 0 : Gfp.GFP_COMP, order);
            }
        }
        try {
            work.run();
        } finally {
            for (final long[] block : taken) {
                memory.memMap().put(task, memory.memMap().page(block[0]), 1);
            }
        }
    }

    /** What is wrong now that everything has been unmapped and given back; empty if nothing is. */
    List<String> unmapEverything() {
        final List<String> problems = new ArrayList<>();
        for (int i = 0; i < SPACES; i++) {
            final MmStruct space = spaces[i];
            if (space != null) {
                space.close(task);
                spaces[i] = null;
            }
        }
        disk.close(task);
        tmpfs.close(task);
        dax.close();
        memory.lruvec().drainAll(task);
        final MemoryAudit audit = memory.audit();
        if (!audit.balanced()) {
            problems.add("books: " + audit);
        }
        if (memory.tables().allocated() != 0) {
            problems.add("tables left: " + memory.tables().allocated());
        }
        if (audit.deviceReferences() != 0) {
            problems.add("references to device pages: " + audit.deviceReferences());
        }
        if (memory.swap().inUse() != 0) {
            problems.add("swap slots left: " + memory.swap().inUse());
        }
        // The huge zero page, once made, stays.
        final long left = freeAtStart - memory.freePages() - poisoned;
        if (left != 0 && left != PageTableGeometry.HPAGE_PMD_NR) {
            problems.add("pages left: " + left);
        }
        return problems;
    }

    /** Numbers of the address spaces that live. */
    NavigableSet<Integer> living() {
        final TreeSet<Integer> living = new TreeSet<>();
        for (int i = 0; i < SPACES; i++) {
            if (spaces[i] != null) {
                living.add(i);
            }
        }
        return living;
    }

    @Override
    public void close() {
        for (final MmStruct space : spaces) {
            if (space != null) {
                space.close();
            }
        }
        memory.close();
    }
}
