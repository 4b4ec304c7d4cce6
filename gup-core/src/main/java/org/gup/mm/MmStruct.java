package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.List;
import org.gup.file.MappedFile;
import org.gup.flags.Errno;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * An address space: mappings, page tables, and the lock over both. Models {@code struct mm_struct}.
 *
 * <p>System calls ({@link #mmap}, {@link #munmap}, {@link #mprotect}, {@link #madvise}) take mmap_sem themselves and answer as
 * the kernel does, a negated errno for a failure. Look-ups and faults leave it to their caller.
 *
 * <p>Imported address spaces: {@link #adopt} takes over tables that were read from a dump into the model's memory. Faults may
 * hang tables and pages of the model's own into them. Nothing of the dump is ever freed: its tables are outside the frames
 * that the model allocates ({@link TablePages#isOwn}), its pages are in no zone, and neither their references nor their map
 * counts change when they are unmapped.
 *
 * <p>Assumptions: a task is used by one thread at a time and holds mmap_sem at most once. Guarantees: once {@link #close} has
 * begun, mmap_sem cannot be taken any more. Progress: blocking; faults allocate no Java objects.
 */
public final class MmStruct extends MmapSem implements AutoCloseable {
    private final PhysicalMemory memory;
    private final WalkRoot root;
    private final MmParts parts;

    /**
     * An empty address space.
     *
     * @param memory where its pages and tables come from
     * @param geometry levels of its page table
     * @throws IllegalStateException if there is no frame for the top table, or the memory is closed
     */
    public MmStruct(final PhysicalMemory memory, final PageTableGeometry geometry) {
        this(memory, newRoot(memory, geometry));
    }

    private MmStruct(final PhysicalMemory memory, final WalkRoot root) {
        super(memory, root);
        this.memory = memory;
        this.root = root;
        this.parts = new MmParts(this, memory, root, spinLock());
    }

    private static WalkRoot newRoot(final PhysicalMemory memory, final PageTableGeometry geometry) {
        final long topPfn = memory.tables().allocate();
        if (topPfn < 0) {
            throw new IllegalStateException("no frame left for the top table of an address space: tables in use="
                    + memory.tables().allocated());
        }
        return PageTables.root(memory, geometry, PteLayout.V5_2, topPfn);
    }

    /**
     * An address space over tables read from a dump, without mappings; see {@link #mapImported}. The tables must have been
     * validated: every entry is empty, points to a table inside the window, or names a page of the model.
     *
     * @param memory a memory whose imported part holds the tables
     * @param geometry levels
     * @param layout which software bits mean what
     * @param topPfn frame of the top table
     * @return the address space
     * @throws IllegalArgumentException if the frame is not one of the window of tables
     */
    public static MmStruct adopt(
            final PhysicalMemory memory, final PageTableGeometry geometry, final PteLayout layout, final long topPfn) {
        if (!memory.tables().contains(topPfn)) {
            throw new IllegalArgumentException("top table outside the window of tables: topPfn=" + topPfn);
        }
        return new MmStruct(memory, PageTables.root(memory, geometry, layout, topPfn));
    }

    /**
     * Where its pages come from.
     *
     * @return the memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * What the fast walk needs to know.
     *
     * @return the root; {@link WalkRoot#isDead dead} once {@link #close} has begun
     */
    public WalkRoot walkRoot() {
        return root;
    }

    /**
     * Maps memory without a file: private or shared anonymous memory, or hugetlbfs. Models {@code mmap()}.
     *
     * <p>Differs: MAP_POPULATE, and the population that MAP_LOCKED implies, are left to the caller; without MAP_FIXED the
     * address is the same in every run; huge pages of hugetlbfs are of 2 MiB.
     *
     * @param task who maps
     * @param address where, with {@code MAP_FIXED}; else a hint, 0 for none
     * @param lengthBytes size in bytes, rounded up to pages
     * @param prot {@code Mman.PROT_*}
     * @param flags {@code Mman.MAP_*}
     * @return the address; -EINVAL, -ENOMEM, -EEXIST or -EOPNOTSUPP
     */
    public long mmap(final Task task, final long address, final long lengthBytes, final int prot, final int flags) {
        mmapWriteLock(task);
        try {
            return parts.mapCalls.mmap(task, address, lengthBytes, prot, flags, null, 0);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Unmaps memory. Models {@code munmap()}.
     *
     * @param task who unmaps
     * @param address start, page-aligned
     * @param lengthBytes size in bytes, rounded up to pages
     * @return 0; -EINVAL or -ENOMEM
     */
    public int munmap(final Task task, final long address, final long lengthBytes) {
        mmapWriteLock(task);
        try {
            return parts.unmapCalls.munmap(task, address, lengthBytes);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Changes permissions. Models {@code mprotect()}.
     *
     * @param task who changes
     * @param address start, page-aligned
     * @param lengthBytes size in bytes, rounded up to pages
     * @param prot {@code Mman.PROT_*}
     * @return 0; -EINVAL, -EACCES, or -ENOMEM, with what comes before the hole changed
     */
    public int mprotect(final Task task, final long address, final long lengthBytes, final int prot) {
        return pkeyMprotect(task, address, lengthBytes, prot, -1);
    }

    /**
     * Changes permissions and the protection key. Models {@code pkey_mprotect()}.
     *
     * @param task who changes
     * @param address start, page-aligned
     * @param lengthBytes size in bytes, rounded up to pages
     * @param prot {@code Mman.PROT_*}
     * @param pkey 0 to 15, all of which count as allocated, or -1 to keep it
     * @return as {@link #mprotect}
     */
    public int pkeyMprotect(
            final Task task, final long address, final long lengthBytes, final int prot, final int pkey) {
        mmapWriteLock(task);
        try {
            return parts.protectCalls.mprotect(task, address, lengthBytes, prot, pkey);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Gives advice. Models {@code madvise()}. Huge pages are made as under {@code transparent_hugepage=madvise}.
     *
     * @param task who advises
     * @param address start, page-aligned
     * @param lengthBytes size in bytes, rounded up to pages
     * @param advice {@code MADV_HUGEPAGE}, {@code MADV_NOHUGEPAGE} or {@code MADV_DONTNEED}
     * @return 0; -EINVAL, also for any other advice; -ENOMEM, with what is mapped advised
     */
    public int madvise(final Task task, final long address, final long lengthBytes, final int advice) {
        if (advice != Mman.MADV_DONTNEED) {
            mmapWriteLock(task);
            try {
                return parts.protectCalls.madvise(task, address, lengthBytes, advice);
            } finally {
                mmapWriteUnlock(task);
            }
        }
        mmapReadLock(task);
        try {
            return parts.protectCalls.madvise(task, address, lengthBytes, advice);
        } finally {
            mmapReadUnlock(task);
        }
    }

    /**
     * Maps part of a file. Models {@code mmap()}.
     *
     * @param task who maps
     * @param address where, with {@code MAP_FIXED}; else a hint, 0 for none
     * @param lengthBytes size in bytes, rounded up to pages
     * @param prot {@code Mman.PROT_*}
     * @param flags {@code Mman.MAP_*}, without MAP_ANONYMOUS
     * @param file what to map
     * @param pgoff first page of it to map
     * @return the address; -EINVAL, -ENOMEM, -EEXIST, or what the file answers
     */
    public long mmapFile(
            final Task task,
            final long address,
            final long lengthBytes,
            final int prot,
            final int flags,
            final MappedFile file,
            final long pgoff) {
        mmapWriteLock(task);
        try {
            return parts.mapCalls.mmap(task, address, lengthBytes, prot, flags, file, pgoff);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * A copy for a new process. Models {@code dup_mmap()}: private pages are shared, read-only in both, until one writes.
     *
     * @param task who forks
     * @return the child, without mappings that have VM_DONTCOPY; null without memory
     */
    public @Nullable MmStruct fork(final Task task) {
        mmapWriteLock(task);
        try {
            final long topPfn = memory.tables().allocate();
            if (topPfn < 0) {
                return null;
            }
            final MmStruct child = adopt(memory, root.geometry(), root.layout(), topPfn);
            if (Fork.copy(task, parts, child.parts)) {
                return child;
            }
            child.close(task);
            return null;
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Resizes or moves a mapping. Models {@code mremap()}.
     *
     * @param task who moves
     * @param oldAddress start, page-aligned
     * @param oldLength bytes, rounded up to pages; 0 maps the pages of a shared mapping once more
     * @param newLength bytes, rounded up to pages
     * @param mremapFlags {@code Mman.MREMAP_*}
     * @param newAddress where to, with MREMAP_FIXED
     * @return the new address; -EINVAL, -EFAULT, -ENOMEM or -EAGAIN
     */
    public long mremap(
            final Task task,
            final long oldAddress,
            final long oldLength,
            final long newLength,
            final int mremapFlags,
            final long newAddress) {
        mmapWriteLock(task);
        try {
            return parts.mremap.mremap(task, oldAddress, oldLength, newLength, mremapFlags, newAddress);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Makes mappings locked, or not. Models {@code apply_vma_lock_flags()}. Pages are locked by who faults them in later.
     *
     * @param task who locks
     * @param address start, in the first page
     * @param lengthBytes bytes, to the end of the last page
     * @param lockFlags VM_LOCKED, VM_LOCKED | VM_LOCKONFAULT, or 0
     * @return 0; -EINVAL or -ENOMEM
     */
    public int setLocked(final Task task, final long address, final long lengthBytes, final long lockFlags) {
        mmapWriteLock(task);
        try {
            return parts.lockedMappings.apply(task, address, lengthBytes, lockFlags);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Writes pages of anonymous or shared memory to swap, as reclaim does with pages that nobody uses. Models
     * {@code shrink_page_list()} with what it calls. A huge page is split first. Takes mmap_sem for write.
     *
     * @param task who reclaims
     * @param address start, page-aligned
     * @param nrPages pages
     * @return how many were swapped out; those that somebody else holds, that are locked, or for which there is no slot stay
     */
    public long swapOut(final Task task, final long address, final long nrPages) {
        mmapWriteLock(task);
        try {
            return SwapOut.range(task, parts, address, address + (nrPages << PAGE_SHIFT));
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Takes a page out of use as one with faulty memory. Models {@code madvise(MADV_HWPOISON)}.
     *
     * @param task who injects the fault
     * @param address any address of the page
     * @return 0; -EINVAL if nothing is mapped there; -EBUSY if it cannot be unmapped
     */
    public int poison(final Task task, final long address) {
        mmapReadLock(task);
        try {
            final VmArea vma = parts.index.find(address);
            return vma == null || !vma.contains(address) ? -Errno.EINVAL : Poison.page(task, parts, vma, address);
        } finally {
            mmapReadUnlock(task);
        }
    }

    /**
     * Takes access away from pages for a while, to learn who uses them. Models {@code change_prot_numa()}.
     *
     * @param task who balances
     * @param address start, page-aligned
     * @param nrPages pages
     * @return how many entries were changed, a huge one counting 512
     */
    public long numaHint(final Task task, final long address, final long nrPages) {
        mmapReadLock(task);
        try {
            return parts.protectCalls.numaHint(task, address, address + (nrPages << PAGE_SHIFT));
        } finally {
            mmapReadUnlock(task);
        }
    }

    /**
     * Makes anonymous pages with the same contents one. Models what ksmd does to a VM_MERGEABLE mapping. Takes mmap_sem for
     * write.
     *
     * @param task who merges
     * @param address start, page-aligned
     * @param nrPages pages
     * @return how many pages were given up for another
     */
    public int mergeIdentical(final Task task, final long address, final long nrPages) {
        mmapWriteLock(task);
        try {
            return MergeIdentical.range(task, parts, address, address + (nrPages << PAGE_SHIFT));
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Reports missing pages of a range instead of making them. Models {@code UFFDIO_REGISTER} with
     * {@code UFFDIO_REGISTER_MODE_MISSING}.
     *
     * @param task who registers
     * @param address start, page-aligned; the range must be mapped
     * @param nrPages pages
     * @param handler told of each missing page; null for SIGBUS, as {@code UFFD_FEATURE_SIGBUS}
     * @throws IllegalArgumentException if part of the range is not mapped
     */
    public void userfault(
            final Task task, final long address, final long nrPages, final @Nullable UserfaultHandler handler) {
        final long end = address + (nrPages << PAGE_SHIFT);
        mmapWriteLock(task);
        try {
            parts.protectCalls.reportMissing(task, address, end, handler);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Gives a missing page that is reported its memory, zeroed and private. Models {@code UFFDIO_COPY} of zeroes.
     *
     * @param task who answers
     * @param address any address of the page
     * @return 0; -EEXIST if there is something already; -ENOENT if nothing is registered there; -ENOMEM
     */
    public int fillMissing(final Task task, final long address) {
        mmapReadLock(task);
        try {
            final VmArea vma = parts.index.find(address);
            return vma == null || !vma.contains(address)
                    ? -Errno.ENOENT
                    : parts.anonFault.fillMissing(task, vma, address);
        } finally {
            mmapReadUnlock(task);
        }
    }

    /**
     * Changes flags of mappings as a driver does when it maps.
     *
     * @param task who changes
     * @param address start, page-aligned; the range must be mapped
     * @param lengthBytes bytes, rounded up to pages
     * @param set {@code VmFlags.VM_*} to set
     * @param clear {@code VmFlags.VM_*} to clear
     * @return 0; -ENOMEM
     */
    public int changeVmFlags(
            final Task task, final long address, final long lengthBytes, final long set, final long clear) {
        mmapWriteLock(task);
        try {
            return parts.protectCalls.changeFlags(task, address, lengthBytes, set, clear);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * Whether the processor has protection keys, so that execute-only memory gets one of its own.
     *
     * @param pku whether it has; true if never called
     */
    public void setPku(final boolean pku) {
        parts.protectionKeys.setSupported(pku);
    }

    /**
     * Adds a mapping of a dump, or one that has operations. It does not merge with others. Takes mmap_sem for write.
     *
     * @param task who maps
     * @param start first address, page-aligned
     * @param end one past the last, page-aligned
     * @param vmFlags {@code VmFlags.VM_*}
     * @param ops what serves its faults, or null for anonymous memory
     * @throws IllegalArgumentException if the range is not one of user space, or overlaps another mapping
     */
    public void mapImported(
            final Task task, final long start, final long end, final long vmFlags, final @Nullable VmOperations ops) {
        mmapWriteLock(task);
        try {
            parts.mapCalls.insertImported(task, start, end, vmFlags, ops);
        } finally {
            mmapWriteUnlock(task);
        }
    }

    /**
     * The first mapping that ends above an address. Models {@code find_vma()}. mmap_sem is held.
     *
     * @param address any address
     * @return the mapping, which need not contain the address; null if there is none
     */
    public @Nullable VmArea findVma(final long address) {
        return parts.index.find(address);
    }

    /**
     * The mapping around an address, grown to it if it is a stack that may. Models {@code find_extend_vma()}. mmap_sem is held.
     *
     * @param task who asks
     * @param address any address
     * @return the mapping, or null if there is none
     */
    public @Nullable VmArea findExtendVma(final Task task, final long address) {
        return parts.stackGrowth.findExtend(task, address);
    }

    /**
     * Serves a page fault. Models {@code handle_mm_fault()}. mmap_sem is held for read, and still is afterwards, unless the
     * result has VM_FAULT_RETRY (see {@link VmOperations}). Counts PGFAULT.
     *
     * <p>Whether the mapping permits the access at all is the caller's to check, as in the kernel; only the protection key is
     * checked here.
     *
     * @param task who faults
     * @param vma the mapping around the address
     * @param address the address, anywhere in the page
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @return {@code VmFault.VM_FAULT_*} bits: 0 or VM_FAULT_WRITE for success
     */
    public int handleMmFault(final Task task, final VmArea vma, final long address, final int faultFlags) {
        return parts.faultHandler.handle(task, vma, address, faultFlags);
    }

    /**
     * Serves a fault on an empty entry with ordinary anonymous memory. Models {@code do_anonymous_page()}. For
     * {@link VmOperations}; mmap_sem is held for read.
     *
     * @param task who faults
     * @param vma the mapping around the address
     * @param address the address, anywhere in the page
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @return {@code VmFault.VM_FAULT_*} bits
     */
    public int anonymousFault(final Task task, final VmArea vma, final long address, final int faultFlags) {
        final long pmdAddress = parts.pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        return pmdAddress == PageTables.NO_TABLE
                ? 0
                : parts.anonFault.missing(task, vma, address, faultFlags, pmdAddress);
    }

    /**
     * Replaces a huge PMD by a table of PTEs that map the same pages. Models {@code __split_huge_pmd()}. mmap_sem is held, for
     * read or write. Does nothing where there is no huge PMD.
     *
     * @param task who splits
     * @param vma the mapping around the address
     * @param address any address below the PMD
     * @return whether the PMD is not huge now; false only for a huge page of a dump without memory for the table
     */
    public boolean splitHugePmd(final Task task, final VmArea vma, final long address) {
        return parts.splitter.split(task, vma, address);
    }

    /**
     * Makes the huge page behind an address into base pages. Models what {@code follow_page_mask()} does for FOLL_SPLIT: the
     * huge PMD is split, then the page, with {@code split_huge_page()}. mmap_sem is held.
     *
     * @param task who splits
     * @param vma the mapping around the address
     * @param address any address of the page
     * @return 0 if no huge page is mapped there now; -EBUSY if somebody else holds it; -ENOMEM without memory for a table
     */
    public int splitHugePage(final Task task, final VmArea vma, final long address) {
        return parts.pageSplitter.split(task, vma, address);
    }

    PageTables pageTables() {
        return parts.pageTables;
    }

    AnonPages anonPages() {
        return parts.pages;
    }

    AnonIdentity anonIdentity() {
        return parts.identity;
    }

    AnonFault anonFault() {
        return parts.anonFault;
    }

    /** Whether a huge PMD maps an address. mmap_sem is held. */
    boolean isHugeMapped(final long address) {
        final long pmdAddress = parts.pageTables.pmdEntry(address);
        return pmdAddress != 0 && SplitHugePmd.isLeaf(TablePages.entryAcquire(pmdAddress));
    }

    /**
     * The mappings, ascending. For reports and tests: the caller holds mmap_sem, or nobody changes mappings meanwhile.
     *
     * @return a copy
     */
    public List<VmArea> vmAreas() {
        return parts.index.toList();
    }

    /**
     * Unmaps everything and frees every table of its own, for a task that is made for it.
     *
     * @throws IllegalStateException if it was closed before, the memory is closed, or has no room for another task
     */
    @Override
    public void close() {
        final Task reaper = memory.newTask(0);
        try {
            close(reaper);
        } finally {
            memory.exitTask(reaper);
        }
    }

    /**
     * Unmaps everything and frees every table of its own. Waits for mmap_sem and for walks under way. Models
     * {@code exit_mmap()}.
     *
     * @param task who closes
     * @throws IllegalStateException if it was closed before, or the memory is closed
     */
    public void close(final Task task) {
        mmapWriteLock(task);
        try {
            root.markDead();
            parts.unmapCalls.unmapAll(task);
        } finally {
            mmapWriteUnlock(task);
        }
    }
}
