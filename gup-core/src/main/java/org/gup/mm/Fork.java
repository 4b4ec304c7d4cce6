package org.gup.mm;

import static org.gup.flags.VmFlags.VM_DONTCOPY;
import static org.gup.flags.VmFlags.VM_HUGETLB;
import static org.gup.flags.VmFlags.VM_MIXEDMAP;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_UFFD_MISSING;
import static org.gup.flags.VmFlags.VM_UFFD_WP;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.SwapArea;

/**
 * Copies an address space for a new process. Models {@code dup_mmap()}, kernel/fork.c, and {@code copy_page_range()},
 * mm/memory.c, v5.2.
 *
 * <p>Order: the child's mapping is linked into reverse mapping, behind the parent's, before entries are copied. A private entry
 * that may be written loses that in the parent first, by an atomic exchange; then the page gets a reference and a map count for
 * the child; then the child's entry is set. Both tables are locked meanwhile, so who migrates the page finds its entry in the
 * parent, or in both. The parent is flushed at the end.
 *
 * <p>Differs: the child's mmap_sem is not taken, since nobody knows the child yet.
 *
 * <p>Threading: the parent's mmap_sem held for write.
 */
final class Fork extends RangeWalk {
    private static final long NOT_INHERITED = LockedMappings.LOCK_FLAGS | VM_UFFD_MISSING | VM_UFFD_WP;

    private final MmParts child;
    private final AnonPages pages;
    private final MemMap memMap;
    private final SplitHugePmd splitter;
    private final SwapArea swap;
    private final PteLayout layout;
    private final VmArea vma;
    private final boolean copyOnWrite;
    private boolean failed;

    private Fork(final MmParts parent, final MmParts child, final VmArea vma) {
        super(parent.pageTables);
        this.child = child;
        this.pages = parent.pages;
        this.memMap = pages.memMap();
        this.splitter = parent.splitter;
        this.swap = pages.memory().swap();
        this.layout = pageTables.root().layout();
        this.vma = vma;
        this.copyOnWrite = VmFlags.isCowMapping(vma.flags());
    }

    /** Copies mappings and entries into an address space that is empty; false without memory, with part of it done. */
    static boolean copy(final Task task, final MmParts parent, final MmParts child) {
        child.protectionKeys.copyFrom(parent.protectionKeys);
        child.mergedPages.copyFrom(task, parent.mergedPages);
        boolean copied = true;
        for (int i = 0; copied && i < parent.index.size(); i++) {
            final VmArea vma = parent.index.get(i);
            if ((vma.flags() & VM_DONTCOPY) == 0) {
                final VmArea copy = vma.withFlags(vma.flags() & ~NOT_INHERITED);
                child.index.splice(task, child.index.size(), child.index.size(), copy);
                copied = copyEntries(task, parent, child, vma, copy);
            }
        }
        parent.pageTables.flushTlb();
        return copied;
    }

    /** Models the beginning of {@code copy_page_range()}: what a fault can fill in again is left to it. */
    private static boolean copyEntries(
            final Task task, final MmParts parent, final MmParts child, final VmArea vma, final VmArea copy) {
        final long flags = vma.flags();
        if (vma.file() != null && (flags & VM_HUGETLB) != 0) {
            return HugetlbMapping.copy(task, parent.mm, child.mm, copy) == 0;
        }
        if ((flags & (VM_HUGETLB | VM_PFNMAP | VM_MIXEDMAP)) == 0 && vma.anonVma() == 0 && vma.ops() != null) {
            return true;
        }
        final Fork fork = new Fork(parent, child, vma);
        fork.walk(vma.start(), vma.end());
        return !fork.failed;
    }

    /** Models {@code copy_huge_pmd()}; 1 GiB leaves, which only a dump has, stay behind. */
    @Override
    void hugeEntry(final long entryAddress, final int level, final long address, final long next) {
        if (failed || level != PMD_LEVEL || vma.ops() != null) {
            return;
        }
        final long tablePfn = pageTables.newTable();
        final long childAddress = child.pageTables.allocPmdEntry(address);
        if (tablePfn < 0 || childAddress == PageTables.NO_MEMORY || childAddress == PageTables.NO_TABLE) {
            failed = true;
            if (tablePfn >= 0) {
                pageTables.freeUnseen(tablePfn);
            }
            return;
        }
        boolean deposited = false;
        pageTables.lock(entryAddress);
        child.pageTables.lock(childAddress);
        final long pmd = TablePages.entryAcquire(entryAddress);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            deposited = splitter.hasDeposit(vma, pmd);
            if (deposited) {
                child.pageTables.deposit(childAddress, tablePfn);
            }
            copyHuge(entryAddress, pmd, childAddress);
        }
        child.pageTables.unlock(childAddress);
        pageTables.unlock(entryAddress);
        if (!deposited) {
            pageTables.freeUnseen(tablePfn);
        }
    }

    private void copyHuge(final long entryAddress, final long pmd, final long childAddress) {
        if (!SplitHugePmd.isLeaf(pmd)) {
            TablePages.storeRelease(childAddress, copyMoving(entryAddress, pmd));
            return;
        }
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        final long shared = protect(entryAddress, pmd);
        if (pages.isCountedHuge(headPfn)) {
            pages.get(headPfn);
            memMap.addCompoundMapcount(headPfn, 1);
        }
        TablePages.storeRelease(childAddress, shared & ~Pte.ACCESSED);
    }

    @Override
    void table(final long pmd, final long start, final long end) {
        if (failed) {
            return;
        }
        final long childPmdAddress = child.pageTables.allocPmdEntry(start);
        if (childPmdAddress == PageTables.NO_MEMORY
                || childPmdAddress == PageTables.NO_TABLE
                || !child.pageTables.allocChild(childPmdAddress)) {
            failed = true;
            return;
        }
        final long childPmd = TablePages.entryAcquire(childPmdAddress);
        final long first = pageTables.pteEntry(pmd, start);
        final long childFirst = child.pageTables.pteEntry(childPmd, start);
        pageTables.lock(first);
        child.pageTables.lock(childFirst);
        for (long offset = 0; offset < (end - start) / PAGE_SIZE * Long.BYTES; offset += Long.BYTES) {
            final long pte = TablePages.entryAcquire(first + offset);
            if (!Pte.isNone(pte)) {
                copyPte(first + offset, pte, childFirst + offset);
            }
        }
        child.pageTables.unlock(childFirst);
        pageTables.unlock(first);
    }

    /** Models {@code copy_one_pte()}. */
    private void copyPte(final long pteAddress, final long pte, final long childAddress) {
        if (!Pte.isPresent(pte)) {
            if (pageTables.isSwap(pteAddress, pte)) {
                swap.duplicate(SwapArea.slot(pte));
            } else if (Pte.swapType(pte) == 0) {
                // Another machine's: it came with a dump.
                return;
            }
            TablePages.storeRelease(childAddress, copyMoving(pteAddress, pte));
            return;
        }
        long copied = protect(pteAddress, pte) & ~Pte.ACCESSED;
        if ((vma.flags() & VM_SHARED) != 0) {
            copied &= ~(Pte.DIRTY | layout.savedDirty());
        }
        final long pfn = pages.normalPfn(pte);
        if (pfn >= 0 && pages.isCounted(pfn)) {
            pages.get(pfn);
            memMap.addPteMapcount(pfn, 1);
        }
        TablePages.storeRelease(childAddress, copied);
    }

    /** The entry as both have it from now on; the parent's is changed. */
    private long protect(final long entryAddress, final long entry) {
        if (!copyOnWrite || !Pte.isWritable(entry)) {
            return entry;
        }
        final long readOnly = entry & ~Pte.RW;
        TablePages.getAndSet(entryAddress, readOnly);
        return readOnly;
    }

    /** An entry in swap format as both have it: a page that is being migrated will be read-only. */
    private long copyMoving(final long entryAddress, final long entry) {
        if (!copyOnWrite || !MigrationWait.isMigration(layout, entry) || !layout.isMigrationWrite(entry)) {
            return entry;
        }
        final long read = layout.migrationEntry(Pte.swapOffset(entry), false);
        TablePages.getAndSet(entryAddress, read);
        return read;
    }

    @Override
    void pte(final long pteAddress, final long pte) {
        throw new IllegalStateException("entries are copied by table");
    }
}
