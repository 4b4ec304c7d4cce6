package org.gup.mm;

import static org.gup.flags.Errno.EBUSY;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.page.MemMap;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.CompoundSplit;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;

/**
 * Makes the huge page at an address into base pages. Models what comes before {@code split_huge_page()} in
 * {@code follow_page_mask()}: {@link CompoundSplit} does the rest, whoever else maps the page.
 *
 * <p>Threading: mmap_sem held.
 */
final class SplitHugePage {
    /** The caller's reference and that of the isolation. */
    private static final int HELD = 2;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final PageTables pageTables;
    private final AnonPages pages;
    private final Lruvec lruvec;
    private final CompoundSplit splitter;
    private final SplitHugePmd pmdSplitter;

    SplitHugePage(
            final PhysicalMemory memory,
            final PageTables pageTables,
            final AnonPages pages,
            final SplitHugePmd pmdSplitter) {
        this.pmdSplitter = pmdSplitter;
        this.memory = memory;
        this.memMap = memory.memMap();
        this.pageTables = pageTables;
        this.pages = pages;
        this.lruvec = memory.lruvec();
        this.splitter = new CompoundSplit(memory);
    }

    /**
     * Splits the page at an address.
     *
     * @return 0 if no huge page is mapped there now, or it is worth another look; -EBUSY if somebody else holds it, or it is a
     *     file's; -ENOMEM without memory for a table
     */
    int split(final Task task, final VmArea vma, final long address) {
        final long pmdAddress = pageTables.pmdEntry(address);
        final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
        if (SplitHugePmd.isLeaf(pmd)) {
            return splitLeaf(task, vma, address, pmdAddress, pmd);
        }
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            return Pte.isNone(pmd) ? 0 : -EBUSY;
        }
        final long pteAddress = pageTables.pteEntry(pmd, address);
        pageTables.lock(pteAddress);
        final long pte = TablePages.entryAcquire(pteAddress);
        final long pfn = Pte.isPresent(pte) ? pages.normalPfn(pte) : -1;
        final long head = pfn < 0 ? 0 : memMap.head(memMap.page(pfn));
        if (head == 0 || memMap.compoundOrder(memMap.pfn(head)) != HPAGE_PMD_ORDER || !pages.isCounted(pfn)) {
            pageTables.unlock(pteAddress);
            return 0;
        }
        PageRef.get(head, 1);
        pageTables.unlock(pteAddress);
        return splitReferenced(task, head);
    }

    /** A page that has no parts to be had, zero or a dump's, is only mapped piecewise; a file's zeroes are unmapped. */
    private int splitLeaf(
            final Task task, final VmArea vma, final long address, final long pmdAddress, final long pmd) {
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        if (!pages.isCountedHuge(headPfn)) {
            if (!pmdSplitter.splitEntry(task, vma, address, pmdAddress)) {
                return -ENOMEM;
            }
            return Pte.isNone(TablePages.entryAcquire(pmdAddress)) ? -EBUSY : 0;
        }
        final long head = memMap.page(headPfn);
        pageTables.lock(pmdAddress);
        final boolean same = TablePages.entryAcquire(pmdAddress) == pmd;
        if (same) {
            PageRef.get(head, 1);
        }
        pageTables.unlock(pmdAddress);
        return same ? splitReferenced(task, head) : 0;
    }

    private int splitReferenced(final Task task, final long head) {
        PageLock.lock(head, memory.await());
        final boolean split = splitLocked(task, memMap.pfn(head));
        PageLock.unlock(head);
        memMap.put(task, head, 1);
        return split ? 0 : -EBUSY;
    }

    /** The page is locked and referenced. Isolates it, and puts it, or its parts, back. */
    private boolean splitLocked(final Task task, final long headPfn) {
        if (!lruvec.isolate(headPfn)) {
            return false;
        }
        final boolean split = splitter.split(task, headPfn, HELD);
        for (int i = 0; i < (split ? HPAGE_PMD_NR : 1); i++) {
            lruvec.putback(task, headPfn + i);
        }
        if (split) {
            // The parts take their place on the list of the whole at once.
            lruvec.drainCpu(task.cpu(), task);
        }
        return split;
    }
}
