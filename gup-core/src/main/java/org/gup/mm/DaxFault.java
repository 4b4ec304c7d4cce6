package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_FALLBACK;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_NOPAGE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFlags.VM_HUGEPAGE;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.file.DaxFile;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Faults on mappings of a DAX file system's files. Models {@code dax_iomap_pte_fault()} and {@code dax_iomap_pmd_fault()},
 * fs/dax.c, v5.2, as ext4 uses them.
 *
 * <p>A page of the device is mapped by a PTE with DEVMAP and SPECIAL, or by a PMD with DEVMAP; neither is counted anywhere. A
 * hole that is read shows the zero page, or the huge zero page; a write allocates blocks. A write to a private mapping copies.
 *
 * <p>Differs: where a write takes the place of a zero page, only the mapping that faults loses the zero page at once; another
 * one goes on showing it until it faults for a write or is mapped anew.
 *
 * <p>Threading: mmap_sem held for read. One object serves all mappings.
 */
final class DaxFault implements VmOperations {
    DaxFault() {}

    private static DaxFile file(final VmArea vma) {
        if (vma.file() instanceof DaxFile file) {
            return file;
        }
        throw new IllegalStateException("not a mapping of a DAX file: " + vma);
    }

    /** {@inheritDoc} Models {@code ext4_file_mmap()}. */
    @Override
    public long mapFlags() {
        return VM_HUGEPAGE;
    }

    /** {@inheritDoc} Models {@code dax_iomap_pte_fault()}. */
    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final DaxFile file = file(vma);
        final long index = vma.pageIndex(address);
        if (index >= file.pages()) {
            return VM_FAULT_SIGBUS;
        }
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        if (write && (vma.flags() & VM_SHARED) == 0) {
            task.counters().add(Counter.COW_COPIES, 1);
            return mm.anonFault().cowFromPage(task, vma, address, file.block(index));
        }
        int major = 0;
        long pfn = file.block(index);
        if (pfn < 0 && write) {
            file.allocate(task, index, 1);
            pfn = file.block(index);
            task.counters().add(Counter.PGMAJFAULT, 1);
            major = VM_FAULT_MAJOR;
        }
        file.addSmallEntry(index);
        return (pfn < 0 ? mapZero(mm, vma, address) : DevmapEntries.mapSmall(mm, vma, address, pfn, write)) | major;
    }

    /** Models {@code dax_load_hole()}. */
    private static int mapZero(final MmStruct mm, final VmArea vma, final long address) {
        final long pteAddress = FileMapping.allocPteAddress(mm, address);
        if (pteAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pteAddress != PageTables.NO_TABLE) {
            final PageTables pageTables = mm.pageTables();
            pageTables.lock(pteAddress);
            if (Pte.isNone(TablePages.entryAcquire(pteAddress))) {
                TablePages.storeRelease(pteAddress, Pte.of(mm.memory().zeroPfn(), vma.protectionBits() | Pte.SPECIAL));
            }
            pageTables.unlock(pteAddress);
        }
        return VM_FAULT_NOPAGE;
    }

    /** {@inheritDoc} Models {@code dax_iomap_pmd_fault()}. */
    @Override
    public int hugeFault(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final DaxFile file = file(vma);
        final long hugeAddress = address & -HPAGE_PMD_SIZE;
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        final boolean fits = hugeAddress >= vma.start() && hugeAddress + HPAGE_PMD_SIZE <= vma.end();
        final long index = vma.pgoff() + ((hugeAddress - vma.start()) >> PAGE_SHIFT);
        if (!fits || (write && (vma.flags() & VM_SHARED) == 0) || (index & (HPAGE_PMD_NR - 1)) != 0) {
            return fallback(task, mm, vma, address);
        }
        if (vma.pageIndex(address) >= file.pages()) {
            return VM_FAULT_SIGBUS;
        }
        if (index + HPAGE_PMD_NR > file.pages() || !file.allowsHugeEntry(index)) {
            return fallback(task, mm, vma, address);
        }
        long pfn = file.hugeBlock(index);
        if (pfn == -1 && write) {
            file.allocate(task, index, HPAGE_PMD_NR);
            pfn = file.hugeBlock(index);
        }
        if (pfn >= 0) {
            return DevmapEntries.mapHuge(mm, vma, address, pfn, write);
        }
        final int result = pfn == -1 ? mapHugeZero(task, mm, vma, address) : VM_FAULT_FALLBACK;
        return result == VM_FAULT_FALLBACK ? fallback(task, mm, vma, address) : result;
    }

    private static int fallback(final Task task, final MmStruct mm, final VmArea vma, final long address) {
        mm.splitHugePmd(task, vma, address);
        task.counters().add(Counter.THP_FAULT_FALLBACK, 1);
        return VM_FAULT_FALLBACK;
    }

    /** Models {@code dax_pmd_load_hole()}. */
    private static int mapHugeZero(final Task task, final MmStruct mm, final VmArea vma, final long address) {
        final PageTables pageTables = mm.pageTables();
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        final long zeroPfn =
                pmdAddress == PageTables.NO_TABLE ? -1 : mm.anonPages().hugeZeroPfn(task);
        if (zeroPfn < 0) {
            return VM_FAULT_FALLBACK;
        }
        pageTables.lock(pmdAddress);
        final boolean empty = Pte.isNone(TablePages.entryAcquire(pmdAddress));
        if (empty) {
            TablePages.storeRelease(pmdAddress, Pte.ofHuge(zeroPfn, vma.protectionBits() | Pte.PSE, PMD_LEVEL));
        }
        pageTables.unlock(pmdAddress);
        task.counters().add(Counter.THP_ZERO_PAGE_FAULT, empty ? 1 : 0);
        return empty ? VM_FAULT_NOPAGE : VM_FAULT_FALLBACK;
    }

    /** {@inheritDoc} Models {@code wp_pfn_shared()}: the fault again, for a write, whose page takes the entry's place. */
    @Override
    public int writeProtected(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return fault(task, mm, vma, address, faultFlags | FAULT_FLAG_WRITE);
    }
}
