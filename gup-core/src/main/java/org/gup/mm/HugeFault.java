package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_FALLBACK;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Faults on transparent huge pages. Models {@code do_huge_pmd_anonymous_page()} and {@code do_huge_pmd_wp_page()},
 * mm/huge_memory.c, v5.2.
 *
 * <p>Each huge PMD that is installed deposits one table for its split. A read maps the huge zero page, read-only and without
 * the special bit, so that the fast walk takes references to it; mapping it does not.
 *
 * <p>Differs: where there is no huge page for the copy of one that others map too, the PMD is split and the fault goes on with
 * a base page; the kernel copies all 512 at once.
 *
 * <p>Threading: mmap_sem held for read; entries change under the PMD table's lock.
 */
final class HugeFault {
    private final PageTables pageTables;
    private final AnonPages pages;
    private final AnonIdentity identity;
    private final SplitHugePmd splitter;
    private final Userfault userfault;
    private final PteLayout layout;

    HugeFault(
            final PageTables pageTables,
            final AnonPages pages,
            final AnonIdentity identity,
            final SplitHugePmd splitter,
            final Userfault userfault) {
        this.pageTables = pageTables;
        this.pages = pages;
        this.identity = identity;
        this.splitter = splitter;
        this.userfault = userfault;
        this.layout = pageTables.root().layout();
    }

    /** The PMD is empty. Models {@code do_huge_pmd_anonymous_page()}. */
    int missing(final Task task, final VmArea vma, final long address, final int faultFlags, final long pmdAddress) {
        final long hugeAddress = address & -HPAGE_PMD_SIZE;
        if (!AnonPages.wantsHugePages(vma) || hugeAddress < vma.start() || hugeAddress + HPAGE_PMD_SIZE > vma.end()) {
            return VM_FAULT_FALLBACK;
        }
        identity.prepare(task, vma);
        return (faultFlags & FAULT_FLAG_WRITE) != 0
                ? installFresh(task, vma, address, faultFlags, pmdAddress)
                : installZero(task, vma, address, faultFlags, pmdAddress);
    }

    private int installZero(
            final Task task, final VmArea vma, final long address, final int faultFlags, final long pmdAddress) {
        final long tablePfn = pageTables.newTable();
        if (tablePfn < 0) {
            return VM_FAULT_OOM;
        }
        final long zeroPfn = pages.hugeZeroPfn(task);
        if (zeroPfn < 0) {
            pageTables.freeUnseen(tablePfn);
            return fallback(task);
        }
        pageTables.lock(pmdAddress);
        final boolean none = Pte.isNone(TablePages.entryAcquire(pmdAddress));
        final boolean won = none && !Userfault.isMissingReported(vma);
        if (won) {
            pageTables.deposit(pmdAddress, tablePfn);
            TablePages.storeRelease(pmdAddress, Pte.of(zeroPfn, PageProtection.bits(vma.flags()) | Pte.PSE));
        }
        pageTables.unlock(pmdAddress);
        if (won) {
            task.counters().add(Counter.THP_ZERO_PAGE_FAULT, 1);
            return 0;
        }
        pageTables.freeUnseen(tablePfn);
        return none ? userfault.missing(task, address, faultFlags) : 0;
    }

    private int installFresh(
            final Task task, final VmArea vma, final long address, final int faultFlags, final long pmdAddress) {
        final long headPfn = pages.allocateHugeZeroed(task);
        if (headPfn < 0) {
            return fallback(task);
        }
        final long tablePfn = pageTables.newTable();
        if (tablePfn < 0) {
            pages.put(task, headPfn);
            return VM_FAULT_OOM;
        }
        pageTables.lock(pmdAddress);
        final boolean none = Pte.isNone(TablePages.entryAcquire(pmdAddress));
        final boolean won = none && !Userfault.isMissingReported(vma);
        if (won) {
            pages.mapNewHuge(task, vma, address & -HPAGE_PMD_SIZE, headPfn);
            pageTables.deposit(pmdAddress, tablePfn);
            TablePages.storeRelease(pmdAddress, freshPmd(vma, headPfn));
        }
        pageTables.unlock(pmdAddress);
        if (won) {
            task.counters().add(Counter.THP_FAULT_ALLOC, 1);
            return 0;
        }
        pages.put(task, headPfn);
        pageTables.freeUnseen(tablePfn);
        return none ? userfault.missing(task, address, faultFlags) : 0;
    }

    /** A PMD over a fresh page: dirty even where the mapping may not be written. */
    private static long freshPmd(final VmArea vma, final long headPfn) {
        final long bits = PageProtection.bits(vma.flags()) | Pte.PSE | Pte.DIRTY;
        return Pte.of(headPfn, PageProtection.maybeWritable(bits, vma.flags()));
    }

    /** The PMD is a leaf, not a device's. Models the part of {@code __handle_mm_fault()} behind {@code pmd_trans_huge()}. */
    int present(
            final Task task,
            final VmArea vma,
            final long address,
            final int faultFlags,
            final long pmdAddress,
            final long pmd) {
        if (Pte.isProtnone(pmd) && PageProtection.isAccessible(vma.flags())) {
            return restore(vma, pmdAddress, pmd);
        }
        if ((faultFlags & FAULT_FLAG_WRITE) != 0 && !Pte.isWritable(pmd)) {
            return readOnly(task, vma, address, pmdAddress, pmd);
        }
        pageTables.lock(pmdAddress);
        if (TablePages.entryAcquire(pmdAddress) == pmd) {
            final long used = pmd | Pte.ACCESSED | Pte.DIRTY;
            if ((faultFlags & FAULT_FLAG_WRITE) != 0 && used != pmd) {
                TablePages.storeRelease(pmdAddress, used);
            }
        }
        pageTables.unlock(pmdAddress);
        return 0;
    }

    /** Access was taken away for a NUMA hint: gives it back. Models {@code do_huge_pmd_numa_page()} on one node. */
    private int restore(final VmArea vma, final long pmdAddress, final long pmd) {
        pageTables.lock(pmdAddress);
        if (TablePages.entryAcquire(pmdAddress) == pmd) {
            final long restored = PageProtection.change(layout, pmd, vma.protectionBits(), true) | Pte.ACCESSED;
            TablePages.storeRelease(pmdAddress, restored | (pmd & Pte.RW));
        }
        pageTables.unlock(pmdAddress);
        return 0;
    }

    /** A write to a leaf that is read-only. Models {@code do_huge_pmd_wp_page()}. */
    private int readOnly(final Task task, final VmArea vma, final long address, final long pmdAddress, final long pmd) {
        final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
        if (pages.isHugeZero(headPfn)) {
            return replace(task, vma, address, pmdAddress, pmd, -1);
        }
        pageTables.lock(pmdAddress);
        if (TablePages.entryAcquire(pmdAddress) != pmd) {
            pageTables.unlock(pmdAddress);
            return 0;
        }
        if (pages.isAnon(headPfn)) {
            if (!pages.lockPageUnder(task, pageTables, pmdAddress, pmd, headPfn)) {
                return 0;
            }
            final boolean sole = pages.reuseSwapPage(task, headPfn);
            pages.unlockPage(headPfn);
            if (sole) {
                TablePages.storeRelease(
                        pmdAddress, PageProtection.maybeWritable(pmd | Pte.ACCESSED | Pte.DIRTY, vma.flags()));
                pageTables.unlock(pmdAddress);
                task.counters().add(Counter.COW_REUSES, 1);
                return VM_FAULT_WRITE;
            }
        }
        pages.get(headPfn);
        pageTables.unlock(pmdAddress);
        final int result = replace(task, vma, address, pmdAddress, pmd, headPfn);
        pages.put(task, headPfn);
        return result;
    }

    /**
     * A fresh page takes the place of the huge zero page, source -1, or of one that others map too, to which the caller holds a
     * reference. Without memory or wish for one the PMD is split.
     */
    private int replace(
            final Task task,
            final VmArea vma,
            final long address,
            final long pmdAddress,
            final long pmd,
            final long source) {
        identity.prepare(task, vma);
        final long headPfn = freshCopy(task, vma, source);
        if (headPfn < 0) {
            task.counters().add(Counter.THP_FAULT_FALLBACK, 1);
            return splitter.splitEntry(task, vma, address, pmdAddress) ? VM_FAULT_FALLBACK : VM_FAULT_OOM;
        }
        task.counters().add(Counter.THP_FAULT_ALLOC, 1);
        final boolean counted = source >= 0 && pages.isCounted(source);
        pageTables.lock(pmdAddress);
        final boolean won = TablePages.entryAcquire(pmdAddress) == pmd;
        if (won) {
            TablePages.getAndSet(pmdAddress, 0);
            pageTables.flushTlb();
            pages.mapNewHuge(task, vma, address & -HPAGE_PMD_SIZE, headPfn);
            TablePages.storeRelease(pmdAddress, freshPmd(vma, headPfn));
            if (counted) {
                pages.memMap().addCompoundMapcount(source, -1);
            }
        }
        pageTables.unlock(pmdAddress);
        if (!won) {
            pages.put(task, headPfn);
            return 0;
        }
        if (source >= 0) {
            task.counters().add(Counter.COW_COPIES, 1);
        }
        if (counted) {
            pages.put(task, source);
        }
        return VM_FAULT_WRITE;
    }

    private long freshCopy(final Task task, final VmArea vma, final long source) {
        if (!AnonPages.wantsHugePages(vma)) {
            return -1;
        }
        return source < 0 ? pages.allocateHugeZeroed(task) : pages.allocateHugeCopy(task, source);
    }

    private static int fallback(final Task task) {
        task.counters().add(Counter.THP_FAULT_FALLBACK, 1);
        return VM_FAULT_FALLBACK;
    }
}
