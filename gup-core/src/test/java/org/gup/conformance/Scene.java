package org.gup.conformance;

import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import org.gup.file.DaxDevice;
import org.gup.file.DaxFile;
import org.gup.file.HugetlbFile;
import org.gup.file.MappedFile;
import org.gup.file.PageCacheFile;
import org.gup.kernel.KernelVersion;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.page.DevPagemap;
import org.gup.page.Migratetype;
import org.gup.page.PageLock;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.zone.Zone;

/** A stage with mappings: one is made after the other, each with a hole before and behind it unless it is {@link #beside}. */
final class Scene extends Stage {
    static final int RW = PROT_READ | PROT_WRITE;
    private static final long FIRST_ADDRESS = 0x7000_0000_0000L;
    private static final long HUGE_PAGES = PageTableGeometry.HPAGE_PMD_NR;

    private MmStruct mapsInto;
    private long nextAddress = FIRST_ADDRESS;
    private boolean beside;
    private long daxPages;

    Scene(final KernelVersion version, final Config config) {
        super(version, config);
        this.mapsInto = mm();
    }

    /* ---- where ---- */

    /** The next mapping follows the one before without a gap. */
    Scene beside() {
        beside = true;
        return this;
    }

    /** Mappings are made in another process from now on. */
    Scene in(final MmStruct process) {
        mapsInto = process;
        return this;
    }

    /** A fresh place, at a multiple of 2 MiB with a hole before and behind it, or right behind the last one. */
    Place place(final long pages) {
        if (!beside) {
            nextAddress = (nextAddress + 2 * PageTableGeometry.HPAGE_PMD_SIZE) & -PageTableGeometry.HPAGE_PMD_SIZE;
        }
        beside = false;
        final Place place = new Place(this, mapsInto, nextAddress, pages);
        nextAddress = place.va(pages);
        return place;
    }

    /** An address that no mapping is made at by the scene. */
    Place wild(final long va) {
        return new Place(this, mapsInto, va, 0);
    }

    /** The last page of user space. */
    Place lastPage() {
        return new Place(this, mapsInto, PageTableGeometry.FOUR_LEVEL.taskSize() - Place.PAGE, 1);
    }

    /* ---- anonymous memory, never touched ---- */

    /** Private, readable and writable. */
    Place anon(final long pages) {
        return anon(pages, RW);
    }

    /** Private. */
    Place anon(final long pages, final int prot) {
        return anon(place(pages), prot, 0);
    }

    /** Private, at a place, with {@code MAP_*} flags. */
    Place anon(final Place place, final int prot, final int flags) {
        return mapped(place, prot, MAP_PRIVATE | flags);
    }

    /** Private, in huge pages. */
    Place thp(final long pages) {
        final Place place = anon(pages);
        ok(place.mm().madvise(helper(), place.va(), place.bytes(), Mman.MADV_HUGEPAGE));
        return place;
    }

    /** Shared with children. */
    Place shared(final long pages) {
        return mapped(place(pages), RW, MAP_SHARED);
    }

    /** Pages of the hugetlb pool. */
    Place hugetlb(final long hugePages) {
        final HugetlbFile file = closeLast(new HugetlbFile(memory(), "hugetlb", hugePages));
        return file(place(hugePages * HUGE_PAGES), RW, MAP_SHARED, file);
    }

    private Place mapped(final Place place, final int prot, final int flags) {
        final int fixed = flags | MAP_ANONYMOUS | MAP_FIXED;
        assertEquals(place.va(), place.mm().mmap(helper(), place.va(), place.bytes(), prot, fixed), "mmap");
        return place;
    }

    /* ---- files ---- */

    /** Maps a file from its start. */
    Place file(final Place place, final int prot, final int flags, final MappedFile file) {
        final long va = place.mm().mmapFile(helper(), place.va(), place.bytes(), prot, flags | MAP_FIXED, file, 0);
        assertEquals(place.va(), va, "mmap");
        return place;
    }

    /** A file on a disk, its pages in the cache. */
    PageCacheFile diskFile(final long pages) {
        return closeLast(new PageCacheFile(memory(), "disk", pages * Place.PAGE));
    }

    /** A file of a DAX file system without blocks. */
    DaxFile daxFile(final long pages) {
        return daxFile(pages, memory().devices().get(0));
    }

    private DaxFile daxFile(final long pages, final DevPagemap device) {
        final long firstPfn = device.startPfn() + (device == memory().devices().get(0) ? daxPages : 0);
        daxPages += (pages + HUGE_PAGES - 1) & -HUGE_PAGES;
        return closeLast(new DaxFile(memory(), "pmem", device, firstPfn, pages * Place.PAGE));
    }

    /** A DAX file with its blocks, shared. */
    Place fsDax(final long pages) {
        return fsDax(pages, MAP_SHARED);
    }

    /** A DAX file with its blocks. */
    Place fsDax(final long pages, final int flags) {
        final DaxFile file = daxFile(pages);
        file.allocate(helper(), 0, pages);
        return file(place(pages), RW, flags, file);
    }

    /** A DAX file with its blocks, on another device. */
    Place fsDaxOn(final DevPagemap device, final long pages) {
        final DaxFile file = daxFile(pages, device);
        file.allocate(helper(), 0, pages);
        return file(place(pages), RW, MAP_SHARED, file);
    }

    /** A device's memory, mapped by entries of a size. */
    Place deviceDax(final long pages, final long entryBytes) {
        final DaxDevice device =
                closeLast(new DaxDevice("dax0.0", memory().devices().get(1), entryBytes));
        return file(place(pages), RW, MAP_SHARED, device);
    }

    /* ---- pages ---- */

    /** Leaves only CMA pageblocks to movable allocations: what else is free becomes unmovable. */
    void onlyCmaIsMovable() {
        final Deque<long[]> taken = new ArrayDeque<>();
        for (int order = 10; order >= 0; order--) {
            for (long pfn = take(order); pfn >= 0; pfn = take(order)) {
                taken.push(new long[] {pfn, 1L << order});
            }
        }
        for (final long[] block : taken) {
            for (long pfn = block[0]; pfn < block[0] + block[1]; pfn++) {
                memory().memMap().put(helper(), memory().memMap().page(pfn), 1);
            }
        }
        for (final Zone zone : memory().zones()) {
            assertEquals(0, zone.freePages(Migratetype.MOVABLE), () -> "movable pages left in " + zone);
        }
    }

    private long take(final int order) {
        return memory().allocPages(helper(), 0, order);
    }

    /** Populates a place with pages of the CMA area. */
    Place inCma(final Place place) {
        return inCmaUndrained(place).populate();
    }

    /** Populates a place with pages of the CMA area, and leaves them in the pagevec. */
    Place inCmaUndrained(final Place place) {
        onlyCmaIsMovable();
        place.populateUndrained();
        checkCma(place);
        return place;
    }

    /** A place's pages are in the CMA area, or the scene is not what it should be. */
    void checkCma(final Place place) {
        for (final long pfn : place.pfns()) {
            assertTrue(isCma(pfn), () -> "not in CMA: pfn=" + pfn);
        }
    }

    /** Takes a page off the LRU until the end, as another migration or reclaim would. */
    void isolate(final Place page) {
        final long pfn = head(page.pfn(0));
        assertTrue(memory().lruvec().isolate(pfn), "not on the LRU");
        cleanUp(() -> memory().lruvec().putback(helper(), pfn));
    }

    /** Locks a page; the caller unlocks it. */
    void lock(final long page) {
        assertTrue(PageLock.tryLock(page), "the page is locked already");
    }

    void unlock(final long page) {
        PageLock.unlock(page);
    }

    /** Writes a place's pages to swap; nothing of them stays in memory. */
    Place swappedOut(final Place place) {
        assertEquals(place.pages(), place.mm().swapOut(helper(), place.va(), place.pages()), "pages swapped out");
        return place;
    }

    /** Has the NUMA scan look at a place. */
    void numaHint(final Place place) {
        assertEquals(place.pages(), place.mm().numaHint(helper(), place.va(), place.pages()), "pages hinted");
        assertTrue(Pte.isProtnone(place.pte(0)), "the entry is not protnone");
    }

    /** Poisons a page, which is lost for good. */
    void poison(final Place page) {
        ok(page.mm().poison(helper(), page.va()));
        losesPages(1);
    }

    /** A page of the kernel's own, to the end. */
    long kernelPage() {
        final long pfn = memory().allocPages(helper(), 0, 0);
        cleanUp(() -> memory().memMap().put(helper(), memory().memMap().page(pfn), 1));
        return pfn;
    }

    /** References to a place's pages that neither mappings nor pagevecs explain. */
    int heldRefs(final Place place) {
        int held = 0;
        for (final long pfn : place.pfns()) {
            held += countedRefs(pfn) - mappings(pfn);
        }
        return held;
    }

    /** Address of the hot record of a page's head. */
    long address(final Place page) {
        return memory().memMap().page(head(page.pfn(0)));
    }
}
