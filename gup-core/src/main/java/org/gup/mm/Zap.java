package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;

/**
 * Clears the entries of one mapping's range. Models {@code unmap_page_range()}, mm/memory.c, v5.2.
 *
 * <p>Order: an entry is cleared by an atomic exchange under its lock, and the mapping's reference is handed to the
 * {@link MmuGather}, which drops it after the flush. A walker that took its own reference before the exchange keeps the page
 * alive; one that comes later finds the entry changed.
 */
final class Zap extends RangeWalk {
    private final Task task;
    private final AnonPages pages;
    private final SplitHugePmd splitter;
    private final MmuGather gather;
    private final VmArea vma;

    private Zap(
            final Task task,
            final PageTables pageTables,
            final AnonPages pages,
            final SplitHugePmd splitter,
            final MmuGather gather,
            final VmArea vma) {
        super(pageTables);
        this.task = task;
        this.pages = pages;
        this.splitter = splitter;
        this.gather = gather;
        this.vma = vma;
    }

    /** Clears {@code [start, end)}, which lies in the mapping. */
    static void range(
            final Task task,
            final PageTables pageTables,
            final AnonPages pages,
            final SplitHugePmd splitter,
            final MmuGather gather,
            final VmArea vma,
            final long start,
            final long end) {
        new Zap(task, pageTables, pages, splitter, gather, vma).walk(start, end);
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
        if (!PageTables.isTable(entry, level)) {
            TablePages.getAndSet(entryAddress, 0);
            if (level == PMD_LEVEL && SplitHugePmd.isLeaf(entry)) {
                dropHuge(entryAddress, entry);
            }
        }
        pageTables.unlock(entryAddress);
    }

    /** Models the rest of {@code zap_huge_pmd()}. */
    private void dropHuge(final long pmdAddress, final long pmd) {
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        if (splitter.hasDeposit(pmd)) {
            pageTables.freeUnseen(pageTables.withdraw(pmdAddress));
        }
        if (pages.isCountedHuge(headPfn)) {
            pages.memMap().addCompoundMapcount(headPfn, -1);
            gather.removePage(headPfn, 1);
        }
    }

    @Override
    void pte(final long pteAddress, final long pte) {
        TablePages.getAndSet(pteAddress, 0);
        if (!Pte.isPresent(pte)) {
            return;
        }
        final long pfn = pages.normalPfn(pte);
        if (pfn >= 0 && pages.isCounted(pfn)) {
            pages.memMap().addPteMapcount(pfn, -1);
            gather.removePage(pfn, 1);
        }
    }
}
