package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Gives the entries of one mapping's range its new protection. Models {@code change_protection()}, mm/mprotect.c, v5.2.
 *
 * <p>A private entry loses its write permission even where the mapping gains it: the next write fault gives it back.
 *
 * <p>Differs: each entry is exchanged once, under its lock, from old to new; the kernel clears it in between (or, for a huge
 * PMD, makes it invalid), so that the hardware's used and dirty bits are not lost. Hardware sets no bits here, and a walker
 * sees the old or the new entry.
 */
final class ChangeProtection extends RangeWalk {
    private final Task task;
    private final SplitHugePmd splitter;
    private final VmArea vma;
    private final PteLayout layout;
    private final long bits;
    private boolean changed;

    private ChangeProtection(
            final Task task, final PageTables pageTables, final SplitHugePmd splitter, final VmArea vma) {
        super(pageTables);
        this.task = task;
        this.splitter = splitter;
        this.vma = vma;
        this.layout = pageTables.root().layout();
        this.bits = PageProtection.bits(vma.flags());
    }

    /** Changes {@code [start, end)}, which lies in the mapping, and flushes if anything was there. */
    static void range(
            final Task task,
            final PageTables pageTables,
            final SplitHugePmd splitter,
            final VmArea vma,
            final long start,
            final long end) {
        final ChangeProtection change = new ChangeProtection(task, pageTables, splitter, vma);
        change.walk(start, end);
        if (change.changed) {
            pageTables.flushTlb();
        }
    }

    @Override
    void hugeEntry(final long entryAddress, final int level, final long address, final long next) {
        if (level == PMD_LEVEL && next - address != size(level)) {
            splitter.splitOrThrow(task, vma, address, entryAddress);
            return;
        }
        pageTables.lock(entryAddress);
        final long entry = TablePages.entryAcquire(entryAddress);
        if (SplitHugePmd.isLeaf(entry)) {
            exchange(entryAddress, entry, true);
        }
        pageTables.unlock(entryAddress);
    }

    @Override
    void pte(final long pteAddress, final long pte) {
        if (Pte.isPresent(pte)) {
            exchange(pteAddress, pte, false);
        }
    }

    private void exchange(final long entryAddress, final long entry, final boolean huge) {
        final long changedEntry = PageProtection.change(layout, entry, bits, huge);
        if (changedEntry != entry) {
            TablePages.getAndSet(entryAddress, changedEntry);
            changed = true;
        }
    }
}
