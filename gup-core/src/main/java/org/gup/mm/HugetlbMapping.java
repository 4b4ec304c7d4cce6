package org.gup.mm;

import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.file.HugetlbFile;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;

/**
 * What the calls that change an address space do to mappings of hugetlbfs, mm/hugetlb.c, v5.2.
 *
 * <p>Threading: mmap_sem held for write, of both address spaces for a copy; entries change under the lock of their table.
 */
final class HugetlbMapping {
    private HugetlbMapping() {}

    /**
     * Clears the leaves of a range, and ends what a private mapping has left of its reservation. Models
     * {@code __unmap_hugepage_range_final()} and {@code hugetlb_vm_op_close()}: a mapping is only ever unmapped for good.
     *
     * @param start first address, a multiple of 2 MiB
     * @param end one past the last, a multiple of 2 MiB
     */
    static void unmap(
            final Task task,
            final MmStruct mm,
            final MmuGather gather,
            final VmArea vma,
            final long start,
            final long end) {
        final PageTables pageTables = mm.pageTables();
        final MemMap memMap = mm.memory().memMap();
        for (long address = start; address < end; address += HPAGE_PMD_SIZE) {
            final long pmdAddress = pageTables.pmdEntry(address);
            if (pmdAddress == 0 || Pte.isNone(TablePages.entryAcquire(pmdAddress))) {
                continue;
            }
            pageTables.lock(pmdAddress);
            final long entry = TablePages.getAndSet(pmdAddress, 0);
            if (!Pte.isNone(entry) && Pte.isPmdPresent(entry)) {
                final long headPfn = Pte.hugePfn(entry, PMD_LEVEL);
                if (pageTables.root().layout().isDirty(entry)) {
                    PageDescriptor.setFlags(memMap.page(headPfn), PG_DIRTY);
                }
                if (mm.anonPages().isCounted(headPfn)) {
                    memMap.addCompoundMapcount(headPfn, -1);
                    gather.removePage(headPfn, 1);
                }
            }
            pageTables.unlock(pmdAddress);
        }
        if ((vma.flags() & VM_SHARED) == 0 && vma.file() instanceof HugetlbFile file) {
            file.unreservePrivate(mm, HugetlbFault.hugeIndex(vma, start), (end - start) / HPAGE_PMD_SIZE);
        }
    }

    /**
     * Gives a child its parent's leaves: those of a private mapping become read-only in both. Models
     * {@code copy_hugetlb_page_range()}. The caller flushes.
     *
     * @param vma the child's mapping, at the address of the parent's
     * @return 0, or -ENOMEM without memory for tables
     */
    static int copy(final Task task, final MmStruct from, final MmStruct to, final VmArea vma) {
        final boolean cow = VmFlags.isCowMapping(vma.flags());
        for (long address = vma.start(); address < vma.end(); address += HPAGE_PMD_SIZE) {
            final long fromAddress = from.pageTables().pmdEntry(address);
            if (fromAddress == 0 || Pte.isNone(TablePages.entryAcquire(fromAddress))) {
                continue;
            }
            final long toAddress = to.pageTables().allocPmdEntry(address);
            if (toAddress == PageTables.NO_MEMORY || toAddress == PageTables.NO_TABLE) {
                return -Errno.ENOMEM;
            }
            to.pageTables().lock(toAddress);
            from.pageTables().lock(fromAddress);
            copyEntry(from, fromAddress, toAddress, cow);
            from.pageTables().unlock(fromAddress);
            to.pageTables().unlock(toAddress);
        }
        return 0;
    }

    private static void copyEntry(
            final MmStruct from, final long fromAddress, final long toAddress, final boolean cow) {
        final long entry = TablePages.entryAcquire(fromAddress);
        if (Pte.isNone(entry)) {
            return;
        }
        long copied = entry;
        if (Pte.isPmdPresent(entry)) {
            if (cow) {
                copied = entry & ~Pte.RW;
            }
            final long headPfn = Pte.hugePfn(entry, PMD_LEVEL);
            if (from.anonPages().isCounted(headPfn)) {
                PageRef.get(from.memory().memMap().page(headPfn), 1);
                from.memory().memMap().addCompoundMapcount(headPfn, 1);
            }
        } else if (cow) {
            copied = asRead(from.pageTables().root().layout(), entry);
        }
        if (copied != entry) {
            TablePages.getAndSet(fromAddress, copied);
        }
        TablePages.storeRelease(toAddress, copied);
    }

    /** A migration entry that does not give write permission back; any other entry stays. */
    private static long asRead(final PteLayout layout, final long entry) {
        return layout.isMigration(entry) ? layout.migrationEntry(Pte.swapOffset(entry), false) : entry;
    }

    /**
     * Gives the leaves of a range the mapping's new protection, and flushes. Models {@code hugetlb_change_protection()}.
     *
     * @param vma the mapping, with its new flags
     * @param start first address, a multiple of 2 MiB
     * @param end one past the last, a multiple of 2 MiB
     */
    static void changeProtection(
            final Task task, final MmStruct mm, final VmArea vma, final long start, final long end) {
        final PageTables pageTables = mm.pageTables();
        final PteLayout layout = pageTables.root().layout();
        final long bits = vma.protectionBits();
        boolean changed = false;
        for (long address = start; address < end; address += HPAGE_PMD_SIZE) {
            final long pmdAddress = pageTables.pmdEntry(address);
            if (pmdAddress == 0 || Pte.isNone(TablePages.entryAcquire(pmdAddress))) {
                continue;
            }
            pageTables.lock(pmdAddress);
            final long entry = TablePages.entryAcquire(pmdAddress);
            if (!Pte.isNone(entry)) {
                final long wanted = Pte.isPmdPresent(entry)
                        ? PageProtection.change(layout, entry, bits, true)
                        : asRead(layout, entry);
                if (wanted != entry) {
                    TablePages.getAndSet(pmdAddress, wanted);
                    changed = true;
                }
            }
            pageTables.unlock(pmdAddress);
        }
        if (changed) {
            pageTables.flushTlb();
        }
    }
}
