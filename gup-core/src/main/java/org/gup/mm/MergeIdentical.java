package org.gup.mm;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_KSM;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Makes anonymous pages with the same contents one. Models {@code cmp_and_merge_page()}, {@code write_protect_page()} and
 * {@code replace_page()}, mm/ksm.c, v5.2.
 *
 * <p>Order: a page is made read-only by an exchange and a flush before its count is compared and its contents are looked at: a
 * page that somebody else has a reference to is left alone, since it might be written.
 *
 * <p>Differs: the first page of its contents in the range becomes the one, whatever other ranges have, unless another address
 * space maps it too: its addresses there are not known.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class MergeIdentical {
    private final Task task;
    private final MmParts parts;
    private final AnonPages pages;
    private final MemMap memMap;
    /** Addresses of pages that no other before them was like. */
    private final List<Long> distinct = new ArrayList<>();

    private MergeIdentical(final Task task, final MmParts parts) {
        this.task = task;
        this.parts = parts;
        this.pages = parts.pages;
        this.memMap = pages.memMap();
    }

    /** Merges what is mapped in {@code [start, end)}; answers how many pages were given up. */
    static int range(final Task task, final MmParts parts, final long start, final long end) {
        parts.pages.memory().lruvec().drainAll(task);
        final MergeIdentical merge = new MergeIdentical(task, parts);
        int merged = 0;
        for (long address = start; address < end; address += PAGE_SIZE) {
            merged += merge.page(address) ? 1 : 0;
        }
        return merged;
    }

    private boolean page(final long address) {
        final MappedPage candidate = hold(address);
        if (candidate == null) {
            return false;
        }
        boolean merged = false;
        boolean like = false;
        for (int i = 0; i < distinct.size() && !like; i++) {
            final MappedPage kept = hold(distinct.get(i));
            if (kept != null) {
                if (kept.pfn != candidate.pfn && isLike(kept.pfn, candidate.pfn)) {
                    like = true;
                    merged = merge(distinct.get(i), kept, address, candidate);
                }
                kept.release();
            }
        }
        if (!like) {
            distinct.add(address);
        }
        candidate.release();
        return merged;
    }

    private @Nullable MappedPage hold(final long address) {
        final VmArea vma = parts.index.find(address);
        final MappedPage mapped = new MappedPage(parts, task);
        if (vma == null || !vma.contains(address) || !mapped.hold(vma, address)) {
            return null;
        }
        if (!pages.isAnon(mapped.pfn)) {
            mapped.release();
            return null;
        }
        return mapped;
    }

    private boolean isLike(final long one, final long other) {
        final FrameStore frames = pages.memory().frames();
        for (int offset = 0; offset < FrameStore.FRAME_BYTES; offset += Long.BYTES) {
            if (frames.getLong(one, offset) != frames.getLong(other, offset)) {
                return false;
            }
        }
        return true;
    }

    private boolean merge(
            final long keptAddress, final MappedPage kept, final long address, final MappedPage candidate) {
        pages.lockPage(kept.pfn);
        final boolean stable = pages.isMerged(kept.pfn) || makeStable(keptAddress, kept);
        pages.unlockPage(kept.pfn);
        if (!stable) {
            return false;
        }
        final long owner = PageDescriptor.coldLong(memMap.cold(kept.pfn), MAPPING_OFFSET);
        parts.mergedPages.add(task, owner, address);
        pages.lockPage(candidate.pfn);
        final boolean replaced = writeProtect(candidate) && isLike(kept.pfn, candidate.pfn);
        if (replaced) {
            replace(address, candidate, kept.pfn);
        }
        pages.unlockPage(candidate.pfn);
        return replaced;
    }

    /** The page becomes one that stands for several. The page is locked. */
    private boolean makeStable(final long address, final MappedPage kept) {
        if (memMap.pteMapcount(kept.pfn) != 1) {
            return false;
        }
        final long owner = parts.mergedPages.newOwner();
        parts.mergedPages.add(task, owner, address);
        if (!writeProtect(kept)) {
            return false;
        }
        final long cold = memMap.cold(kept.pfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, owner);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, 0);
        PageDescriptor.setFlags(memMap.page(kept.pfn), PG_KSM);
        return true;
    }

    /** Models {@code write_protect_page()}. */
    private boolean writeProtect(final MappedPage mapped) {
        final long page = memMap.page(mapped.pfn);
        parts.pageTables.lock(mapped.pteAddress);
        final long pte = TablePages.entryAcquire(mapped.pteAddress);
        boolean exact = pte == mapped.pte;
        if (exact) {
            TablePages.getAndSet(mapped.pteAddress, 0);
            parts.pageTables.flushTlb();
            final boolean cached = (PageDescriptor.flagsVolatile(page) & PG_SWAPCACHE) != 0;
            final int known = memMap.pteMapcount(mapped.pfn) + 1 + (cached ? 1 : 0);
            exact = PageRef.countVolatile(page) == known;
            if (exact && parts.pageTables.root().layout().isDirty(pte)) {
                PageDescriptor.setFlags(page, PG_DIRTY);
            }
            mapped.pte = exact ? pte & ~(Pte.RW | Pte.DIRTY) : pte;
            TablePages.storeRelease(mapped.pteAddress, mapped.pte);
        }
        parts.pageTables.unlock(mapped.pteAddress);
        return exact;
    }

    /** Models {@code replace_page()}. */
    private void replace(final long address, final MappedPage candidate, final long keptPfn) {
        final VmArea vma = parts.index.get(parts.index.search(address));
        parts.pageTables.lock(candidate.pteAddress);
        final boolean same = TablePages.entryAcquire(candidate.pteAddress) == candidate.pte;
        if (same) {
            pages.get(keptPfn);
            memMap.addPteMapcount(keptPfn, 1);
            TablePages.getAndSet(candidate.pteAddress, 0);
            parts.pageTables.flushTlb();
            TablePages.storeRelease(candidate.pteAddress, Pte.of(keptPfn, vma.protectionBits()));
            memMap.addPteMapcount(candidate.pfn, -1);
        }
        parts.pageTables.unlock(candidate.pteAddress);
        if (same) {
            pages.freeUnusedSwap(task, candidate.pfn);
            pages.put(task, candidate.pfn);
        }
    }
}
