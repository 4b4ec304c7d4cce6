package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_NOPAGE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;

/**
 * Entries over the pages of a device that have a {@code struct page} and are not counted. Models
 * {@code vmf_insert_mixed_mkwrite()}, mm/memory.c, and {@code vmf_insert_pfn_pmd()}, mm/huge_memory.c, v5.2.
 *
 * <p>An entry that is there stays, unless the fault is for a write: then one of the same page becomes writable, and one of a
 * zero page gives way.
 *
 * <p>Threading: mmap_sem held; entries change under the lock of their table.
 */
final class DevmapEntries {
    private DevmapEntries() {}

    /** Maps one page by a PTE. */
    static int mapSmall(final MmStruct mm, final VmArea vma, final long address, final long pfn, final boolean write) {
        final long pteAddress = FileMapping.allocPteAddress(mm, address);
        if (pteAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pteAddress == PageTables.NO_TABLE) {
            return VM_FAULT_NOPAGE;
        }
        final PageTables pageTables = mm.pageTables();
        final long bits =
                vma.protectionBits() | Pte.SPECIAL | pageTables.root().layout().devmap();
        final long fresh = write ? writable(vma, bits) : bits;
        pageTables.lock(pteAddress);
        final long pte = TablePages.entryAcquire(pteAddress);
        if (Pte.isNone(pte)) {
            TablePages.storeRelease(pteAddress, Pte.of(pfn, fresh));
        } else if (write && Pte.isPresent(pte) && Pte.pfn(pte) == pfn) {
            TablePages.storeRelease(pteAddress, writable(vma, pte));
        } else if (write && Pte.isPresent(pte) && Pte.pfn(pte) == mm.memory().zeroPfn()) {
            TablePages.getAndSet(pteAddress, 0);
            pageTables.flushTlb();
            TablePages.storeRelease(pteAddress, Pte.of(pfn, fresh));
        }
        pageTables.unlock(pteAddress);
        return VM_FAULT_NOPAGE;
    }

    /** Maps 512 pages by a PMD. */
    static int mapHuge(
            final MmStruct mm, final VmArea vma, final long address, final long firstPfn, final boolean write) {
        final PageTables pageTables = mm.pageTables();
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pmdAddress == PageTables.NO_TABLE) {
            return VM_FAULT_NOPAGE;
        }
        final long bits =
                vma.protectionBits() | Pte.PSE | pageTables.root().layout().devmap();
        final long fresh = Pte.ofHuge(firstPfn, write ? writable(vma, bits) : bits, PMD_LEVEL);
        pageTables.lock(pmdAddress);
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (Pte.isNone(pmd)) {
            TablePages.storeRelease(pmdAddress, fresh);
        } else if (write && SplitHugePmd.isLeaf(pmd)) {
            final long there = Pte.hugePfn(pmd, PMD_LEVEL);
            if (there == firstPfn) {
                TablePages.storeRelease(pmdAddress, writable(vma, pmd));
            } else if (mm.anonPages().isHugeZero(there)) {
                TablePages.getAndSet(pmdAddress, 0);
                pageTables.flushTlb();
                TablePages.storeRelease(pmdAddress, fresh);
            }
        }
        pageTables.unlock(pmdAddress);
        return VM_FAULT_NOPAGE;
    }

    private static long writable(final VmArea vma, final long entry) {
        return PageProtection.maybeWritable(entry | Pte.ACCESSED | Pte.DIRTY, vma.flags());
    }
}
