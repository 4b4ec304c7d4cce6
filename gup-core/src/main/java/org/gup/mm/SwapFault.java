package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;

import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Lruvec;
import org.gup.zone.SwapArea;

/**
 * Faults on pages that are in swap. Models {@code do_swap_page()}, mm/memory.c, v5.2, with {@code swapin_readahead()}.
 *
 * <p>A page that is read in stays in the swap cache until somebody writes to it, and is put on the pagevec of activations.
 *
 * <p>Differs: the read is over when it returns; a fault that may give mmap_sem up does so all the same, as it would while the
 * disk works. Nothing is read ahead.
 *
 * <p>Threading: mmap_sem held for read. Lock order: page lock, then the PTE table's lock, then the swap area's.
 */
final class SwapFault {
    private final MmStruct mm;
    private final PageTables pageTables;
    private final AnonPages pages;
    private final AnonIdentity identity;
    private final AnonFault anonFault;
    private final MemMap memMap;
    private final SwapArea swap;
    private final Lruvec lruvec;

    SwapFault(
            final MmStruct mm,
            final PageTables pageTables,
            final AnonPages pages,
            final AnonIdentity identity,
            final AnonFault anonFault) {
        this.mm = mm;
        this.pageTables = pageTables;
        this.pages = pages;
        this.identity = identity;
        this.anonFault = anonFault;
        this.memMap = pages.memMap();
        this.swap = pages.memory().swap();
        this.lruvec = pages.memory().lruvec();
    }

    /** The entry names a slot. */
    int swapIn(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pteAddress,
            final long pte) {
        final long slot = SwapArea.slot(pte);
        identity.prepare(task, vma);
        int result = 0;
        long pfn = swap.getCached(slot);
        if (pfn < 0) {
            if (!hold(pteAddress, pte, slot)) {
                return 0;
            }
            pfn = read(task, slot);
            swap.freeOne(task, slot);
            if (pfn < 0) {
                return VM_FAULT_OOM;
            }
            result = VM_FAULT_MAJOR;
            task.counters().add(Counter.PGMAJFAULT, 1);
            if ((faultFlags & FAULT_FLAG_ALLOW_RETRY) != 0) {
                pages.put(task, pfn);
                if ((faultFlags & FAULT_FLAG_RETRY_NOWAIT) == 0) {
                    mm.mmapReadUnlock(task);
                }
                return result | VM_FAULT_RETRY;
            }
        }
        pages.lockPage(pfn);
        final long page = memMap.page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_SWAPCACHE) == 0 || pages.swapSlot(pfn) != slot) {
            PageLock.unlock(page);
            pages.put(task, pfn);
            return result;
        }
        return result | map(task, vma, address, faultFlags, pteAddress, pte, pfn);
    }

    /** One more count for the slot while its entry is there, so that it stays what it is while the page is read. */
    private boolean hold(final long pteAddress, final long pte, final long slot) {
        pageTables.lock(pteAddress);
        final boolean same = TablePages.entryAcquire(pteAddress) == pte;
        if (same) {
            swap.duplicate(slot);
        }
        pageTables.unlock(pteAddress);
        return same;
    }

    /** A page with the slot's contents, cached and on the LRU, with a reference; -1 without memory. */
    private long read(final Task task, final long slot) {
        final long pfn = pages.allocate(task);
        if (pfn < 0) {
            return -1;
        }
        final long page = memMap.page(pfn);
        pages.lockPage(pfn);
        final boolean added = swap.addToCache(task, slot, pfn);
        if (added) {
            swap.read(slot, pfn);
            PageDescriptor.setFlags(page, PG_SWAPBACKED | PG_UPTODATE);
            lruvec.add(task, pfn, false);
            task.counters().add(Counter.PSWPIN, 1);
        }
        PageLock.unlock(page);
        if (added) {
            lruvec.drainCpu(task.cpu(), task);
            return pfn;
        }
        pages.put(task, pfn);
        // Somebody else was first. The page cannot leave the cache for good while the slot is held.
        final long cached = swap.getCached(slot);
        return cached >= 0 ? cached : read(task, slot);
    }

    /** The page is locked, cached for the slot, and the caller's reference becomes the mapping's. */
    private int map(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pteAddress,
            final long pte,
            final long pfn) {
        final long page = memMap.page(pfn);
        pageTables.lock(pteAddress);
        if (TablePages.entryAcquire(pteAddress) != pte) {
            pageTables.unlock(pteAddress);
            pages.freeUnusedSwap(task, pfn);
            PageLock.unlock(page);
            pages.put(task, pfn);
            return 0;
        }
        int result = 0;
        long bits = vma.protectionBits();
        boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        if (write && pages.reuseSwapPage(task, pfn)) {
            bits = PageProtection.maybeWritable(bits | Pte.DIRTY, vma.flags());
            result = VM_FAULT_WRITE;
            write = false;
        }
        if ((PageDescriptor.flagsVolatile(page) & PG_ANON) == 0) {
            pages.identify(vma, address, pfn);
        }
        memMap.addPteMapcount(pfn, 1);
        final long mapped = Pte.of(pfn, bits);
        TablePages.storeRelease(pteAddress, mapped);
        activate(task, pfn);
        swap.freeOne(task, SwapArea.slot(pte));
        if ((vma.flags() & VmFlags.VM_LOCKED) != 0
                || (PageDescriptor.flagsVolatile(page) & PG_MLOCKED) != 0
                || 2 * swap.inUse() > swap.slots()) {
            pages.tryToFreeSwap(task, pfn);
        }
        PageLock.unlock(page);
        if (write) {
            return result | anonFault.readOnly(task, vma, address, pteAddress, mapped);
        }
        pageTables.unlock(pteAddress);
        return result;
    }

    /** Models {@code activate_page()}: what {@code mark_page_accessed()} does with a page that was referenced before. */
    private void activate(final Task task, final long pfn) {
        final long page = memMap.page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & (PG_LRU | PG_ACTIVE | PG_UNEVICTABLE)) == PG_LRU) {
            PageDescriptor.setFlags(page, PG_REFERENCED);
            lruvec.markAccessed(task, pfn);
        }
    }
}
