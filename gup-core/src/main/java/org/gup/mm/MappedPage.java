package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * The base page that a PTE maps, held by a reference: where what the kernel does to a page by its address begins.
 *
 * <p>Threading: one thread; mmap_sem held while it is in use.
 */
final class MappedPage {
    private final MmParts parts;
    private final Task task;
    /** Address of the entry. */
    long pteAddress;
    /** The entry as it was. */
    long pte;
    /** The page, -1 for none. */
    long pfn = -1;

    MappedPage(final MmParts parts, final Task task) {
        this.parts = parts;
        this.task = task;
    }

    /**
     * Takes hold of the page at an address. A huge page is split into base pages first. What a table of a dump maps is left alone.
     *
     * @return whether there is one that is counted
     */
    boolean hold(final VmArea vma, final long address) {
        pfn = -1;
        final long pmdAddress = parts.pageTables.pmdEntry(address);
        if (pmdAddress == 0 || Pte.isNone(TablePages.entryAcquire(pmdAddress))) {
            return false;
        }
        if (parts.mm.splitHugePage(task, vma, address) != 0) {
            return false;
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            return false;
        }
        pteAddress = parts.pageTables.pteEntry(pmd, address & PAGE_MASK);
        parts.pageTables.lock(pteAddress);
        pte = TablePages.entryAcquire(pteAddress);
        final long mapped = Pte.isPresent(pte) ? parts.pages.normalPfn(pte) : -1;
        if (mapped >= 0
                && parts.pageTables.isOwn(parts.pageTables.tablePfn(pteAddress))
                && parts.pages.isCounted(mapped)) {
            pfn = mapped;
            parts.pages.get(mapped);
        }
        parts.pageTables.unlock(pteAddress);
        return pfn >= 0;
    }

    /** Gives it back. */
    void release() {
        parts.pages.put(task, pfn);
        pfn = -1;
    }
}
