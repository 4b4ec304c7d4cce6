package org.gup.zone;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_DEVICE;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_LOCKED;
import static org.gup.page.PageDescriptor.PG_PAGEVEC;
import static org.gup.page.PageDescriptor.PG_RESERVED;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;

import java.util.concurrent.atomic.AtomicLong;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.PageRelease;
import org.gup.page.Pageblock;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;

/**
 * Where a page goes with its last reference: off the LRU and back to the buddy allocator, compound pages whole. Models
 * {@code __put_page()}, mm/swap.c, and {@code free_pages_prepare()}, mm/page_alloc.c, v5.2.
 *
 * <p>What cannot be freed is refused by an exception, with the reference given back to the page so that nothing is lost:
 * a reserved page, a device's page (whose count is 1 when idle), a page outside every zone, a page that is still mapped
 * or locked. The kernel reports the same as a bad page and leaks it. A page read from a dump belongs to no zone and has
 * only the references the model itself took; its release takes it off the LRU and is counted.
 *
 * <p>Allocates no Java objects unless it refuses.
 */
final class PageFreeing implements PageRelease {
    private static final int ALL_FLAGS = -1;

    private final MemMap memMap;
    private final WalkerEpoch epoch;
    private final Lruvec lruvec;
    private final HugetlbPool hugetlb;
    private final Zone[] zones;
    private final long importedPages;
    private final AtomicLong importedReleased = new AtomicLong();

    PageFreeing(
            final MemMap memMap,
            final WalkerEpoch epoch,
            final Lruvec lruvec,
            final HugetlbPool hugetlb,
            final Zone[] zones,
            final long importedPages) {
        this.memMap = memMap;
        this.epoch = epoch;
        this.lruvec = lruvec;
        this.hugetlb = hugetlb;
        this.zones = zones;
        this.importedPages = importedPages;
    }

    @Override
    public void release(final Task task, final long headPfn) {
        epoch.enterCall(task);
        try {
            releaseInside(task, headPfn);
        } finally {
            epoch.exitCall(task);
        }
    }

    private void releaseInside(final Task task, final long headPfn) {
        final long page = memMap.page(headPfn);
        final int flags = PageDescriptor.flagsVolatile(page);
        if ((flags & (PG_RESERVED | PG_DEVICE)) != 0) {
            throw refused(headPfn, (flags & PG_DEVICE) != 0 ? "a device's page" : "a reserved page");
        }
        if ((flags & PG_HUGETLB) != 0) {
            hugetlb.free(task, headPfn);
            return;
        }
        final int zone = memMap.pageblocks().zone(headPfn);
        if (zone == Pageblock.NO_ZONE) {
            if (headPfn < importedPages) {
                lruvec.forget(headPfn);
                importedReleased.getAndIncrement();
                return;
            }
            throw refused(headPfn, "a page outside every zone");
        }
        if ((flags & (PG_LOCKED | PG_PAGEVEC)) != 0) {
            throw refused(headPfn, "a page that is locked or on a pagevec");
        }
        if (memMap.pteMapcount(headPfn) != 0 || memMap.compoundMapcount(headPfn) != 0) {
            throw refused(headPfn, "a page that is still mapped");
        }
        lruvec.forget(headPfn);
        final int order = memMap.compoundOrder(headPfn);
        if (order > 0) {
            checkTails(headPfn, order);
            memMap.destroyCompound(headPfn);
        }
        PageDescriptor.clearFlags(page, ALL_FLAGS);
        final long cold = memMap.cold(headPfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, 0);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, 0);
        PageDescriptor.coldLong(cold, PRIVATE_OFFSET, 0);
        zones[zone].buddy().free(headPfn, order);
    }

    private void checkTails(final long headPfn, final int order) {
        for (long pfn = headPfn + 1; pfn < headPfn + (1L << order); pfn++) {
            if (memMap.pteMapcount(pfn) != 0) {
                throw refused(headPfn, "a compound page of which page " + (pfn - headPfn) + " is still mapped");
            }
            final long tail = memMap.page(pfn);
            if (PageDescriptor.flagsOpaque(tail) != 0) {
                PageDescriptor.clearFlags(tail, ALL_FLAGS);
            }
        }
    }

    private IllegalStateException refused(final long headPfn, final String what) {
        PageRef.unfreeze(memMap.page(headPfn), 1);
        return new IllegalStateException("the last reference was dropped to " + what + ", which cannot be freed: pfn="
                + headPfn + ", flags=0x" + Integer.toHexString(PageDescriptor.flagsVolatile(memMap.page(headPfn)))
                + ", mapcount=" + memMap.pteMapcount(headPfn) + ", compoundMapcount="
                + memMap.compoundMapcount(headPfn));
    }

    long importedReleased() {
        return importedReleased.get();
    }
}
