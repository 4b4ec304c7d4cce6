package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.gup.page.MemMap;
import org.gup.page.TableDeposit;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;
import org.gup.tlb.TlbSync;
import org.gup.tlb.WalkerEpoch;
import org.gup.zone.PhysicalMemory;

/**
 * The page tables of one address space under mmap_sem: descent, allocation, locks, deposited tables. Models
 * {@code pmd_alloc()}, {@code pte_alloc()} and their kin.
 *
 * <p>The tables that an address space adopted from a dump are like its own, but that they are never freed: only
 * {@link TablePages#isOwn own} frames are.
 *
 * <p>Deposits: each huge PMD whose page is counted has one empty PTE table waiting at its PMD table, so that splitting it
 * cannot fail. They are chained through {@code private}, from the PMD table's on; its lock guards the chain.
 *
 * <p>Threading: descent and allocation by anybody who holds mmap_sem; the rest under the lock that each method names. While
 * mmap_sem is held for read, an entry above the PTEs that points to a table goes on pointing to it. An empty one may get a
 * table or a leaf, a leaf may turn into a table or (by MADV_DONTNEED) into nothing: who reads one without its lock looks again
 * under it.
 */
final class PageTables {
    /** No table frame was left. */
    static final long NO_MEMORY = 0;
    /** There is a leaf of 1 GiB, or nothing that can be descended into. */
    static final long NO_TABLE = -1;

    private final MemMap memMap;
    private final TablePages tables;
    private final WalkerEpoch epoch;
    private final Await await;
    private final TlbSync sync;
    private final WalkRoot root;

    PageTables(final PhysicalMemory memory, final WalkRoot root) {
        this.memMap = memory.memMap();
        this.tables = memory.tables();
        this.epoch = memory.epoch();
        this.await = memory.await();
        this.sync = memory.tlbSync();
        this.root = root;
    }

    /** The root over a top table. */
    static WalkRoot root(
            final PhysicalMemory memory, final PageTableGeometry geometry, final PteLayout layout, final long topPfn) {
        return new WalkRoot(geometry, layout, topPfn, memory.tables().address(topPfn));
    }

    WalkRoot root() {
        return root;
    }

    /** Address of the table that a table entry points to. */
    long child(final long entry) {
        return tables.child(entry);
    }

    /** Address of a table. */
    long tableAddress(final long tablePfn) {
        return tables.address(tablePfn);
    }

    /** Whether an entry of level 2 or above points to a table. */
    static boolean isTable(final long entry, final int level) {
        return Pte.isHardwarePresent(entry) && !(level <= PUD_LEVEL && Pte.isHuge(entry));
    }

    /** Address of the PMD entry for an address, or 0 where a table above it is missing. */
    long pmdEntry(final long address) {
        long table = root.topTable();
        for (int level = root.geometry().levels(); level > PMD_LEVEL; level--) {
            // Order: acquire pairs with the release in link(); the child was zeroed before it.
            // Alive: mmap_sem is held, and tables are freed only under it.
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (!isTable(entry, level)) {
                return 0;
            }
            table = tables.child(entry);
        }
        return TablePages.entryAddress(table, address, PMD_LEVEL);
    }

    /**
     * Address of the PMD entry for an address, the tables above it made where missing; {@link #NO_MEMORY} or
     * {@link #NO_TABLE}.
     */
    long allocPmdEntry(final long address) {
        long table = root.topTable();
        for (int level = root.geometry().levels(); level > PMD_LEVEL; level--) {
            final long entryAddress = TablePages.entryAddress(table, address, level);
            long entry = TablePages.entryAcquire(entryAddress);
            if (Pte.isNone(entry)) {
                if (!allocChild(entryAddress)) {
                    return NO_MEMORY;
                }
                entry = TablePages.entryAcquire(entryAddress);
            }
            if (!isTable(entry, level)) {
                return NO_TABLE;
            }
            table = tables.child(entry);
        }
        return TablePages.entryAddress(table, address, PMD_LEVEL);
    }

    /** What stops the descent to an address above the PMD level: a leaf, an entry that is not present, or 0. */
    long upperLeaf(final long address) {
        long table = root.topTable();
        for (int level = root.geometry().levels(); level > PMD_LEVEL; level--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (!isTable(entry, level)) {
                return entry;
            }
            table = tables.child(entry);
        }
        return 0;
    }

    /** Hangs a new table below an entry unless something is there. Models {@code __pte_alloc()} and its kin. */
    boolean allocChild(final long entryAddress) {
        if (!Pte.isNone(TablePages.entryAcquire(entryAddress))) {
            return true;
        }
        final long pfn = tables.allocate();
        if (pfn < 0) {
            return false;
        }
        lock(entryAddress);
        final boolean empty = Pte.isNone(TablePages.entryAcquire(entryAddress));
        if (empty) {
            link(entryAddress, pfn);
        }
        unlock(entryAddress);
        if (!empty) {
            tables.free(pfn);
        }
        return true;
    }

    /** Points an entry to a table whose own entries are complete. Under the entry's lock. */
    void link(final long entryAddress, final long tablePfn) {
        TablePages.storeRelease(entryAddress, Pte.of(tablePfn, Pte.TABLE));
    }

    /** Address of the PTE for an address below a PMD entry that points to a table. */
    long pteEntry(final long pmd, final long address) {
        return TablePages.entryAddress(tables.child(pmd), address, PTE_LEVEL);
    }

    /** Takes the lock of the table that an entry is in. Models {@code pte_lockptr()}, {@code pmd_lock()}. */
    void lock(final long entryAddress) {
        SpinLock.lock(memMap.tableLock(tables.pfn(entryAddress)), await);
    }

    /** Gives it back. */
    void unlock(final long entryAddress) {
        SpinLock.unlock(memMap.tableLock(tables.pfn(entryAddress)));
    }

    /** An empty table that nothing points to, or -1. Models {@code pte_alloc_one()}. */
    long newTable() {
        return tables.allocate();
    }

    /** Frees a table that no walker can have seen. */
    void freeUnseen(final long tablePfn) {
        tables.free(tablePfn);
    }

    /** Whether a table is this model's, not one that was read from a dump. */
    boolean isOwn(final long tablePfn) {
        return tables.isOwn(tablePfn);
    }

    /**
     * Whether a PTE names a slot of this machine's swap area. One in a table that came with a dump names another machine's.
     */
    boolean isSwap(final long pteAddress, final long pte) {
        return !Pte.isNone(pte) && !Pte.isPresent(pte) && Pte.swapType(pte) == 0 && isOwn(tables.pfn(pteAddress));
    }

    long tablePfn(final long entryAddress) {
        return tables.pfn(entryAddress);
    }

    /** Keeps a table for the split of a huge PMD. Models {@code pgtable_trans_huge_deposit()}. Under the PMD's lock. */
    void deposit(final long pmdAddress, final long tablePfn) {
        TableDeposit.add(memMap, tables.pfn(pmdAddress), tablePfn);
    }

    /** Takes a deposited table out. Models {@code pgtable_trans_huge_withdraw()}. Under the PMD's lock. */
    long withdraw(final long pmdAddress) {
        return TableDeposit.take(memMap, tables.pfn(pmdAddress));
    }

    /** Waits for walkers that may use an entry that was changed, where flushes wait. Models {@code flush_tlb_range()}. */
    void flushTlb() {
        if (sync == TlbSync.IPI_WAIT) {
            epoch.synchronize();
        }
    }

    /** An empty batch of things to free. */
    MmuGather gather(final Task task) {
        return new MmuGather(task, memMap, tables, epoch, sync);
    }
}
