package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.rmap.Rmap;
import org.gup.task.Task;

/**
 * Moves entries to other addresses of the same address space. Models {@code move_page_tables()}, mm/mremap.c, v5.2.
 *
 * <p>Order: an entry is taken out by an atomic exchange, then put in at its new place; the flush follows before the move is over.
 * Both happen under the rmap lock, for write, so that who looks for the mappings of a page finds it at exactly one of the two
 * addresses. Neither references nor map counts change.
 *
 * <p>Differs: whole tables are not moved by their PMD.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class MoveTables {
    private final Task task;
    private final MmParts parts;
    private final PageTables pageTables;
    private final Rmap rmap;
    private final VmArea vma;

    private MoveTables(final Task task, final MmParts parts, final VmArea vma) {
        this.task = task;
        this.parts = parts;
        this.pageTables = parts.pageTables;
        this.rmap = parts.rmap;
        this.vma = vma;
    }

    /** Moves what a mapping has at {@code [from, from + length)}; answers how much of the length is done. */
    static long move(
            final Task task, final MmParts parts, final VmArea vma, final long from, final long to, final long length) {
        final MoveTables move = new MoveTables(task, parts, vma);
        long done = 0;
        while (done < length) {
            final long extent = extent(from + done, to + done, length - done);
            if (!move.below(from + done, to + done, extent)) {
                break;
            }
            done += extent;
        }
        parts.pageTables.flushTlb();
        return done;
    }

    /** As much as one PMD serves at both addresses. */
    private static long extent(final long from, final long to, final long left) {
        final long fromEnd = HPAGE_PMD_SIZE - (from & (HPAGE_PMD_SIZE - 1));
        final long toEnd = HPAGE_PMD_SIZE - (to & (HPAGE_PMD_SIZE - 1));
        return Math.min(left, Math.min(fromEnd, toEnd));
    }

    private boolean below(final long from, final long to, final long extent) {
        final long fromPmd = pageTables.pmdEntry(from);
        if (fromPmd == 0 || Pte.isNone(TablePages.entryAcquire(fromPmd))) {
            return true;
        }
        final long toPmd = pageTables.allocPmdEntry(to);
        if (toPmd == PageTables.NO_MEMORY || toPmd == PageTables.NO_TABLE) {
            return false;
        }
        if (!PageTables.isTable(TablePages.entryAcquire(fromPmd), PMD_LEVEL)) {
            if (extent == HPAGE_PMD_SIZE && moveHuge(from, fromPmd, to, toPmd)) {
                return true;
            }
            parts.splitter.splitOrThrow(task, vma, from, fromPmd);
        }
        final long pmd = TablePages.entryAcquire(fromPmd);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            return true;
        }
        if (!pageTables.allocChild(toPmd)) {
            return false;
        }
        movePtes(pmd, from, TablePages.entryAcquire(toPmd), to, extent);
        return true;
    }

    /** Models {@code move_huge_pmd()}; false if it is not huge any more, or something is in the way. */
    private boolean moveHuge(final long from, final long fromPmd, final long to, final long toPmd) {
        rmap.lockWrite();
        lockBoth(fromPmd, toPmd);
        final long pmd = TablePages.entryAcquire(fromPmd);
        final boolean moves = !PageTables.isTable(pmd, PMD_LEVEL) && Pte.isNone(TablePages.entryAcquire(toPmd));
        if (moves) {
            if (parts.splitter.hasDeposit(vma, pmd)) {
                pageTables.deposit(toPmd, pageTables.withdraw(fromPmd));
            }
            TablePages.getAndSet(fromPmd, 0);
            TablePages.storeRelease(toPmd, pmd);
            parts.mergedPages.move(from, to, HPAGE_PMD_SIZE);
        }
        unlockBoth(fromPmd, toPmd);
        rmap.unlockWrite();
        return moves;
    }

    /** Models {@code move_ptes()}. */
    private void movePtes(final long fromTable, final long from, final long toTable, final long to, final long extent) {
        final long fromFirst = pageTables.pteEntry(fromTable, from);
        final long toFirst = pageTables.pteEntry(toTable, to);
        rmap.lockWrite();
        lockBoth(fromFirst, toFirst);
        for (long offset = 0; offset < extent / PAGE_SIZE * Long.BYTES; offset += Long.BYTES) {
            if (!Pte.isNone(TablePages.entryAcquire(fromFirst + offset))) {
                TablePages.storeRelease(toFirst + offset, TablePages.getAndSet(fromFirst + offset, 0));
            }
        }
        parts.mergedPages.move(from, to, extent);
        unlockBoth(fromFirst, toFirst);
        rmap.unlockWrite();
    }

    private void lockBoth(final long one, final long other) {
        pageTables.lock(one);
        if (pageTables.tablePfn(one) != pageTables.tablePfn(other)) {
            pageTables.lock(other);
        }
    }

    private void unlockBoth(final long one, final long other) {
        if (pageTables.tablePfn(one) != pageTables.tablePfn(other)) {
            pageTables.unlock(other);
        }
        pageTables.unlock(one);
    }
}
