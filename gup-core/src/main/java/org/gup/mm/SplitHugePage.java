package org.gup.mm;

import static org.gup.flags.Errno.EBUSY;
import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;

/**
 * Makes a huge page into base pages. Models {@code split_huge_page()}, mm/huge_memory.c, v5.2.
 *
 * <p>Order: the PMD is split; under the page lock and the PTE table's lock the head's count is frozen from exactly what the
 * mappings, the caller and the LRU isolation hold; walkers that may have read {@code compound_head} before are waited for;
 * then each base page gets a count of its own. Any other reference makes the freeze fail, and the page stays as it is.
 *
 * <p>Differs: the kernel replaces every mapping by a migration entry meanwhile, found through rmap. A huge page here is
 * mapped by the one table that its fault filled, so holding that table's lock is enough, and the wait for walkers stands for
 * the flush of that unmapping.
 *
 * <p>Threading: mmap_sem held.
 */
final class SplitHugePage {
    private static final int INHERITED = PG_ANON | PG_SWAPBACKED | PG_UPTODATE | PG_DIRTY | PG_REFERENCED | PG_ACTIVE;
    /** The caller's reference and that of the isolation. */
    private static final int HELD = 2;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final PageTables pageTables;
    private final AnonPages pages;
    private final WalkerEpoch epoch;
    private final Lruvec lruvec;

    SplitHugePage(final PhysicalMemory memory, final PageTables pageTables, final AnonPages pages) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.pageTables = pageTables;
        this.pages = pages;
        this.epoch = memory.epoch();
        this.lruvec = memory.lruvec();
    }

    /**
     * Splits the page that a PTE maps; its PMD has been split already.
     *
     * @return 0 if it is no huge page now; -EBUSY if somebody else holds it
     */
    int split(final Task task, final long address) {
        final long pmdAddress = pageTables.pmdEntry(address);
        final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
        if (!Pte.isHardwarePresent(pmd) || Pte.isHuge(pmd)) {
            return pmd == 0 ? 0 : -EBUSY;
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
        PageLock.lock(head, memory.await());
        final boolean split = lruvec.isolate(memMap.pfn(head)) && splitIsolated(task, pteAddress, pte, head);
        PageLock.unlock(head);
        memMap.put(task, head, 1);
        return split ? 0 : -EBUSY;
    }

    /** The page is locked and off the LRU. Puts it, or its parts, back there. */
    private boolean splitIsolated(final Task task, final long pteAddress, final long pte, final long head) {
        final long headPfn = memMap.pfn(head);
        pageTables.lock(pteAddress);
        boolean split = false;
        if (TablePages.entryAcquire(pteAddress) == pte) {
            int mapped = 0;
            for (int i = 0; i < HPAGE_PMD_NR; i++) {
                mapped += memMap.pteMapcount(headPfn + i);
            }
            split = PageRef.freeze(head, mapped + HELD);
        }
        if (split) {
            epoch.synchronize();
            takeApart(headPfn);
        }
        pageTables.unlock(pteAddress);
        for (int i = 0; i < (split ? HPAGE_PMD_NR : 1); i++) {
            lruvec.putback(task, headPfn + i);
        }
        if (split) {
            task.counters().add(Counter.THP_SPLIT_PAGE, 1);
        }
        return split;
    }

    /** The head is frozen, and no walker holds an address of it. Models {@code __split_huge_page()}. */
    private void takeApart(final long headPfn) {
        final int flags = PageDescriptor.flagsVolatile(memMap.page(headPfn)) & INHERITED;
        final long headCold = memMap.cold(headPfn);
        final long mapping = PageDescriptor.coldLong(headCold, MAPPING_OFFSET);
        final long index = PageDescriptor.coldLong(headCold, INDEX_OFFSET);
        memMap.destroyCompound(headPfn);
        for (int i = HPAGE_PMD_NR - 1; i >= 0; i--) {
            final long pfn = headPfn + i;
            PageDescriptor.setFlags(memMap.page(pfn), flags);
            PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, mapping);
            PageDescriptor.coldLong(memMap.cold(pfn), INDEX_OFFSET, index + i);
            // One for its mapping, one that putback drops; the caller's stays with the head.
            PageRef.unfreeze(memMap.page(pfn), memMap.pteMapcount(pfn) + (i == 0 ? HELD : HELD - 1));
        }
    }
}
