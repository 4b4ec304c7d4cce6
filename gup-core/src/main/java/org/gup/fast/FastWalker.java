package org.gup.fast;

import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.pgtable.PageTableGeometry.P4D_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PGD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.addressEnd;

import org.gup.flags.FollFlags;
import org.gup.page.DevPagemap;
import org.gup.page.DevPagemaps;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.task.WalkState;
import org.gup.tlb.WalkerEpoch;
import org.jspecify.annotations.Nullable;

/**
 * The lock-free walk: turns a range of virtual addresses into page frame numbers, each page with a reference taken, as long
 * as that needs no lock, no fault and no VMA. Models {@code gup_pgd_range()} and what it calls, mm/gup.c, v5.2.
 *
 * <p>The walk stops for good at the first entry it may not or cannot use; what was gathered before stays gathered, and
 * {@link WalkState#stop()} says why.
 *
 * <p>Assumptions: (1) a table is freed only after {@link WalkerEpoch#synchronize} since it was unlinked; (2) a leaf entry is
 * cleared by an atomic exchange before the page's count is compared or the mapping's reference dropped; (3) every table
 * that a present entry points to, and every page that a leaf names, lies in this model. Guarantees: a page that is returned
 * was mapped at its address at some moment inside the call, with the permission asked for, and cannot be freed until its
 * reference is given back. Progress: lock-free; a walk is bounded by its range.
 *
 * <p>Differs: {@code PG_referenced} is tested before it is set, where the kernel sets it unconditionally; a PUD entry that
 * is neither present nor empty stops the walk, where the kernel only tests for emptiness and would follow it.
 *
 * <p>Threading: stateless; the state of a walk is the task's.
 */
public final class FastWalker implements PageWalk {
    private final MemMap memMap;
    private final TablePages tables;
    private final WalkerEpoch epoch;
    private final DevPagemaps devPagemaps;
    private final LeafGuard guard;

    /**
     * A walker over one model's memory.
     *
     * @param memMap its pages
     * @param tables its tables
     * @param epoch where walks are announced
     * @param devPagemaps its device ranges
     * @param guard the checks for each page
     */
    public FastWalker(
            final MemMap memMap,
            final TablePages tables,
            final WalkerEpoch epoch,
            final DevPagemaps devPagemaps,
            final LeafGuard guard) {
        this.memMap = memMap;
        this.tables = tables;
        this.epoch = epoch;
        this.devPagemaps = devPagemaps;
        this.guard = guard;
    }

    /**
     * Walks a range. Allocates nothing.
     *
     * @param task who walks; its walk state then holds the reason of a stop
     * @param root the address space
     * @param start first address, page-aligned
     * @param nrPages pages, at least 1; {@code start + nrPages * 4096} is within user space
     * @param gupFlags {@code FOLL_WRITE} and {@code FOLL_LONGTERM} count, others do not
     * @param pages receives pfns from index 0 on; at least {@code nrPages} long
     * @return pages gathered, each with a reference
     * @throws IllegalStateException if the model or the address space is closed
     */
    @Override
    public int walk(
            final Task task,
            final WalkRoot root,
            final long start,
            final int nrPages,
            final int gupFlags,
            final long[] pages) {
        final WalkState walk = task.walkState();
        walk.nr = 0;
        walk.flags = gupFlags;
        walk.deniedPkeys = task.deniedPkeys((gupFlags & FollFlags.FOLL_WRITE) != 0);
        walk.stopped(StopReason.NONE);
        guard.prepare(walk, root.layout());
        final long end = start + ((long) nrPages << PAGE_SHIFT);
        epoch.enterWalk(task);
        try {
            if (root.isDead()) {
                throw new IllegalStateException("the address space is closed");
            }
            if (root.geometry() == PageTableGeometry.FIVE_LEVEL) {
                gupPgdRange(task, root.topTable(), start, end, pages);
            } else {
                gupP4dRange(task, root.topTable(), start, end, pages);
            }
            if ((gupFlags & FollFlags.FOLL_LONGTERM) != 0 && guard.longtermCheck() == LongtermCheck.CMA_SECOND_PASS) {
                rejectCmaPages(task, pages);
            }
        } finally {
            epoch.exitWalk(task);
        }
        task.counters().add(Counter.FAST_WALKS, 1);
        task.counters().add(Counter.FAST_PAGES, walk.nr);
        task.counters().stopped(walk.stop());
        return walk.nr;
    }

    /** Models {@code gup_pgd_range()} where the PGD is a level of its own. */
    private boolean gupPgdRange(
            final Task task, final long table, final long start, final long end, final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, PGD_LEVEL);
            // Order: acquire pairs with the release that linked the child, after it was zeroed.
            // Alive: the top table lives as long as the address space; inside the epoch, which its end waits for.
            final long pgd = TablePages.entryAcquire(TablePages.entryAddress(table, address, PGD_LEVEL));
            if (!Pte.isHardwarePresent(pgd)) {
                return stop(task, StopReason.PGD_NONE);
            }
            if (!gupP4dRange(task, tables.child(pgd), address, next, pages)) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    /** Models {@code gup_p4d_range()}; with four levels, {@code gup_pgd_range()} over a folded p4d. */
    private boolean gupP4dRange(
            final Task task, final long table, final long start, final long end, final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, P4D_LEVEL);
            // Order: as in gupPgdRange. Alive: inside the epoch, so MmuGather cannot recycle this table.
            final long p4d = TablePages.entryAcquire(TablePages.entryAddress(table, address, P4D_LEVEL));
            if (!Pte.isHardwarePresent(p4d)) {
                return stop(task, StopReason.P4D_NONE);
            }
            if (!gupPudRange(task, tables.child(p4d), address, next, pages)) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    /** Models {@code gup_pud_range()}. */
    private boolean gupPudRange(
            final Task task, final long table, final long start, final long end, final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, PUD_LEVEL);
            // Order: as in gupPgdRange. Alive: inside the epoch, so MmuGather cannot recycle this table.
            final long pudAddress = TablePages.entryAddress(table, address, PUD_LEVEL);
            final long pud = TablePages.entryAcquire(pudAddress);
            if (!Pte.isHardwarePresent(pud)) {
                return stop(task, StopReason.PUD_NONE);
            }
            final boolean goOn = Pte.isHuge(pud)
                    ? gupHugeLeaf(task, pudAddress, pud, address, next, PUD_LEVEL, pages)
                    : gupPmdRange(task, tables.child(pud), address, next, pages);
            if (!goOn) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    /** Models {@code gup_pmd_range()}. */
    private boolean gupPmdRange(
            final Task task, final long table, final long start, final long end, final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, PMD_LEVEL);
            // Order: as in gupPgdRange. Alive: inside the epoch, so MmuGather cannot recycle this table.
            final long pmdAddress = TablePages.entryAddress(table, address, PMD_LEVEL);
            final long pmd = TablePages.entryAcquire(pmdAddress);
            if (!Pte.isPmdPresent(pmd)) {
                return stop(task, Pte.isNone(pmd) ? StopReason.PMD_NONE : StopReason.SWAP);
            }
            // The entry is read once: leaf or table is decided, and followed, on this copy.
            final boolean goOn = Pte.isHuge(pmd)
                    ? gupHugeLeaf(task, pmdAddress, pmd, address, next, PMD_LEVEL, pages)
                    : gupPteRange(task, tables.child(pmd), address, next, pages);
            if (!goOn) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    /** Models {@code gup_pte_range()}. */
    private boolean gupPteRange(
            final Task task, final long table, final long start, final long end, final long[] pages) {
        final WalkState walk = task.walkState();
        final LeafGuard guard = this.guard;
        final MemMap memMap = this.memMap;
        final long hotBase = memMap.hotBase();
        final long mask = walk.checkMask;
        final long want = walk.checkWant;
        final long devmap = walk.devmap;
        final int flags = walk.flags;
        final int deniedPkeys = walk.deniedPkeys;
        final int nrStart = walk.nr;
        int nr = nrStart;
        DevPagemap pgmap = null;
        StopReason stop = null;
        long pteAddress = TablePages.entryAddress(table, start, PTE_LEVEL);
        final long pteEnd = pteAddress + ((end - start) >>> (PAGE_SHIFT - 3));
        for (; pteAddress < pteEnd; pteAddress += Long.BYTES) {
            // Order: acquire pairs with the release that set the entry, after its struct page was ready.
            // Alive: inside the epoch, so MmuGather cannot recycle this table.
            final long pte = TablePages.entryAcquire(pteAddress);
            final long pfn = (pte & Pte.PFN_MASK) >>> PAGE_SHIFT;
            if (!guard.passes(pte, mask, want, devmap, flags, deniedPkeys)) {
                stop = guard.refusal(pte, walk);
                if (stop == null && (pte & devmap) != 0) {
                    pgmap = devPagemaps.get(pfn, pgmap);
                    if (pgmap == null) {
                        undoDevPagemap(task, nrStart, nr, pages);
                        nr = nrStart;
                        stop = StopReason.PGMAP_DEAD;
                    }
                }
                if (stop != null) {
                    break;
                }
            }
            if (guard.refusesLongterm(memMap, pfn, flags)) {
                stop = StopReason.CMA_LONGTERM;
                break;
            }
            final long head = guard.tryGetHead(memMap, PageDescriptor.page(hotBase, pfn));
            if (head == 0) {
                stop = noReference(PageDescriptor.page(hotBase, pfn));
                break;
            }
            // Order: volatile, after the CAS of the reference: the other half of an unmapper's exchange-then-compare.
            // Alive: as above; and from here on the page is ours.
            if (TablePages.entryVolatile(pteAddress) != pte) {
                memMap.put(task, head, 1);
                stop = StopReason.ENTRY_CHANGED;
                break;
            }
            if (guard.setsReferencedAlways() || (PageDescriptor.flagsOpaque(head) & PG_REFERENCED) == 0) {
                PageDescriptor.setFlags(head, PG_REFERENCED);
            }
            pages[nr++] = pfn;
        }
        if (pgmap != null) {
            pgmap.put();
        }
        walk.nr = nr;
        return stop == null || stop(task, stop);
    }

    /**
     * A leaf of level 2 or 3: one read-modify-write for all of its pages. Models {@code gup_huge_pmd()} and
     * {@code gup_huge_pud()}.
     */
    private boolean gupHugeLeaf(
            final Task task,
            final long leafAddress,
            final long leaf,
            final long start,
            final long end,
            final int level,
            final long[] pages) {
        final WalkState walk = task.walkState();
        // In v5.2 bit 9 means nothing in a huge leaf.
        final long checked = leaf & ~Pte.SPECIAL;
        if (!guard.passes(checked, walk.checkMask, walk.checkWant, walk.devmap, walk.flags, walk.deniedPkeys)) {
            final StopReason refusal = guard.refusal(checked, walk);
            if (refusal != null) {
                return stop(task, refusal);
            }
        }
        final int count = (int) ((end - start) >>> PAGE_SHIFT);
        final long insideLeaf = (start & (PageTableGeometry.size(level) - 1)) >>> PAGE_SHIFT;
        final long pfn = Pte.hugePfn(leaf, level) + insideLeaf;
        if ((leaf & walk.devmap) != 0) {
            return gupDeviceHuge(task, leafAddress, leaf, pfn, count, pages);
        }
        if (guard.refusesLongterm(memMap, pfn, walk.flags)) {
            return stop(task, StopReason.CMA_LONGTERM);
        }
        final long head = memMap.head(memMap.page(pfn));
        if (!PageRef.tryGet(head, count)) {
            return stop(task, noReference(head));
        }
        // Order: volatile, after the CAS of the references. Alive: as in gupPteRange.
        if (TablePages.entryVolatile(leafAddress) != leaf) {
            memMap.put(task, head, count);
            return stop(task, StopReason.ENTRY_CHANGED);
        }
        if (guard.setsReferencedAlways() || (PageDescriptor.flagsOpaque(head) & PG_REFERENCED) == 0) {
            PageDescriptor.setFlags(head, PG_REFERENCED);
        }
        final int nr = walk.nr;
        for (int i = 0; i < count; i++) {
            pages[nr + i] = pfn + i;
        }
        walk.nr = nr + count;
        return true;
    }

    /** Device pages have no compound head: a reference for each. Models {@code __gup_device_huge()} and its callers. */
    private boolean gupDeviceHuge(
            final Task task,
            final long leafAddress,
            final long leaf,
            final long firstPfn,
            final int count,
            final long[] pages) {
        final WalkState walk = task.walkState();
        final int nrStart = walk.nr;
        int nr = nrStart;
        DevPagemap pgmap = null;
        for (long pfn = firstPfn; pfn < firstPfn + count; pfn++) {
            pgmap = devPagemaps.get(pfn, pgmap);
            if (pgmap == null) {
                undoDevPagemap(task, nrStart, nr, pages);
                return stop(task, StopReason.PGMAP_DEAD);
            }
            final long page = memMap.page(pfn);
            PageDescriptor.setFlags(page, PG_REFERENCED);
            PageRef.get(page, 1);
            pages[nr++] = pfn;
        }
        if (pgmap != null) {
            pgmap.put();
        }
        // Order: volatile, after the atomic adds of the references. Alive: as in gupPteRange.
        if (TablePages.entryVolatile(leafAddress) != leaf) {
            undoDevPagemap(task, nrStart, nr, pages);
            return stop(task, StopReason.ENTRY_CHANGED);
        }
        walk.nr = nr;
        return true;
    }

    /** Gives back everything from the first CMA page on. The second pass of {@link LongtermCheck#CMA_SECOND_PASS}. */
    private void rejectCmaPages(final Task task, final long[] pages) {
        final WalkState walk = task.walkState();
        final int gathered = walk.nr;
        for (int i = 0; i < gathered; i++) {
            if (LeafGuard.isCmaForLong(memMap, pages[i], walk.flags)) {
                for (int j = i; j < gathered; j++) {
                    memMap.put(task, memMap.head(memMap.page(pages[j])), 1);
                }
                walk.nr = i;
                stop(task, StopReason.CMA_LONGTERM);
                return;
            }
        }
    }

    /** Gives back every page gathered since {@code nrStart}, device page or not. Models {@code undo_dev_pagemap()}. */
    private void undoDevPagemap(final Task task, final int nrStart, final int nr, final long[] pages) {
        for (int i = nr - 1; i >= nrStart; i--) {
            final long head = memMap.head(memMap.page(pages[i]));
            PageDescriptor.clearFlags(head, PG_REFERENCED);
            memMap.put(task, head, 1);
        }
    }

    private StopReason noReference(final long page) {
        if (PageRef.countOpaque(memMap.head(page)) < 0) {
            return StopReason.REFCOUNT_OVERFLOW;
        }
        return StopReason.REFCOUNT_ZERO;
    }

    private static boolean stop(final Task task, final @Nullable StopReason reason) {
        task.walkState().stopped(reason == null ? StopReason.NONE : reason);
        return false;
    }
}
