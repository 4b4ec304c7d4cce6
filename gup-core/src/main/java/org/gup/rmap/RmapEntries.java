package org.gup.rmap;

import static org.gup.flags.VmFlags.VM_LOCKED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.TableDeposit;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.tlb.WalkerEpoch;

/**
 * What is done to the entries that may map a page. Models {@code page_vma_mapped_walk()}, {@code try_to_unmap_one()},
 * {@code remove_migration_pte()} and {@code try_to_munlock_one()}, v5.2.
 *
 * <p>Threading: the rmap lock is held, for read at least, so tables stay; each entry is changed under its table's lock. An
 * upper entry that points to a table goes on pointing to it; a huge one may turn into a table, so it is looked at again under
 * its lock.
 */
final class RmapEntries {
    /** Mappings become migration entries. */
    static final int MIGRATE = 0;
    /** Mappings become the entry that is the argument, 0 for none. */
    static final int REPLACE = 1;
    /** Migration entries become mappings of the page that is the argument. */
    static final int RESTORE = 2;
    /** Migration entries of a whole huge page become tables. */
    static final int SPLIT = 3;
    /** Looks for a mapping with VM_LOCKED. */
    static final int FIND_LOCKED = 4;

    private final MemMap memMap;
    private final TablePages tables;
    private final WalkerEpoch epoch;
    private final Await await;
    private final TlbSync sync;
    private final long zeroPfn;

    RmapEntries(
            final MemMap memMap,
            final TablePages tables,
            final WalkerEpoch epoch,
            final Await await,
            final TlbSync sync,
            final long zeroPfn) {
        this.memMap = memMap;
        this.tables = tables;
        this.epoch = epoch;
        this.await = await;
        this.sync = sync;
        this.zeroPfn = zeroPfn;
    }

    /**
     * Every entry of a range that concerns one of the pages {@code [pfn, pfn + nrPages)}.
     *
     * @return true if the walk may end, having found what it was for
     */
    boolean forRange(
            final Task task,
            final int operation,
            final RmapTarget target,
            final long start,
            final long end,
            final long pfn,
            final long nrPages,
            final long argument) {
        final WalkRoot root = target.walkRoot();
        long address = start;
        while (address < end) {
            final long pmdAddress = pmdEntry(root, address);
            // Order: acquire pairs with the release that linked a table; its entries were complete.
            // Alive: the rmap lock keeps tables from being freed.
            final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
            if (isTable(pmd)) {
                final long pteAddress = TablePages.entryAddress(tables.child(pmd), address, PTE_LEVEL);
                if (forPte(task, operation, target, address, pteAddress, pfn, nrPages, argument)) {
                    return true;
                }
                address += PAGE_SIZE;
            } else {
                if (!Pte.isNone(pmd)) {
                    forPmd(task, operation, target, address, pmdAddress, pfn, argument);
                    if (isTable(TablePages.entryAcquire(pmdAddress))
                            && operation != SPLIT) { // split meanwhile: its PTEs
                        continue;
                    }
                }
                address = (address & -HPAGE_PMD_SIZE) + HPAGE_PMD_SIZE;
            }
        }
        return false;
    }

    private boolean forPte(
            final Task task,
            final int operation,
            final RmapTarget target,
            final long address,
            final long pteAddress,
            final long pfn,
            final long nrPages,
            final long argument) {
        final PteLayout layout = target.walkRoot().layout();
        boolean found = false;
        lock(pteAddress);
        try {
            final long pte = TablePages.entryAcquire(pteAddress);
            if (operation == RESTORE) {
                if (names(layout, pte, pfn, nrPages)) {
                    restorePte(target, address, pteAddress, pte, Pte.swapOffset(pte) - pfn + argument, argument);
                }
            } else if (operation != SPLIT && maps(pte, pfn, nrPages)) {
                if (operation == FIND_LOCKED) {
                    found = (target.vmFlags(address) & VM_LOCKED) != 0;
                } else if (operation == MIGRATE) {
                    unmapPte(task, layout, pteAddress, pfn, true, 0);
                } else if (layout.isHwpoison(argument) || (target.vmFlags(address) & VM_LOCKED) == 0) {
                    unmapPte(task, layout, pteAddress, pfn, false, argument);
                }
            }
        } finally {
            unlock(pteAddress);
        }
        return found;
    }

    private boolean maps(final long pte, final long pfn, final long nrPages) {
        if (!Pte.isPresent(pte) || Pte.isSpecial(pte)) {
            return false;
        }
        final long mapped = Pte.pfn(pte);
        return mapped >= pfn && mapped < pfn + nrPages && mapped != zeroPfn;
    }

    private static boolean names(final PteLayout layout, final long entry, final long pfn, final long nrPages) {
        return !Pte.isNone(entry)
                && !Pte.isPmdPresent(entry)
                && layout.isMigration(entry)
                && Pte.swapOffset(entry) >= pfn
                && Pte.swapOffset(entry) < pfn + nrPages;
    }

    private void unmapPte(
            final Task task,
            final PteLayout layout,
            final long pteAddress,
            final long headPfn,
            final boolean migrate,
            final long replacement) {
        final long pte = TablePages.getAndSet(pteAddress, 0);
        flushTlb();
        final long head = memMap.page(headPfn);
        if (layout.isDirty(pte)) {
            PageDescriptor.setFlags(head, PG_DIRTY);
        }
        final long mapped = Pte.pfn(pte);
        final long entry = migrate ? layout.migrationEntry(mapped, Pte.isWritable(pte)) : replacement;
        if (entry != 0) {
            TablePages.storeRelease(pteAddress, withSoftDirty(entry, pte));
            if (!migrate) {
                task.counters().add(Counter.RMAP_REPLACED, 1);
            }
        }
        if (memMap.addPteMapcount(mapped, -1) == 0) {
            noLongerMlocked(head);
        }
        memMap.put(task, head, 1);
    }

    /** Models {@code clear_page_mlock()} in {@code page_remove_rmap()}: the page is off the LRU, or finds its list later. */
    private void noLongerMlocked(final long head) {
        if ((PageDescriptor.flagsVolatile(head) & PG_MLOCKED) != 0 && memMap.totalMapcount(memMap.pfn(head)) == 0) {
            PageDescriptor.clearFlags(head, PG_MLOCKED);
        }
    }

    private static long withSoftDirty(final long entry, final long replaced) {
        return (replaced & Pte.SOFT_DIRTY) == 0 ? entry : entry | Pte.SWP_SOFT_DIRTY;
    }

    private void restorePte(
            final RmapTarget target,
            final long address,
            final long pteAddress,
            final long entry,
            final long pfn,
            final long headPfn) {
        final long head = memMap.page(headPfn);
        PageRef.get(head, 1);
        memMap.addPteMapcount(pfn, 1);
        if (memMap.compoundOrder(headPfn) == 0 && (target.vmFlags(address) & VM_LOCKED) != 0) {
            PageDescriptor.setFlags(head, PG_MLOCKED);
        }
        TablePages.storeRelease(pteAddress, Pte.of(pfn, restoredBits(target, address, entry)));
    }

    /** Not used, and not dirty: whether it was is the page's to know. Models {@code pte_mkold(mk_pte())}. */
    private static long restoredBits(final RmapTarget target, final long address, final long entry) {
        long bits = target.protectionBits(address) & ~(Pte.ACCESSED | Pte.DIRTY);
        if (target.walkRoot().layout().isMigrationWrite(entry) && (target.vmFlags(address) & VM_WRITE) != 0) {
            bits |= Pte.RW;
        }
        return (entry & Pte.SWP_SOFT_DIRTY) == 0 ? bits : bits | Pte.SOFT_DIRTY;
    }

    private void forPmd(
            final Task task,
            final int operation,
            final RmapTarget target,
            final long address,
            final long pmdAddress,
            final long headPfn,
            final long argument) {
        final PteLayout layout = target.walkRoot().layout();
        lock(pmdAddress);
        try {
            final long pmd = TablePages.entryAcquire(pmdAddress);
            if (operation == RESTORE || operation == SPLIT) {
                if (!isTable(pmd) && names(layout, pmd, headPfn, 1)) {
                    if (operation == RESTORE) {
                        restorePmd(target, address, pmdAddress, pmd, argument);
                    } else {
                        splitPmd(layout, address, pmdAddress, pmd, headPfn);
                    }
                }
            } else if (operation != FIND_LOCKED && mapsWhole(layout, pmd, headPfn)) {
                unmapPmd(task, layout, pmdAddress, headPfn, operation == MIGRATE, argument);
            }
        } finally {
            unlock(pmdAddress);
        }
    }

    private static boolean mapsWhole(final PteLayout layout, final long pmd, final long headPfn) {
        return Pte.isPmdPresent(pmd)
                && Pte.isHuge(pmd)
                && !layout.isDevmap(pmd)
                && Pte.hugePfn(pmd, PMD_LEVEL) == headPfn;
    }

    /** Models {@code set_pmd_migration_entry()}, and {@code try_to_unmap_one()} for hugetlb. */
    private void unmapPmd(
            final Task task,
            final PteLayout layout,
            final long pmdAddress,
            final long headPfn,
            final boolean migrate,
            final long replacement) {
        final long pmd = TablePages.entryAcquire(pmdAddress);
        TablePages.getAndSet(pmdAddress, Pte.ofHuge(headPfn, Pte.bits(pmd) & ~(Pte.PRESENT | Pte.PROTNONE), PMD_LEVEL));
        flushTlb();
        final long head = memMap.page(headPfn);
        if (layout.isDirty(pmd)) {
            PageDescriptor.setFlags(head, PG_DIRTY);
        }
        final long entry = migrate ? layout.migrationEntry(headPfn, Pte.isWritable(pmd)) : replacement;
        TablePages.storeRelease(pmdAddress, entry == 0 ? 0 : withSoftDirty(entry, pmd));
        if (memMap.addCompoundMapcount(headPfn, -1) == 0) {
            noLongerMlocked(head);
        }
        memMap.put(task, head, 1);
    }

    /** Models {@code remove_migration_pmd()}, and {@code remove_migration_pte()} for hugetlb. */
    private void restorePmd(
            final RmapTarget target, final long address, final long pmdAddress, final long entry, final long headPfn) {
        final long head = memMap.page(headPfn);
        PageRef.get(head, 1);
        memMap.addCompoundMapcount(headPfn, 1);
        if ((target.vmFlags(address) & VM_LOCKED) != 0 && (PageDescriptor.flagsVolatile(head) & PG_HUGETLB) == 0) {
            PageDescriptor.setFlags(head, PG_MLOCKED);
        }
        final long bits = restoredBits(target, address, entry) | Pte.PSE;
        TablePages.storeRelease(pmdAddress, Pte.ofHuge(headPfn, bits, PMD_LEVEL));
    }

    private void splitPmd(
            final PteLayout layout, final long address, final long pmdAddress, final long pmd, final long headPfn) {
        final long tablePfn = TableDeposit.take(memMap, tables.pfn(pmdAddress));
        final long table = tables.address(tablePfn);
        final long base = address & -HPAGE_PMD_SIZE;
        for (int i = 0; i < HPAGE_PMD_NR; i++) {
            final long entry = layout.migrationEntry(headPfn + i, layout.isMigrationWrite(pmd));
            TablePages.storeRelease(
                    TablePages.entryAddress(table, base + i * PAGE_SIZE, PTE_LEVEL),
                    entry | (pmd & Pte.SWP_SOFT_DIRTY));
        }
        // Order: release, after the table is complete; pairs with the acquire of every descent.
        TablePages.storeRelease(pmdAddress, Pte.of(tablePfn, Pte.TABLE));
    }

    /** Address of the PMD entry for an address, or 0 where a table above it is missing. */
    private long pmdEntry(final WalkRoot root, final long address) {
        long table = root.topTable();
        for (int level = root.geometry().levels(); level > PMD_LEVEL; level--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (!isTable(entry)) {
                return 0;
            }
            table = tables.child(entry);
        }
        return TablePages.entryAddress(table, address, PMD_LEVEL);
    }

    /** Whether an entry above the PTEs points to a table; PSE is never set in one that does. */
    private static boolean isTable(final long entry) {
        return Pte.isHardwarePresent(entry) && !Pte.isHuge(entry);
    }

    private void lock(final long entryAddress) {
        SpinLock.lock(memMap.tableLock(tables.pfn(entryAddress)), await);
    }

    private void unlock(final long entryAddress) {
        SpinLock.unlock(memMap.tableLock(tables.pfn(entryAddress)));
    }

    /** Waits for walkers that may use an entry that was changed, where flushes wait. Models {@code flush_tlb_range()}. */
    private void flushTlb() {
        if (sync == TlbSync.IPI_WAIT) {
            epoch.synchronize();
        }
    }
}
