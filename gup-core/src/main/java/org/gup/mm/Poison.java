package org.gup.mm;

import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_HWPOISON;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.flags.Errno;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Takes a page out of use. Models {@code memory_failure()}, mm/memory-failure.c, v5.2, as {@code madvise(MADV_HWPOISON)} calls
 * it: every mapping becomes an entry that faults, and one reference keeps the page from being used again.
 *
 * <p>Differs: a file's page stays in its cache; the page must be present.
 *
 * <p>Threading: mmap_sem held for read.
 */
final class Poison {
    private Poison() {}

    /** 0, -EINVAL or -EBUSY. */
    static int page(final Task task, final MmParts parts, final VmArea vma, final long address) {
        final long pmdAddress = parts.pageTables.pmdEntry(address);
        final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
        if (SplitHugePmd.isLeaf(pmd)) {
            final long headPfn = Pte.hugePfn(pmd, PMD_LEVEL);
            if (parts.pages.isCounted(headPfn)
                    && (PageDescriptor.flagsVolatile(parts.pages.memMap().page(headPfn)) & PG_HUGETLB) != 0) {
                return huge(task, parts, pmdAddress, pmd, headPfn);
            }
        }
        final MappedPage mapped = new MappedPage(parts, task);
        if (!mapped.hold(vma, address)) {
            return SplitHugePmd.isLeaf(pmd) ? -Errno.EBUSY : -Errno.EINVAL;
        }
        parts.pages.memory().lruvec().drainAll(task);
        if (unmap(task, parts, mapped.pfn)) {
            // The reference stays.
            return 0;
        }
        mapped.release();
        return -Errno.EBUSY;
    }

    private static int huge(
            final Task task, final MmParts parts, final long pmdAddress, final long pmd, final long headPfn) {
        parts.pageTables.lock(pmdAddress);
        final boolean same = TablePages.entryAcquire(pmdAddress) == pmd;
        if (same) {
            parts.pages.get(headPfn);
        }
        parts.pageTables.unlock(pmdAddress);
        if (same && unmap(task, parts, headPfn)) {
            return 0;
        }
        if (same) {
            parts.pages.put(task, headPfn);
        }
        return -Errno.EBUSY;
    }

    private static boolean unmap(final Task task, final MmParts parts, final long pfn) {
        final MemMap memMap = parts.pages.memMap();
        final long page = memMap.page(pfn);
        if (memMap.head(page) != page) {
            return false;
        }
        parts.pages.lockPage(pfn);
        PageDescriptor.setFlags(page, PG_HWPOISON);
        final boolean isolated = parts.pages.memory().lruvec().isolate(pfn);
        final boolean unmapped = parts.rmap.tryToUnmapTo(
                task, pfn, parts.pageTables.root().layout().hwpoisonEntry(pfn));
        if (!unmapped) {
            PageDescriptor.clearFlags(page, PG_HWPOISON);
        }
        PageLock.unlock(page);
        if (isolated && unmapped) {
            parts.pages.put(task, pfn);
        } else if (isolated) {
            parts.pages.memory().lruvec().putback(task, pfn);
        }
        return unmapped;
    }
}
