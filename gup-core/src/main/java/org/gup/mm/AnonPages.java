package org.gup.mm;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_KSM;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.page.PageDescriptor.PG_WRITEBACK;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;

import org.gup.flags.VmFlags;
import org.gup.offheap.Await;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;

/**
 * Anonymous pages: where they come from, and what mapping them counts.
 *
 * <p>References: 1 for each PTE mapping of a small page, and 1 more while it sits on a pagevec; 1 for each PMD mapping of a
 * huge page, and 1 for each of its base pages that a PTE maps. Zero pages, device pages, and pages read from a dump (which lie
 * in no zone) are not counted: mapping and unmapping leave their counts alone.
 */
final class AnonPages {
    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final Pageblock pageblocks;
    private final FrameStore frames;
    private final Lruvec lruvec;
    private final Await await;
    private final long zeroPfn;

    AnonPages(final PhysicalMemory memory) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.pageblocks = memMap.pageblocks();
        this.frames = memory.frames();
        this.lruvec = memory.lruvec();
        this.await = memory.await();
        this.zeroPfn = memory.zeroPfn();
    }

    PhysicalMemory memory() {
        return memory;
    }

    MemMap memMap() {
        return memMap;
    }

    long zeroPfn() {
        return zeroPfn;
    }

    /** The huge zero page, or -1. */
    long hugeZeroPfn(final Task task) {
        return memory.hugeZeroPfn(task);
    }

    /** Whether a huge page is the huge zero page. */
    boolean isHugeZero(final long headPfn) {
        return memory.isHugeZeroPfn(headPfn);
    }

    /** A zeroed base page, or -1. Models {@code alloc_zeroed_user_highpage_movable()}. */
    long allocateZeroed(final Task task) {
        return memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_ZERO, 0);
    }

    /** A zeroed huge page, or -1. */
    long allocateHugeZeroed(final Task task) {
        return memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_ZERO | Gfp.GFP_COMP, HPAGE_PMD_ORDER);
    }

    /** A base page whose contents are to be filled in, or -1. */
    long allocate(final Task task) {
        return memory.allocPages(task, Gfp.GFP_MOVABLE, 0);
    }

    /** A base page with the contents of another, or -1. */
    long allocateCopy(final Task task, final long fromPfn) {
        final long pfn = allocate(task);
        if (pfn >= 0) {
            frames.copy(pfn, fromPfn);
        }
        return pfn;
    }

    /** A huge page with the contents of another, or -1. */
    long allocateHugeCopy(final Task task, final long fromHeadPfn) {
        final long headPfn = memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_COMP, HPAGE_PMD_ORDER);
        if (headPfn >= 0) {
            for (int i = 0; i < HPAGE_PMD_NR; i++) {
                frames.copy(headPfn + i, fromHeadPfn + i);
            }
        }
        return headPfn;
    }

    /** Counts the first mapping of a fresh base page. Models {@code page_add_new_anon_rmap()}, {@code lru_cache_add()}. */
    void mapNew(final Task task, final VmArea vma, final long address, final long pfn) {
        identify(vma, address, pfn);
        memMap.addPteMapcount(pfn, 1);
        addToLru(task, vma, pfn);
    }

    /** Counts the first mapping, by a PMD, of a fresh huge page. */
    void mapNewHuge(final Task task, final VmArea vma, final long hugeAddress, final long headPfn) {
        identify(vma, hugeAddress, headPfn);
        memMap.addCompoundMapcount(headPfn, 1);
        addToLru(task, vma, headPfn);
    }

    /** Models {@code lru_cache_add_active_or_unevictable()}. */
    private void addToLru(final Task task, final VmArea vma, final long headPfn) {
        final boolean locked = (vma.flags() & (VmFlags.VM_LOCKED | VmaEdit.VM_SPECIAL)) == VmFlags.VM_LOCKED;
        if (locked) {
            PageDescriptor.setFlags(memMap.page(headPfn), PG_MLOCKED);
        }
        lruvec.add(task, headPfn, !locked);
    }

    /** Says whose page it is, and where. Models the end of {@code page_add_new_anon_rmap()}. */
    void identify(final VmArea vma, final long address, final long pfn) {
        final long cold = memMap.cold(pfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, vma.anonVma());
        PageDescriptor.coldLong(cold, INDEX_OFFSET, vma.pageIndex(address));
        PageDescriptor.setFlags(memMap.page(pfn), PG_ANON | PG_SWAPBACKED | PG_UPTODATE);
    }

    /** Whether mappings of a page by PTEs are counted. */
    boolean isCounted(final long pfn) {
        final int zone = pageblocks.zone(pfn);
        return zone == Zone.NORMAL || zone == Zone.MOVABLE;
    }

    /** Whether mappings of a page by PMDs are counted. */
    boolean isCountedHuge(final long headPfn) {
        return isCounted(headPfn) && !isHugeZero(headPfn);
    }

    /** The page behind a present PTE, or -1 if it has none to be counted or copied. Models {@code vm_normal_page()}. */
    long normalPfn(final long pte) {
        if (Pte.isSpecial(pte)) {
            return -1;
        }
        final long pfn = Pte.pfn(pte);
        return pfn == zeroPfn || !memMap.pfnValid(pfn) ? -1 : pfn;
    }

    /** The page behind a present PTE that has none to be counted, but contents to be copied; -1 for zeroes. */
    long specialPfn(final long pte) {
        final long pfn = Pte.pfn(pte);
        return pfn == zeroPfn || !memMap.pfnValid(pfn) ? -1 : pfn;
    }

    /** Whether a page stands for several with the same contents. Models {@code PageKsm()}. */
    boolean isMerged(final long pfn) {
        return (PageDescriptor.flagsOpaque(memMap.page(pfn)) & PG_KSM) != 0;
    }

    /** Ends the locking of a page that a locked mapping has given up or is about to. Models {@code munlock_vma_page()}. */
    void munlock(final Task task, final long pfn) {
        final long head = memMap.head(memMap.page(pfn));
        if ((PageDescriptor.flagsVolatile(head) & PG_MLOCKED) != 0) {
            PageLock.lock(head, await);
            if ((PageDescriptor.flagsVolatile(head) & PG_MLOCKED) != 0) {
                lruvec.munlock(task, memMap.pfn(head));
            }
            PageLock.unlock(head);
        }
    }

    /** Whether a page is anonymous. Models {@code PageAnon()}. */
    boolean isAnon(final long pfn) {
        return (PageDescriptor.flagsOpaque(memMap.head(memMap.page(pfn))) & PG_ANON) != 0;
    }

    /**
     * Whether nobody else maps a page or has it in swap: then it leaves the swap cache. Models {@code reuse_swap_page()}:
     * references do not count, and every base page of a huge one must have one mapping at most. The page is locked.
     */
    boolean reuseSwapPage(final Task task, final long pfn) {
        final int flags = PageDescriptor.flagsVolatile(memMap.page(pfn));
        if ((flags & PG_KSM) != 0) {
            return false;
        }
        final boolean cached = (flags & PG_SWAPCACHE) != 0;
        final int users = mostMappings(pfn) + (cached ? memory.swap().count(swapSlot(pfn)) : 0);
        if (users > 1) {
            return false;
        }
        if (cached && (flags & PG_WRITEBACK) == 0) {
            memory.swap().removeFromCache(task, pfn);
        }
        return true;
    }

    /** The slot of a page in the swap cache. */
    long swapSlot(final long pfn) {
        return PageDescriptor.coldLong(memMap.cold(pfn), PRIVATE_OFFSET);
    }

    /** Takes a locked page out of the swap cache if no entry names its slot. Models {@code try_to_free_swap()}. */
    void tryToFreeSwap(final Task task, final long pfn) {
        if ((PageDescriptor.flagsVolatile(memMap.page(pfn)) & (PG_SWAPCACHE | PG_WRITEBACK)) == PG_SWAPCACHE
                && memory.swap().count(swapSlot(pfn)) == 0) {
            memory.swap().removeFromCache(task, pfn);
        }
    }

    /** The same for a locked page that nobody maps. */
    void freeUnusedSwap(final Task task, final long pfn) {
        if (memMap.pteMapcount(pfn) == 0) {
            tryToFreeSwap(task, pfn);
        }
    }

    /**
     * A mapping of a page is gone, and its reference is still held: if it was the last, the page leaves the swap cache. Models
     * {@code free_swap_cache()}.
     */
    void freeCachedSwap(final Task task, final long pfn) {
        final long page = memMap.page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_SWAPCACHE) != 0
                && memMap.pteMapcount(pfn) == 0
                && PageLock.tryLock(page)) {
            freeUnusedSwap(task, pfn);
            PageLock.unlock(page);
        }
    }

    /**
     * Whether a merged page has come down to one mapping and no reference besides: it is an ordinary page then. Models
     * {@code reuse_ksm_page()}.
     */
    boolean reuseMergedPage(final VmArea vma, final long address, final long pfn) {
        final long page = memMap.page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_SWAPCACHE) != 0 || !PageRef.freeze(page, 1)) {
            return false;
        }
        PageDescriptor.clearFlags(page, PG_KSM);
        identify(vma, address, pfn);
        PageRef.unfreeze(page, 1);
        return true;
    }

    private int mostMappings(final long pfn) {
        final long headPfn = memMap.pfn(memMap.head(memMap.page(pfn)));
        final long end = headPfn + (1L << memMap.compoundOrder(headPfn));
        int most = 0;
        for (long part = headPfn; part < end; part++) {
            most = Math.max(most, memMap.pteMapcount(part));
        }
        return most + memMap.compoundMapcount(headPfn);
    }

    /** Takes a reference to a page that the caller's lock keeps mapped. */
    void get(final long pfn) {
        PageRef.get(memMap.head(memMap.page(pfn)), 1);
    }

    /** Gives a reference back. */
    void put(final Task task, final long pfn) {
        memMap.put(task, memMap.page(pfn), 1);
    }

    /**
     * Takes the page lock while the lock of its entry is held; false, both released, if the entry changed meanwhile. The page
     * lock comes before the entry's, so when it is taken, the entry's is given up for as long as that lasts.
     */
    boolean lockPageUnder(
            final Task task, final PageTables pageTables, final long entryAddress, final long entry, final long pfn) {
        final long head = memMap.head(memMap.page(pfn));
        if (PageLock.tryLock(head)) {
            return true;
        }
        PageRef.get(head, 1);
        pageTables.unlock(entryAddress);
        PageLock.lock(head, await);
        pageTables.lock(entryAddress);
        final boolean same = TablePages.entryAcquire(entryAddress) == entry;
        if (!same) {
            pageTables.unlock(entryAddress);
            PageLock.unlock(head);
        }
        memMap.put(task, head, 1);
        return same;
    }

    /** Takes a page's lock, waiting for it. Models {@code lock_page()}; no page-table lock is held. */
    void lockPage(final long pfn) {
        PageLock.lock(memMap.head(memMap.page(pfn)), await);
    }

    /** Models {@code unlock_page()}. */
    void unlockPage(final long pfn) {
        PageLock.unlock(memMap.head(memMap.page(pfn)));
    }

    /** Whether transparent huge pages are wanted, under "madvise". Models {@code __transparent_hugepage_enabled()}. */
    static boolean wantsHugePages(final VmArea vma) {
        return (vma.flags() & (VmFlags.VM_HUGEPAGE | VmFlags.VM_NOHUGEPAGE)) == VmFlags.VM_HUGEPAGE;
    }
}
