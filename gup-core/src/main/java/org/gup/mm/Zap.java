package org.gup.mm;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;
import org.gup.zone.SwapArea;

/**
 * Clears the entries of one mapping's range. Models {@code unmap_page_range()}, mm/memory.c, v5.2.
 *
 * <p>Order: an entry is cleared by an atomic exchange under its lock, and the mapping's reference is handed to the
 * {@link MmuGather}, which drops it after the flush. A walker that took its own reference before the exchange keeps the page
 * alive; one that comes later finds the entry changed.
 *
 * <p>A swap entry gives its slot up. The entry of a page that is being migrated holds nothing: who migrates it will not find it
 * any more.
 */
final class Zap extends RangeWalk {
    private final Task task;
    private final AnonPages pages;
    private final MemMap memMap;
    private final SplitHugePmd splitter;
    private final MmuGather gather;
    private final VmArea vma;

    private Zap(final Task task, final MmParts parts, final MmuGather gather, final VmArea vma) {
        super(parts.pageTables);
        this.task = task;
        this.pages = parts.pages;
        this.memMap = parts.pages.memMap();
        this.splitter = parts.splitter;
        this.gather = gather;
        this.vma = vma;
    }

    /** Clears {@code [start, end)}, which lies in the mapping. */
    static void range(
            final Task task,
            final MmParts parts,
            final MmuGather gather,
            final VmArea vma,
            final long start,
            final long end) {
        if ((vma.flags() & VmFlags.VM_HUGETLB) != 0 && vma.file() != null) {
            HugetlbMapping.unmap(task, parts.mm, gather, vma, start, end);
        } else {
            new Zap(task, parts, gather, vma).walk(start, end);
        }
    }

    @Override
    void hugeEntry(final long entryAddress, final int level, final long address, final long next) {
        if (level == PMD_LEVEL && next - address != size(level)) {
            splitter.splitOrThrow(task, vma, address, entryAddress);
            return;
        }
        pageTables.lock(entryAddress);
        final long entry = TablePages.entryAcquire(entryAddress);
        // A split may have come first, where mmap_sem is held for read.
        if (!Pte.isNone(entry) && !PageTables.isTable(entry, level)) {
            TablePages.getAndSet(entryAddress, 0);
            if (level == PMD_LEVEL) {
                dropHuge(entryAddress, entry);
            }
        }
        pageTables.unlock(entryAddress);
    }

    /** Models the rest of {@code zap_huge_pmd()}. */
    private void dropHuge(final long pmdAddress, final long pmd) {
        final boolean leaf = SplitHugePmd.isLeaf(pmd);
        if (!leaf && !MigrationWait.isMigration(pageTables.root().layout(), pmd)) {
            return;
        }
        if (splitter.hasDeposit(vma, pmd)) {
            pageTables.freeUnseen(pageTables.withdraw(pmdAddress));
        }
        if (leaf && pages.isCountedHuge(Pte.hugePfn(pmd, PMD_LEVEL))) {
            final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
            memMap.addCompoundMapcount(headPfn, -1);
            gather.removePage(headPfn, 1);
        }
    }

    @Override
    void pte(final long pteAddress, final long pte) {
        TablePages.getAndSet(pteAddress, 0);
        if (!Pte.isPresent(pte)) {
            if (pageTables.isSwap(pteAddress, pte)) {
                pages.memory().swap().freeOne(task, SwapArea.slot(pte));
            }
            return;
        }
        final long pfn = pages.normalPfn(pte);
        if (pfn < 0 || !pages.isCounted(pfn)) {
            return;
        }
        if (pages.isAnon(pfn)) {
            memMap.addPteMapcount(pfn, -1);
            pages.freeCachedSwap(task, pfn);
        } else {
            noteUse(pfn, pte);
            memMap.addPteMapcount(pfn, -1);
        }
        gather.removePage(pfn, 1);
    }

    /** What the entry knew of a file's page goes to the page. */
    private void noteUse(final long pfn, final long pte) {
        final long head = memMap.head(memMap.page(pfn));
        if (pageTables.root().layout().isDirty(pte)) {
            PageDescriptor.setFlags(head, PG_DIRTY);
        }
        if ((pte & Pte.ACCESSED) != 0) {
            pages.memory().lruvec().markAccessed(task, memMap.pfn(head));
        }
    }
}
