package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_INSTRUCTION;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_FALLBACK;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_SIGSEGV;
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
 * <p>Differs: nothing swaps or migrates here yet, so an entry in swap format, which only a dump can bring, is SIGBUS, or
 * HWPOISON if it says so. A huge leaf of a mapping of hugetlbfs, a device, or 1 GiB is left as it is.
 *
 * <p>Threading: mmap_sem held for read.
 */
final class FaultHandler {
    private final MmStruct mm;
    private final PageTables pageTables;
    private final AnonFault anonFault;
    private final HugeFault hugeFault;
    private final PteLayout layout;

    FaultHandler(final MmStruct mm, final PageTables pageTables, final AnonFault anonFault, final HugeFault hugeFault) {
        this.mm = mm;
        this.pageTables = pageTables;
        this.anonFault = anonFault;
        this.hugeFault = hugeFault;
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
            if (ops == null) {
                result = hugeFault.missing(task, vma, address, faultFlags, pmdAddress);
            }
        } else if (SplitHugePmd.isLeaf(pmd)) {
            result = layout.isDevmap(pmd) || (vma.flags() & VmFlags.VM_HUGETLB) != 0
                    ? foreignLeaf(pmd, faultFlags)
                    : hugeFault.present(task, vma, address, faultFlags, pmdAddress, pmd);
        } else if (!Pte.isPmdPresent(pmd)) {
            return VM_FAULT_SIGBUS;
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

    /** Models {@code handle_pte_fault()}. */
    private int pte(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pmdAddress,
            final @Nullable VmOperations ops) {
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (SplitHugePmd.isLeaf(pmd)) {
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
            return layout.isHwpoison(pte) ? VM_FAULT_HWPOISON : VM_FAULT_SIGBUS;
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
        long changed = pte | Pte.ACCESSED;
        if (Pte.isProtnone(pte) && PageProtection.isAccessible(vma.flags())) {
            // A NUMA hint; models do_numa_page() on one node.
            final long bits = PageProtection.bits(vma.flags());
            changed = PageProtection.change(layout, pte, bits, false) | Pte.ACCESSED | (pte & Pte.RW);
        } else if ((faultFlags & FAULT_FLAG_WRITE) != 0) {
            if (!Pte.isWritable(pte)) {
                return anonFault.readOnly(task, vma, address, pteAddress, pte);
            }
            changed |= Pte.DIRTY;
        }
        if (changed != pte) {
            TablePages.storeRelease(pteAddress, changed);
        }
        pageTables.unlock(pteAddress);
        return 0;
    }
}
