package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Faults on base pages of private memory: a page that is missing, and a write to one that is read-only. Models
 * {@code do_anonymous_page()} and {@code do_wp_page()}, mm/memory.c, v5.2.
 *
 * <p>Threading: mmap_sem held for read; many threads may fault on the same page. Whoever takes the PTE table's lock first and
 * finds the entry as it was installs the page; the others give theirs back.
 */
final class AnonFault {
    private final PageTables pageTables;
    private final AnonPages pages;
    private final AnonIdentity identity;

    AnonFault(final PageTables pageTables, final AnonPages pages, final AnonIdentity identity) {
        this.pageTables = pageTables;
        this.pages = pages;
        this.identity = identity;
    }

    /** The entry is empty. Models {@code do_anonymous_page()}. */
    int missing(final Task task, final VmArea vma, final long address, final int faultFlags, final long pmdAddress) {
        if ((vma.flags() & VM_SHARED) != 0) {
            return VM_FAULT_SIGBUS;
        }
        if (!pageTables.allocChild(pmdAddress)) {
            return VM_FAULT_OOM;
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            // A huge page came first: the access is repeated, and finds it.
            return 0;
        }
        final long pteAddress = pageTables.pteEntry(pmd, address);
        return (faultFlags & FAULT_FLAG_WRITE) != 0
                ? installFresh(task, vma, address, pteAddress)
                : installZero(vma, pteAddress);
    }

    private int installZero(final VmArea vma, final long pteAddress) {
        final long pte = Pte.of(pages.zeroPfn(), PageProtection.bits(vma.flags()) | Pte.SPECIAL);
        pageTables.lock(pteAddress);
        if (Pte.isNone(TablePages.entryAcquire(pteAddress))) {
            TablePages.storeRelease(pteAddress, pte);
        }
        pageTables.unlock(pteAddress);
        return 0;
    }

    private int installFresh(final Task task, final VmArea vma, final long address, final long pteAddress) {
        identity.prepare(vma);
        final long pfn = pages.allocateZeroed(task);
        if (pfn < 0) {
            return VM_FAULT_OOM;
        }
        long bits = PageProtection.bits(vma.flags());
        if ((vma.flags() & VM_WRITE) != 0) {
            bits |= Pte.RW | Pte.DIRTY;
        }
        pageTables.lock(pteAddress);
        final boolean won = Pte.isNone(TablePages.entryAcquire(pteAddress));
        if (won) {
            pages.mapNew(task, vma, address, pfn);
            TablePages.storeRelease(pteAddress, Pte.of(pfn, bits));
        }
        pageTables.unlock(pteAddress);
        if (!won) {
            pages.put(task, pfn);
        }
        return 0;
    }

    /**
     * A write to an entry that is present and read-only. Models {@code do_wp_page()}. The PTE table's lock is held, and
     * released here.
     */
    int readOnly(final Task task, final VmArea vma, final long address, final long pteAddress, final long pte) {
        final long pfn = pages.normalPfn(pte);
        if (pfn < 0) {
            if ((vma.flags() & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED)) {
                return reuse(vma, pteAddress, pte);
            }
            pageTables.unlock(pteAddress);
            return copy(task, vma, address, pteAddress, pte, pfn);
        }
        if (pages.isAnon(pfn)) {
            if (!pages.lockPageUnder(task, pageTables, pteAddress, pte, pfn)) {
                return 0;
            }
            final boolean sole = pages.isSoleMapping(pfn);
            pages.unlockPage(pfn);
            if (sole) {
                return reuse(vma, pteAddress, pte);
            }
        } else if ((vma.flags() & VM_SHARED) != 0) {
            return reuse(vma, pteAddress, pte);
        }
        pages.get(pfn);
        pageTables.unlock(pteAddress);
        final int result = copy(task, vma, address, pteAddress, pte, pfn);
        pages.put(task, pfn);
        return result;
    }

    /** The page is the mapping's own: it stays. Models {@code wp_page_reuse()}. Releases the PTE table's lock. */
    private int reuse(final VmArea vma, final long pteAddress, final long pte) {
        TablePages.storeRelease(pteAddress, PageProtection.maybeWritable(pte | Pte.ACCESSED | Pte.DIRTY, vma.flags()));
        pageTables.unlock(pteAddress);
        return VM_FAULT_WRITE;
    }

    /**
     * The page is a zero page or somebody else's: a copy takes its place. Models {@code wp_page_copy()}. The caller holds a
     * reference to the old page if it is a normal one.
     */
    private int copy(
            final Task task,
            final VmArea vma,
            final long address,
            final long pteAddress,
            final long pte,
            final long oldPfn) {
        identity.prepare(vma);
        final long pfn = oldPfn < 0 ? pages.allocateZeroed(task) : pages.allocateCopy(task, oldPfn);
        if (pfn < 0) {
            return VM_FAULT_OOM;
        }
        final long bits = PageProtection.maybeWritable(PageProtection.bits(vma.flags()) | Pte.DIRTY, vma.flags());
        pageTables.lock(pteAddress);
        final boolean won = TablePages.entryAcquire(pteAddress) == pte;
        if (won) {
            TablePages.getAndSet(pteAddress, 0);
            pageTables.flushTlb();
            pages.mapNew(task, vma, address & PAGE_MASK, pfn);
            TablePages.storeRelease(pteAddress, Pte.of(pfn, bits));
            if (oldPfn >= 0 && pages.isCounted(oldPfn)) {
                pages.memMap().addPteMapcount(oldPfn, -1);
            }
        }
        pageTables.unlock(pteAddress);
        if (!won) {
            pages.put(task, pfn);
            return 0;
        }
        if (oldPfn >= 0 && pages.isCounted(oldPfn)) {
            pages.put(task, oldPfn);
        }
        return VM_FAULT_WRITE;
    }
}
