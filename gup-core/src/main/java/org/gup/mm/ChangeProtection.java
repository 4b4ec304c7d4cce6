package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.file.MappedFile;
import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Gives the entries of one mapping's range its new protection, or takes access away from them to learn who uses them. Models
 * {@code change_protection()}, mm/mprotect.c, v5.2.
 *
 * <p>A private entry loses its write permission even where the mapping gains it: the next write fault gives it back. An entry
 * that only gives a NUMA hint remembers that it was writable, in its RW bit. The entry of a page that is being migrated will
 * not be writable afterwards.
 *
 * <p>Differs: each entry is exchanged once, under its lock, from old to new; the kernel clears it in between (or, for a huge
 * PMD, makes it invalid), so that the hardware's used and dirty bits are not lost. Hardware sets no bits here, and a walker
 * sees the old or the new entry.
 */
final class ChangeProtection extends RangeWalk {
    private final Task task;
    private final AnonPages pages;
    private final SplitHugePmd splitter;
    private final VmArea vma;
    private final PteLayout layout;
    private final long bits;
    private final boolean hint;
    private final boolean keepsDirtyWritable;
    private boolean flushes;
    private long changed;

    private ChangeProtection(final Task task, final MmParts parts, final VmArea vma, final boolean hint) {
        super(parts.pageTables);
        this.task = task;
        this.pages = parts.pages;
        this.splitter = parts.splitter;
        this.vma = vma;
        this.layout = pageTables.root().layout();
        this.bits = hint ? PageProtection.NONE : vma.protectionBits();
        this.hint = hint;
        final MappedFile file = vma.file();
        this.keepsDirtyWritable = !hint
                && file != null
                && file.wantsWriteNotify()
                && (vma.flags() & (VmFlags.VM_WRITE | VmFlags.VM_SHARED)) == (VmFlags.VM_WRITE | VmFlags.VM_SHARED);
    }

    /** Changes {@code [start, end)}, which lies in the mapping, and flushes if anything was there. */
    static void range(final Task task, final MmParts parts, final VmArea vma, final long start, final long end) {
        if ((vma.flags() & VmFlags.VM_HUGETLB) != 0 && vma.file() != null) {
            HugetlbMapping.changeProtection(task, parts.mm, vma, start, end);
        } else {
            change(task, parts, vma, start, end, false);
        }
    }

    /** Takes access away. Models {@code change_prot_numa()}. Answers how many base pages it concerns. */
    static long hint(final Task task, final MmParts parts, final VmArea vma, final long start, final long end) {
        return change(task, parts, vma, start, end, true);
    }

    private static long change(
            final Task task,
            final MmParts parts,
            final VmArea vma,
            final long start,
            final long end,
            final boolean hint) {
        final ChangeProtection change = new ChangeProtection(task, parts, vma, hint);
        change.walk(start, end);
        if (change.flushes) {
            parts.pageTables.flushTlb();
        }
        return change.changed;
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
            if (!hint || !(Pte.isProtnone(entry) || pages.isHugeZero(Pte.hugePfn(entry, level)))) {
                exchange(entryAddress, entry, true);
            }
        } else {
            forgetWrite(entryAddress, entry);
        }
        pageTables.unlock(entryAddress);
    }

    @Override
    void pte(final long pteAddress, final long pte) {
        if (!Pte.isPresent(pte)) {
            forgetWrite(pteAddress, pte);
        } else if (!hint || isHintable(pte)) {
            exchange(pteAddress, pte, false);
        }
    }

    private boolean isHintable(final long pte) {
        final long pfn = pages.normalPfn(pte);
        return pfn >= 0 && !pages.isMerged(pfn) && !Pte.isProtnone(pte);
    }

    private void forgetWrite(final long entryAddress, final long entry) {
        if (!hint && MigrationWait.isMigration(layout, entry) && layout.isMigrationWrite(entry)) {
            TablePages.getAndSet(entryAddress, layout.migrationEntry(Pte.swapOffset(entry), false));
        }
    }

    private void exchange(final long entryAddress, final long entry, final boolean huge) {
        long changedEntry = PageProtection.change(layout, entry, bits, huge);
        if (hint || (keepsDirtyWritable && layout.isDirty(entry))) {
            changedEntry |= hint ? entry & Pte.RW : Pte.RW;
        }
        changed += huge ? HPAGE_PMD_NR : 1;
        if (changedEntry != entry) {
            TablePages.getAndSet(entryAddress, changedEntry);
            flushes = true;
        }
    }
}
