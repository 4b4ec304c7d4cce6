package org.gup.mm;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Replaces a huge PMD by a table of PTEs that map the same page piecewise. Models {@code __split_huge_pmd()},
 * mm/huge_memory.c, v5.2.
 *
 * <p>Order: P is cleared while PSE stays, so that a walker sees a PMD that is present and permits nothing; the TLB is
 * flushed; the deposited table is filled; the PMD is pointed to it with release. The table is complete before anybody can
 * reach it. The huge page's mapping was one reference and becomes 512.
 *
 * <p>Differs: the PTEs of a huge zero page appear the same way, where the kernel leaves the PMD empty meanwhile. A huge PMD
 * of a dump has no deposited table, so its split takes a fresh one and can fail; its page is not counted. The parts of a page
 * that is being migrated get no references of their own.
 *
 * <p>Threading: mmap_sem held, for read or write; works under the PMD's lock.
 */
final class SplitHugePmd {
    private final PageTables pageTables;
    private final AnonPages pages;
    private final MemMap memMap;

    SplitHugePmd(final PageTables pageTables, final AnonPages pages) {
        this.pageTables = pageTables;
        this.pages = pages;
        this.memMap = pages.memMap();
    }

    /** Splits the PMD around an address; false only if it is still huge for want of a table. */
    boolean split(final Task task, final VmArea vma, final long address) {
        final long pmdAddress = pageTables.pmdEntry(address);
        return pmdAddress == 0 || splitEntry(task, vma, address, pmdAddress);
    }

    /** The same for a PMD entry that the caller has found. */
    boolean splitEntry(final Task task, final VmArea vma, final long address, final long pmdAddress) {
        final long peek = TablePages.entryAcquire(pmdAddress);
        if (!isLeaf(peek) && !isMoving(peek)) {
            return true;
        }
        long spare = -1;
        if (!hasDeposit(vma, peek) && isAnonymous(vma)) {
            spare = pageTables.newTable();
            if (spare < 0) {
                return false;
            }
        }
        pageTables.lock(pmdAddress);
        final long pmd = TablePages.entryAcquire(pmdAddress);
        boolean done = true;
        if (isMoving(pmd) && !isAnonymous(vma)) {
            // A file's page has no table waiting, and its migration entry holds nothing: it is faulted in again.
            TablePages.getAndSet(pmdAddress, 0);
        } else if (isMoving(pmd)) {
            splitMoving(address & -HPAGE_PMD_SIZE, pmdAddress, pmd, pageTables.withdraw(pmdAddress));
        } else if (isLeaf(pmd)) {
            if (!isAnonymous(vma) || pageTables.root().layout().isDevmap(pmd)) {
                clear(task, pmdAddress, pmd);
            } else if (hasDeposit(vma, pmd)) {
                splitLocked(task, vma, address & -HPAGE_PMD_SIZE, pmdAddress, pageTables.withdraw(pmdAddress));
            } else if (spare >= 0) {
                splitLocked(task, vma, address & -HPAGE_PMD_SIZE, pmdAddress, spare);
                spare = -1;
            } else {
                done = false;
            }
        }
        pageTables.unlock(pmdAddress);
        if (spare >= 0) {
            pageTables.freeUnseen(spare);
        }
        return done;
    }

    /** A file's or device's page is not mapped piecewise but faulted in again. */
    private void clear(final Task task, final long pmdAddress, final long pmd) {
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        task.counters().add(Counter.THP_SPLIT_PMD, 1);
        TablePages.getAndSet(pmdAddress, 0);
        pageTables.flushTlb();
        if (pages.isCountedHuge(headPfn)) {
            if (pageTables.root().layout().isDirty(pmd)) {
                PageDescriptor.setFlags(memMap.page(headPfn), PG_DIRTY);
            }
            memMap.addCompoundMapcount(headPfn, -1);
            pages.put(task, headPfn);
        }
    }

    /** A page that is being migrated has neither references nor counts for its mapping; neither do the parts. */
    private void splitMoving(final long hugeAddress, final long pmdAddress, final long pmd, final long tablePfn) {
        final PteLayout layout = pageTables.root().layout();
        final long headPfn = Pte.swapOffset(pmd);
        final long table = pageTables.tableAddress(tablePfn);
        for (int i = 0; i < HPAGE_PMD_NR; i++) {
            TablePages.storeRelease(
                    TablePages.entryAddress(table, hugeAddress + i * PAGE_SIZE, PTE_LEVEL),
                    layout.migrationEntry(headPfn + i, layout.isMigrationWrite(pmd)));
        }
        pageTables.link(pmdAddress, tablePfn);
    }

    /** Whether a PMD entry stands for a huge page that is being migrated. */
    private boolean isMoving(final long pmd) {
        return MigrationWait.isMigration(pageTables.root().layout(), pmd);
    }

    /**
     * The same where part of a mapping is changed: its border has split the PMD already, so this finds nothing to do but where
     * entries and mappings of a dump do not agree.
     */
    void splitOrThrow(final Task task, final VmArea vma, final long address, final long pmdAddress) {
        if (!splitEntry(task, vma, address, pmdAddress)) {
            throw new IllegalStateException(
                    "no table left to split a huge page of a dump: address=0x" + Long.toHexString(address));
        }
    }

    /** Whether a leaf, or the entry of one that is being migrated, was installed by a fault that deposited a table with it. */
    boolean hasDeposit(final VmArea vma, final long pmd) {
        return isAnonymous(vma)
                && (vma.flags() & VmFlags.VM_HUGETLB) == 0
                && pages.isCounted(isLeaf(pmd) ? Pte.hugePfn(pmd, PMD_LEVEL) : Pte.swapOffset(pmd));
    }

    /** Also what maps a file that has no pages, such as a private mapping of /dev/zero; and what a dump has of either kind. */
    private static boolean isAnonymous(final VmArea vma) {
        return vma.file() == null || vma.ops() == null;
    }

    private void splitLocked(
            final Task task, final VmArea vma, final long hugeAddress, final long pmdAddress, final long tablePfn) {
        task.counters().add(Counter.THP_SPLIT_PMD, 1);
        final long pmd = TablePages.entryAcquire(pmdAddress);
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        TablePages.getAndSet(pmdAddress, Pte.ofHuge(headPfn, Pte.bits(pmd) & ~(Pte.PRESENT | Pte.PROTNONE), PMD_LEVEL));
        pageTables.flushTlb();
        final boolean zero = pages.isHugeZero(headPfn);
        final boolean counted = !zero && pages.isCounted(headPfn);
        if (counted) {
            final long head = memMap.page(headPfn);
            if (pageTables.root().layout().isDirty(pmd)) {
                PageDescriptor.setFlags(head, PG_DIRTY);
            }
            PageRef.get(head, HPAGE_PMD_NR - 1);
        }
        final long bits = pteBits(vma, pmd);
        final long table = pageTables.tableAddress(tablePfn);
        for (int i = 0; i < HPAGE_PMD_NR; i++) {
            final long pteAddress = TablePages.entryAddress(table, hugeAddress + i * PAGE_SIZE, PTE_LEVEL);
            if (zero) {
                TablePages.storeRelease(
                        pteAddress, Pte.of(pages.zeroPfn(), PageProtection.bits(vma.flags()) | Pte.SPECIAL));
            } else {
                TablePages.storeRelease(pteAddress, Pte.of(headPfn + i, bits));
                if (counted) {
                    memMap.addPteMapcount(headPfn + i, 1);
                }
            }
        }
        if (counted) {
            memMap.addCompoundMapcount(headPfn, -1);
        }
        pageTables.link(pmdAddress, tablePfn);
    }

    /** The mapping's bits; writable, used and soft-dirty as the PMD was. Dirty goes to the page, as in 5.2. */
    private static long pteBits(final VmArea vma, final long pmd) {
        long bits = vma.protectionBits();
        if (Pte.isWritable(pmd)) {
            bits = PageProtection.maybeWritable(bits, vma.flags());
        }
        if ((pmd & Pte.ACCESSED) == 0) {
            bits &= ~Pte.ACCESSED;
        }
        return bits | (pmd & Pte.SOFT_DIRTY);
    }

    /** Whether a PMD entry is a leaf, devices' included. */
    static boolean isLeaf(final long pmd) {
        return Pte.isPmdPresent(pmd) && Pte.isHuge(pmd);
    }
}
