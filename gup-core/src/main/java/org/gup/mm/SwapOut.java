package org.gup.mm;

import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.file.ShmemFile;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.rmap.Rmap;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Lruvec;
import org.gup.zone.SwapArea;

/**
 * Writes pages to swap. Models {@code shrink_page_list()}, mm/vmscan.c, v5.2, on pages that are chosen by address.
 *
 * <p>Order: the page is locked and gets a slot; every mapping becomes a swap entry, cleared and flushed first; the page is
 * written; only if nobody has a reference besides the swap cache does it leave it and is freed. A page that somebody holds stays
 * in the swap cache, and a fault finds it there.
 *
 * <p>Differs: whether a page was used recently does not matter; the write is over when it returns; pages on pagevecs are drained
 * first. Assumption: while a page that several address spaces map is swapped out, none of them but this one forks or unmaps it.
 *
 * <p>Threading: mmap_sem held for write, so that nothing here comes and goes meanwhile.
 */
final class SwapOut {
    private final Task task;
    private final AnonPages pages;
    private final MemMap memMap;
    private final SwapArea swap;
    private final Lruvec lruvec;
    private final Rmap rmap;

    private SwapOut(final Task task, final MmParts parts) {
        this.task = task;
        this.pages = parts.pages;
        this.memMap = pages.memMap();
        this.swap = pages.memory().swap();
        this.lruvec = pages.memory().lruvec();
        this.rmap = parts.rmap;
    }

    /** Swaps out what is mapped in {@code [start, end)}; answers how many pages were freed by it. */
    static long range(final Task task, final MmParts parts, final long start, final long end) {
        final SwapOut swapOut = new SwapOut(task, parts);
        swapOut.lruvec.drainAll(task);
        final MappedPage mapped = new MappedPage(parts, task);
        long swapped = 0;
        for (long address = start; address < end; address += PAGE_SIZE) {
            final VmArea vma = parts.index.find(address);
            if (vma == null) {
                break;
            }
            if (vma.contains(address) && mapped.hold(vma, address)) {
                swapped += swapOut.page(vma, address, mapped) ? 1 : 0;
                mapped.release();
            }
        }
        return swapped;
    }

    /** The page is held; if it goes, the caller's reference is the last. */
    private boolean page(final VmArea vma, final long address, final MappedPage mapped) {
        final long pfn = mapped.pfn;
        final long page = memMap.page(pfn);
        if (memMap.head(page) != page || !PageLock.tryLock(page)) {
            return false;
        }
        boolean swapped = false;
        if ((PageDescriptor.flagsVolatile(page) & PG_MLOCKED) == 0 && !pages.isMerged(pfn)) {
            if (!pages.isAnon(pfn)) {
                swapped = vma.file() instanceof final ShmemFile file && shared(vma, address, file, pfn);
            } else if (isolate(pfn)) {
                swapped = anonymous(mapped);
                if (swapped) {
                    pages.put(task, pfn);
                } else {
                    lruvec.putback(task, pfn);
                }
            }
        }
        PageLock.unlock(page);
        return swapped;
    }

    /** A page that a split has just made is still on this CPU's pagevec. */
    private boolean isolate(final long pfn) {
        if ((PageDescriptor.flagsVolatile(memMap.page(pfn)) & PG_LRU) == 0) {
            lruvec.drainCpu(task.cpu(), task);
        }
        return lruvec.isolate(pfn);
    }

    private boolean shared(final VmArea vma, final long address, final ShmemFile file, final long pfn) {
        return rmap.tryToUnmapTo(task, pfn, 0) && file.swapOut(task, vma.pageIndex(address), pfn);
    }

    /** Isolated: its count is that of the mappings, the isolation, the caller, and the swap cache. */
    private boolean anonymous(final MappedPage mapped) {
        final long pfn = mapped.pfn;
        final boolean cached = (PageDescriptor.flagsVolatile(memMap.page(pfn)) & PG_SWAPCACHE) != 0;
        final long slot = cached ? pages.swapSlot(pfn) : swap.allocateSlot();
        if (slot < 0) {
            return false;
        }
        if (cached) {
            swap.duplicate(slot);
        } else {
            swap.addToCache(task, slot, pfn);
        }
        // One count of the slot is ours until the end.
        final boolean unmapped = unmap(mapped, slot);
        boolean freed = false;
        if (unmapped) {
            swap.write(slot, pfn);
            task.counters().add(Counter.PSWPOUT, 1);
            // Order: volatile, after every mapping was cleared by an exchange: a fast walk's reference is seen.
            freed = PageRef.countVolatile(memMap.page(pfn)) == 3;
        }
        if (freed) {
            swap.removeFromCache(task, pfn);
        }
        swap.freeOne(task, slot);
        if (!freed) {
            pages.tryToFreeSwap(task, pfn);
        }
        return freed;
    }

    /** Every mapping becomes an entry for the slot. */
    private boolean unmap(final MappedPage mapped, final long slot) {
        final long pfn = mapped.pfn;
        final int mappings = memMap.pteMapcount(pfn);
        for (int i = 0; i < mappings; i++) {
            swap.duplicate(slot);
        }
        final long before = task.counters().get(Counter.RMAP_REPLACED);
        final boolean unmapped = rmap.tryToUnmapTo(task, pfn, SwapArea.entry(slot));
        // Another address space may have dropped its mapping meanwhile: only entries that were made name the slot.
        for (long left = mappings - (task.counters().get(Counter.RMAP_REPLACED) - before); left > 0; left--) {
            swap.freeOne(task, slot);
        }
        return unmapped;
    }
}
