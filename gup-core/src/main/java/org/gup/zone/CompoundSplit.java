package org.gup.zone;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_LOCKED;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.rmap.Rmap;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;

/**
 * Makes an anonymous huge page into base pages, whoever maps it. Models {@code split_huge_page_to_list()}, mm/huge_memory.c,
 * v5.2.
 *
 * <p>Order: every mapping becomes a migration entry; the head's count is frozen from exactly what the caller holds; walkers
 * that may have read {@code compound_head} before are waited for; each base page gets a count of its own; the migration
 * entries become mappings of base pages. Any other reference makes the freeze fail, and the page is mapped again as it was.
 *
 * <p>Differs: a PMD is split only once the freeze has succeeded, where the kernel leaves it split when it fails. Huge pages of
 * files are refused.
 *
 * <p>Threading: the page is locked and off the LRU. Progress: blocking. Allocates no Java objects.
 */
public final class CompoundSplit {
    private static final int INHERITED =
            PG_ANON | PG_SWAPBACKED | PG_UPTODATE | PG_DIRTY | PG_REFERENCED | PG_ACTIVE | PG_UNEVICTABLE;

    private final MemMap memMap;
    private final Rmap rmap;
    private final WalkerEpoch epoch;

    /**
     * Splits pages of a machine.
     *
     * @param memory the machine
     */
    public CompoundSplit(final PhysicalMemory memory) {
        this.memMap = memory.memMap();
        this.rmap = memory.rmap();
        this.epoch = memory.epoch();
    }

    /**
     * Splits a page. Then the head has the references that were held, each of the other pages has one, and each mapping is one
     * more.
     *
     * @param task who splits
     * @param headPfn head of a huge page, locked by the caller and isolated from the LRU; the head stays locked
     * @param held references that the caller accounts for, the isolation's among them
     * @return false, and nothing has changed, if somebody else has a reference or the page is not anonymous: -EBUSY
     */
    public boolean split(final Task task, final long headPfn, final int held) {
        final long head = memMap.page(headPfn);
        if ((PageDescriptor.flagsVolatile(head) & (PG_ANON | PG_HUGETLB)) != PG_ANON
                || memMap.totalMapcount(headPfn) != PageRef.countVolatile(head) - held) {
            return false;
        }
        rmap.tryToUnmapForMigration(task, headPfn);
        if (memMap.totalMapcount(headPfn) != 0 || !PageRef.freeze(head, held)) {
            rmap.removeMigrationPtes(task, headPfn, headPfn);
            return false;
        }
        epoch.synchronize();
        rmap.splitMigrationPmds(task, headPfn);
        final int pages = 1 << memMap.compoundOrder(headPfn);
        takeApart(headPfn, pages, held);
        for (int i = 0; i < pages; i++) {
            rmap.removeMigrationPtes(task, headPfn + i, headPfn + i);
            if (i > 0) {
                PageLock.unlock(memMap.page(headPfn + i));
            }
        }
        task.counters().add(Counter.THP_SPLIT_PAGE, 1);
        return true;
    }

    /** The head is frozen, nothing maps it, and no walker holds an address of it. Models {@code __split_huge_page()}. */
    private void takeApart(final long headPfn, final int pages, final int held) {
        final int flags = PageDescriptor.flagsVolatile(memMap.page(headPfn)) & INHERITED;
        final long headCold = memMap.cold(headPfn);
        final long mapping = PageDescriptor.coldLong(headCold, MAPPING_OFFSET);
        final long index = PageDescriptor.coldLong(headCold, INDEX_OFFSET);
        memMap.destroyCompound(headPfn);
        for (int i = pages - 1; i > 0; i--) {
            final long pfn = headPfn + i;
            PageDescriptor.setFlags(memMap.page(pfn), flags | PG_LOCKED);
            PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, mapping);
            PageDescriptor.coldLong(memMap.cold(pfn), INDEX_OFFSET, index + i);
            PageRef.unfreeze(memMap.page(pfn), 1);
        }
        PageRef.unfreeze(memMap.page(headPfn), held);
    }
}
