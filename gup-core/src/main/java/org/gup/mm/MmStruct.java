package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_OOM;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.List;
import org.gup.flags.Errno;
import org.gup.offheap.Await;
import org.gup.offheap.Region;
import org.gup.offheap.RwSem;
import org.gup.offheap.SpinLock;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;
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
public final class MmStruct implements AutoCloseable {
    /** The semaphore may be looked at by a late caller, so its memory lives as long as the object, not until close(). */
    private static final Cleaner CLEANER = Cleaner.create();

    private static final int MMAP_SEM_OFFSET = 0;
    /** Two cache lines on, so that faults that take the spin lock do not disturb the semaphore. */
    private static final int SPIN_LOCK_OFFSET = 128;

    private static final int LOCKS_LENGTH = SPIN_LOCK_OFFSET + SpinLock.LENGTH;

    private final PhysicalMemory memory;
    private final WalkRoot root;
    private final WalkerEpoch epoch;
    private final Await await;
    private final long mmapSem;
    private final VmaIndex index = new VmaIndex();
    private final PageTables pageTables;
    private final SplitHugePmd splitter;
    private final SplitHugePage pageSplitter;
    private final AnonFault anonFault;
    private final FaultHandler faultHandler;
    private final StackGrowth stackGrowth;
    private final MapCalls mapCalls;
    private final ProtectCalls protectCalls;

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
        this.memory = memory;
        this.root = root;
        this.epoch = memory.epoch();
        this.await = memory.await();
        final Region locks = Region.allocate("address space locks", LOCKS_LENGTH);
        CLEANER.register(this, locks::close);
        this.mmapSem = locks.address() + MMAP_SEM_OFFSET;
        final long spinLock = locks.address() + SPIN_LOCK_OFFSET;
        final AnonPages pages = new AnonPages(memory);
        final AnonIdentity identity = new AnonIdentity(index, spinLock, await);
        this.pageTables = new PageTables(memory, root);
        this.splitter = new SplitHugePmd(pageTables, pages);
        this.pageSplitter = new SplitHugePage(memory, pageTables, pages);
        this.anonFault = new AnonFault(pageTables, pages, identity);
        this.faultHandler =
                new FaultHandler(this, pageTables, anonFault, new HugeFault(pageTables, pages, identity, splitter));
        this.stackGrowth = new StackGrowth(index, identity, spinLock, await);
        final VmaEdit edit = new VmaEdit(index, splitter);
        this.mapCalls = new MapCalls(index, edit, pageTables, pages, splitter);
        this.protectCalls = new ProtectCalls(index, edit, pageTables, splitter, mapCalls);
    }

    private static WalkRoot newRoot(final PhysicalMemory memory, final PageTableGeometry geometry) {
        final long topPfn = memory.tables().allocate();
        if (topPfn < 0) {
            throw new IllegalStateException("no frame left for the top table of an address space: tables in use="
                    + memory.tables().allocated());
        }
        return new WalkRoot(geometry, PteLayout.V5_2, topPfn, memory.tables().address(topPfn));
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
        return new MmStruct(
                memory, new WalkRoot(geometry, layout, topPfn, memory.tables().address(topPfn)));
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
     * Takes mmap_sem for read. Models {@code down_read(&mm->mmap_sem)}. The memory stays open until it is given back.
     *
     * @param task who takes it
     * @throws IllegalStateException if the address space or the memory is closed
     */
    public void mmapReadLock(final Task task) {
        epoch.enterCall(task);
        RwSem.downRead(mmapSem, await);
        if (root.isDead()) {
            mmapReadUnlock(task);
            throw closedException();
        }
    }

    /**
     * Gives mmap_sem back. Models {@code up_read(&mm->mmap_sem)}.
     *
     * @param task who took it
     */
    public void mmapReadUnlock(final Task task) {
        try {
            RwSem.upRead(mmapSem);
        } finally {
            Reference.reachabilityFence(this);
        }
        epoch.exitCall(task);
    }

    /**
     * Takes mmap_sem for write. Models {@code down_write(&mm->mmap_sem)}. The memory stays open until it is given back.
     *
     * @param task who takes it
     * @throws IllegalStateException if the address space or the memory is closed
     */
    public void mmapWriteLock(final Task task) {
        epoch.enterCall(task);
        RwSem.downWrite(mmapSem, await);
        if (root.isDead()) {
            mmapWriteUnlock(task);
            throw closedException();
        }
    }

    /**
     * Gives mmap_sem back. Models {@code up_write(&mm->mmap_sem)}.
     *
     * @param task who took it
     */
    public void mmapWriteUnlock(final Task task) {
        try {
            RwSem.upWrite(mmapSem);
        } finally {
            Reference.reachabilityFence(this);
        }
        epoch.exitCall(task);
    }

    /**
     * Whether anybody holds mmap_sem. Models {@code rwsem_is_locked()}.
     *
     * @return true if somebody does
     */
    public boolean isMmapLocked() {
        try {
            return RwSem.isLocked(mmapSem);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the address space is closed");
    }

    /**
     * Maps private anonymous memory. Models {@code mmap()}.
     *
     * <p>Differs: MAP_SHARED, files, MAP_LOCKED and MAP_HUGETLB are not modelled yet and answer -EOPNOTSUPP; MAP_POPULATE is
     * left to the caller; without MAP_FIXED the address is the same in every run.
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
            return mapCalls.mmap(task, address, lengthBytes, prot, flags);
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
            return mapCalls.munmap(task, address, lengthBytes);
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
            return protectCalls.mprotect(task, address, lengthBytes, prot, pkey);
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
        if (advice == Mman.MADV_DONTNEED) {
            mmapReadLock(task);
            try {
                return protectCalls.madvise(task, address, lengthBytes, advice);
            } finally {
                mmapReadUnlock(task);
            }
        }
        mmapWriteLock(task);
        try {
            return protectCalls.madvise(task, address, lengthBytes, advice);
        } finally {
            mmapWriteUnlock(task);
        }
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
            mapCalls.insertImported(start, end, vmFlags, ops);
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
        return index.find(address);
    }

    /**
     * The mapping around an address, grown to it if it is a stack that may. Models {@code find_extend_vma()}. mmap_sem is held.
     *
     * @param task who asks
     * @param address any address
     * @return the mapping, or null if there is none
     */
    public @Nullable VmArea findExtendVma(final Task task, final long address) {
        return stackGrowth.findExtend(address);
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
        return faultHandler.handle(task, vma, address, faultFlags);
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
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        return pmdAddress == PageTables.NO_TABLE ? 0 : anonFault.missing(task, vma, address, faultFlags, pmdAddress);
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
        return splitter.split(task, vma, address);
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
        return splitter.split(task, vma, address) ? pageSplitter.split(task, address) : -Errno.ENOMEM;
    }

    /** Whether a huge PMD maps an address. mmap_sem is held. */
    boolean isHugeMapped(final long address) {
        final long pmdAddress = pageTables.pmdEntry(address);
        return pmdAddress != 0 && SplitHugePmd.isLeaf(TablePages.entryAcquire(pmdAddress));
    }

    /**
     * The mappings, ascending. For reports and tests: the caller holds mmap_sem, or nobody changes mappings meanwhile.
     *
     * @return a copy
     */
    public List<VmArea> vmAreas() {
        return index.toList();
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
            mapCalls.unmapAll(task);
        } finally {
            mmapWriteUnlock(task);
        }
    }
}
