package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_INSTRUCTION;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_FALLBACK;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_SIGSEGV;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * From an address that faulted to who serves it. Models {@code __handle_mm_fault()} and {@code handle_pte_fault()},
 * mm/memory.c, v5.2.
 *
 * <p>A fault that finds its entry already as it should be, or changed since it looked, answers 0: the access is repeated.
 *
 * <p>Differs: a huge leaf that came with a dump, of hugetlbfs, a device, or 1 GiB, is left as it is.
 *
 * <p>Threading: mmap_sem held for read.
 */
final class FaultHandler {
    private final MmStruct mm;
    private final PageTables pageTables;
    private final AnonPages pages;
    private final AnonFault anonFault;
    private final HugeFault hugeFault;
    private final SwapFault swapFault;
    private final MigrationWait migrationWait;
    private final SplitHugePmd splitter;
    private final PteLayout layout;

    FaultHandler(
            final MmStruct mm,
            final PageTables pageTables,
            final AnonPages pages,
            final AnonFault anonFault,
            final HugeFault hugeFault,
            final SwapFault swapFault,
            final MigrationWait migrationWait,
            final SplitHugePmd splitter) {
        this.mm = mm;
        this.pageTables = pageTables;
        this.pages = pages;
        this.anonFault = anonFault;
        this.hugeFault = hugeFault;
        this.swapFault = swapFault;
        this.migrationWait = migrationWait;
        this.splitter = splitter;
        this.layout = pageTables.root().layout();
    }

    /** Models {@code handle_mm_fault()}. */
    int handle(final Task task, final VmArea vma, final long address, final int faultFlags) {
        task.counters().add(Counter.PGFAULT, 1);
        if (!pkeyPermits(task, vma, faultFlags)) {
            return VM_FAULT_SIGSEGV;
        }
        final VmOperations ops = vma.ops();
        if (ops != null && (vma.flags() & VmFlags.VM_HUGETLB) != 0) {
            return ops.fault(task, mm, vma, address, faultFlags);
        }
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pmdAddress == PageTables.NO_TABLE) {
            return foreignLeaf(pageTables.upperLeaf(address), faultFlags);
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        int result = VM_FAULT_FALLBACK;
        if (Pte.isNone(pmd)) {
            result = ops == null
                    ? hugeFault.missing(task, vma, address, faultFlags, pmdAddress)
                    : ops.hugeFault(task, mm, vma, address, faultFlags);
        } else if (SplitHugePmd.isLeaf(pmd)) {
            result = hugeLeaf(task, vma, address, faultFlags, pmdAddress, pmd);
        } else if (!Pte.isPmdPresent(pmd)) {
            return notPresent(task, pmdAddress, pmd);
        }
        return (result & VM_FAULT_FALLBACK) == 0 ? result : pte(task, vma, address, faultFlags, pmdAddress, ops);
    }

    /** Models the test of {@code arch_vma_access_permitted()}. */
    private static boolean pkeyPermits(final Task task, final VmArea vma, final int faultFlags) {
        return (faultFlags & (FAULT_FLAG_REMOTE | FAULT_FLAG_INSTRUCTION)) != 0
                || !task.pkruDenies(VmFlags.pkey(vma.flags()), (faultFlags & FAULT_FLAG_WRITE) != 0);
    }

    /** A leaf that nothing here may change: there was nothing to do, or nothing that can be done. */
    private static int foreignLeaf(final long leaf, final int faultFlags) {
        final long needed = Pte.PRESENT | ((faultFlags & FAULT_FLAG_WRITE) != 0 ? Pte.RW : 0);
        return (leaf & needed) == needed ? 0 : VM_FAULT_SIGBUS;
    }

    /** An entry in swap format that is not swap's. Those of a dump stand for pages that nobody moves. */
    private int notPresent(final Task task, final long entryAddress, final long entry) {
        if (layout.isMigration(entry) && isOwnPage(Pte.swapOffset(entry))) {
            migrationWait.await(task, entryAddress, entry);
            return 0;
        }
        return layout.isHwpoison(entry) ? VM_FAULT_HWPOISON : VM_FAULT_SIGBUS;
    }

    private boolean isOwnPage(final long pfn) {
        return pages.memMap().pfnValid(pfn) && pages.isCounted(pfn);
    }

    /** A PMD that maps a page. Models the part of {@code __handle_mm_fault()} behind {@code pmd_trans_huge()}. */
    private int hugeLeaf(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pmdAddress,
            final long pmd) {
        final VmOperations ops = vma.ops();
        if (ops == null) {
            return layout.isDevmap(pmd) || (vma.flags() & VmFlags.VM_HUGETLB) != 0
                    ? foreignLeaf(pmd, faultFlags)
                    : hugeFault.present(task, vma, address, faultFlags, pmdAddress, pmd);
        }
        if ((faultFlags & FAULT_FLAG_WRITE) == 0 || Pte.isWritable(pmd) || !Pte.isHardwarePresent(pmd)) {
            return hugeFault.present(task, vma, address, faultFlags, pmdAddress, pmd);
        }
        if (vma.file() == null) {
            return foreignLeaf(pmd, faultFlags);
        }
        final int result = ops.hugeFault(task, mm, vma, address, faultFlags);
        if ((result & VM_FAULT_FALLBACK) != 0) {
            // A private mapping copies by base pages.
            splitter.splitOrThrow(task, vma, address, pmdAddress);
        }
        return result;
    }

    /** Models {@code handle_pte_fault()}. */
    private int pte(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pmdAddress,
            final @Nullable VmOperations ops) {
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (!Pte.isNone(pmd) && !PageTables.isTable(pmd, PMD_LEVEL)) {
            // A huge page came first: the access is repeated, and finds it.
            return 0;
        }
        final long pteAddress = PageTables.isTable(pmd, PMD_LEVEL) ? pageTables.pteEntry(pmd, address) : 0;
        final long pte = pteAddress == 0 ? 0 : TablePages.entryAcquire(pteAddress);
        if (Pte.isNone(pte)) {
            return ops == null
                    ? anonFault.missing(task, vma, address, faultFlags, pmdAddress)
                    : ops.fault(task, mm, vma, address, faultFlags);
        }
        if (!Pte.isPresent(pte)) {
            return pageTables.isSwap(pteAddress, pte)
                    ? swapFault.swapIn(task, vma, address, faultFlags, pteAddress, pte)
                    : notPresent(task, pteAddress, pte);
        }
        return present(task, vma, address, faultFlags, pteAddress, pte);
    }

    private int present(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pteAddress,
            final long pte) {
        pageTables.lock(pteAddress);
        if (TablePages.entryAcquire(pteAddress) != pte) {
            pageTables.unlock(pteAddress);
            return 0;
        }
        // A read of an entry that is there stores nothing: x86's ptep_set_access_flags() does so for a write alone.
        long changed = pte;
        if (Pte.isProtnone(pte) && PageProtection.isAccessible(vma.flags())) {
            // A NUMA hint; models do_numa_page() on one node.
            changed = PageProtection.change(layout, pte, vma.protectionBits(), false) | Pte.ACCESSED | (pte & Pte.RW);
        } else if ((faultFlags & FAULT_FLAG_WRITE) != 0) {
            if (!Pte.isWritable(pte)) {
                return readOnly(task, vma, address, faultFlags, pteAddress, pte);
            }
            changed |= Pte.ACCESSED | Pte.DIRTY;
        }
        if (changed != pte) {
            TablePages.storeRelease(pteAddress, changed);
        }
        pageTables.unlock(pteAddress);
        return 0;
    }

    /** A write to a read-only entry: a file hears of it where it is shared. The table's lock is held, and released here. */
    private int readOnly(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pteAddress,
            final long pte) {
        final VmOperations ops = vma.ops();
        if (ops != null && vma.file() != null && (vma.flags() & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED)) {
            final long pfn = pages.normalPfn(pte);
            if (pfn < 0 || !pages.isAnon(pfn)) {
                pageTables.unlock(pteAddress);
                return ops.writeProtected(task, mm, vma, address, faultFlags);
            }
        }
        return anonFault.readOnly(task, vma, address, pteAddress, pte);
    }
}
