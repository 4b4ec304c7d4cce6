package org.gup.bench.paired;

import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.addressEnd;

import org.gup.fast.PageWalk;
import org.gup.flags.FollFlags;
import org.gup.page.DevPagemap;
import org.gup.page.DevPagemaps;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.task.WalkState;
import org.gup.tlb.WalkerEpoch;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The walk with the signature of v5.1: every level is given {@code boolean write} in place of flags. Its checks are those of the
 * product's check-by-check guard, in the same order; the signature is what is measured, so it cannot be the product's own class.
 * Models {@code gup_pgd_range(addr, end, write, pages, nr)}.
 *
 * <p>Leaves of 2 MiB and 1 GiB end it, as an entry that it cannot take: it is measured on base pages.
 *
 * <p>Threading: stateless; the state of a walk is the task's.
 */
final class WriteWalk implements PageWalk {
    private final MemMap memMap;
    private final TablePages tables;
    private final WalkerEpoch epoch;
    private final DevPagemaps devPagemaps;

    WriteWalk(final PhysicalMemory memory) {
        this.memMap = memory.memMap();
        this.tables = memory.tables();
        this.epoch = memory.epoch();
        this.devPagemaps = memory.devPagemaps();
    }

    @Override
    public int walk(
            final Task task,
            final WalkRoot root,
            final long start,
            final int nrPages,
            final int gupFlags,
            final long[] pages) {
        final boolean write = (gupFlags & FollFlags.FOLL_WRITE) != 0;
        final WalkState walk = task.walkState();
        walk.nr = 0;
        walk.deniedPkeys = task.deniedPkeys(write);
        walk.devmap = root.layout().devmap();
        walk.stopped(StopReason.NONE);
        final long end = start + ((long) nrPages << PAGE_SHIFT);
        epoch.enterWalk(task);
        try {
            if (root.isDead()) {
                throw new IllegalStateException("the address space is closed");
            }
            gupRange(task, root.geometry().levels(), root.topTable(), start, end, write, pages);
        } finally {
            epoch.exitWalk(task);
        }
        task.counters().add(Counter.FAST_WALKS, 1);
        task.counters().add(Counter.FAST_PAGES, walk.nr);
        task.counters().stopped(walk.stop());
        return walk.nr;
    }

    /** Any level above the PMD. */
    private boolean gupRange(
            final Task task,
            final int level,
            final long table,
            final long start,
            final long end,
            final boolean write,
            final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, level);
            // Order: acquire pairs with the release that linked the child. Alive: inside the epoch.
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (!Pte.isHardwarePresent(entry) || (level <= PUD_LEVEL && Pte.isHuge(entry))) {
                return stop(task, StopReason.PUD_NONE);
            }
            final long child = tables.child(entry);
            final boolean goOn = level - 1 > PMD_LEVEL
                    ? gupRange(task, level - 1, child, address, next, write, pages)
                    : gupPmdRange(task, child, address, next, write, pages);
            if (!goOn) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    private boolean gupPmdRange(
            final Task task,
            final long table,
            final long start,
            final long end,
            final boolean write,
            final long[] pages) {
        long address = start;
        do {
            final long next = addressEnd(address, end, PMD_LEVEL);
            // Order and life: as in gupRange.
            final long pmd = TablePages.entryAcquire(TablePages.entryAddress(table, address, PMD_LEVEL));
            if (!Pte.isPmdPresent(pmd) || Pte.isHuge(pmd)) {
                return stop(task, StopReason.PMD_NONE);
            }
            if (!gupPteRange(task, tables.child(pmd), address, next, write, pages)) {
                return false;
            }
            address = next;
        } while (address != end);
        return true;
    }

    private boolean gupPteRange(
            final Task task,
            final long table,
            final long start,
            final long end,
            final boolean write,
            final long[] pages) {
        final WalkState walk = task.walkState();
        final MemMap memMap = this.memMap;
        final long hotBase = memMap.hotBase();
        final long devmap = walk.devmap;
        final int deniedPkeys = walk.deniedPkeys;
        final int nrStart = walk.nr;
        int nr = nrStart;
        DevPagemap pgmap = null;
        StopReason stop = null;
        long pteAddress = TablePages.entryAddress(table, start, PTE_LEVEL);
        final long pteEnd = pteAddress + ((end - start) >>> (PAGE_SHIFT - 3));
        for (; pteAddress < pteEnd; pteAddress += Long.BYTES) {
            // Order and life: as in the product's walk.
            final long pte = TablePages.entryAcquire(pteAddress);
            final long pfn = (pte & Pte.PFN_MASK) >>> PAGE_SHIFT;
            if (Pte.isProtnone(pte) || !accessPermitted(pte, write, deniedPkeys)) {
                stop = StopReason.READ_ONLY;
                break;
            }
            if ((pte & devmap) != 0) {
                pgmap = devPagemaps.get(pfn, pgmap);
                if (pgmap == null) {
                    undoDevPagemap(task, nrStart, nr, pages);
                    nr = nrStart;
                    stop = StopReason.PGMAP_DEAD;
                    break;
                }
            } else if (Pte.isSpecial(pte)) {
                stop = StopReason.SPECIAL;
                break;
            }
            final long head = memMap.head(PageDescriptor.page(hotBase, pfn));
            if (!PageRef.tryGet(head, 1)) {
                stop = StopReason.REFCOUNT_ZERO;
                break;
            }
            // Order: volatile, after the CAS of the reference: the other half of an unmapper's exchange-then-compare.
            if (TablePages.entryVolatile(pteAddress) != pte) {
                memMap.put(task, head, 1);
                stop = StopReason.ENTRY_CHANGED;
                break;
            }
            if ((PageDescriptor.flagsOpaque(head) & PG_REFERENCED) == 0) {
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

    private static boolean accessPermitted(final long pte, final boolean write, final int deniedPkeys) {
        long needed = Pte.PRESENT | Pte.USER;
        if (write) {
            needed |= Pte.RW;
        }
        return (pte & needed) == needed && (deniedPkeys >>> Pte.pkey(pte) & 1) == 0;
    }

    private void undoDevPagemap(final Task task, final int nrStart, final int nr, final long[] pages) {
        for (int i = nr - 1; i >= nrStart; i--) {
            final long head = memMap.head(memMap.page(pages[i]));
            PageDescriptor.clearFlags(head, PG_REFERENCED);
            memMap.put(task, head, 1);
        }
    }

    private static boolean stop(final Task task, final @Nullable StopReason reason) {
        task.walkState().stopped(reason == null ? StopReason.NONE : reason);
        return false;
    }
}
