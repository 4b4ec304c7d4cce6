package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.flags.VmFlags.VM_LOCKED;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.flags.Errno;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
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
    private final Userfault userfault;

    AnonFault(
            final PageTables pageTables,
            final AnonPages pages,
            final AnonIdentity identity,
            final Userfault userfault) {
        this.pageTables = pageTables;
        this.pages = pages;
        this.identity = identity;
        this.userfault = userfault;
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
        if ((faultFlags & FAULT_FLAG_WRITE) == 0) {
            return installZero(task, vma, address, faultFlags, pteAddress);
        }
        identity.prepare(task, vma);
        final long pfn = pages.allocateZeroed(task);
        if (pfn < 0) {
            return VM_FAULT_OOM;
        }
        if (Userfault.isMissingReported(vma) && isNone(pteAddress)) {
            pages.put(task, pfn);
            return userfault.missing(task, address, faultFlags);
        }
        return installFresh(task, vma, address, pteAddress, pfn);
    }

    private boolean isNone(final long pteAddress) {
        pageTables.lock(pteAddress);
        final boolean none = Pte.isNone(TablePages.entryAcquire(pteAddress));
        pageTables.unlock(pteAddress);
        return none;
    }

    private int installZero(
            final Task task, final VmArea vma, final long address, final int faultFlags, final long pteAddress) {
        final long pte = Pte.of(pages.zeroPfn(), vma.protectionBits() | Pte.SPECIAL);
        pageTables.lock(pteAddress);
        final boolean none = Pte.isNone(TablePages.entryAcquire(pteAddress));
        final boolean reported = none && Userfault.isMissingReported(vma);
        if (none && !reported) {
            TablePages.storeRelease(pteAddress, pte);
        }
        pageTables.unlock(pteAddress);
        return reported ? userfault.missing(task, address, faultFlags) : 0;
    }

    /**
     * Fills a missing page that is reported. Models {@code mcopy_atomic_pte()} with zeroes.
     *
     * @return 0, -ENOENT, -EEXIST or -ENOMEM
     */
    int fillMissing(final Task task, final VmArea vma, final long address) {
        if (!Userfault.isMissingReported(vma)) {
            return -Errno.ENOENT;
        }
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return -Errno.ENOMEM;
        }
        if (pmdAddress == PageTables.NO_TABLE) {
            return -Errno.EEXIST;
        }
        if (!pageTables.allocChild(pmdAddress)) {
            return -Errno.ENOMEM;
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            return -Errno.EEXIST;
        }
        final long pteAddress = pageTables.pteEntry(pmd, address);
        identity.prepare(task, vma);
        final long pfn = isNone(pteAddress) ? pages.allocateZeroed(task) : 0;
        if (pfn <= 0) {
            return pfn == 0 ? -Errno.EEXIST : -Errno.ENOMEM;
        }
        installFresh(task, vma, address, pteAddress, pfn);
        return 0;
    }

    private int installFresh(
            final Task task, final VmArea vma, final long address, final long pteAddress, final long pfn) {
        long bits = vma.protectionBits();
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
     * The entry is empty, and a write in a private mapping wants a copy of a file's page there. Models the rest of
     * {@code do_cow_fault()} once the page is found, and {@code finish_fault()}.
     *
     * @param srcPfn the page, kept by the caller's reference or lock; -1 for zeroes
     * @return {@code VmFault.VM_FAULT_*} bits; 0 also if something else is there by now
     */
    int cowFromPage(final Task task, final VmArea vma, final long address, final long srcPfn) {
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY
                || (pmdAddress != PageTables.NO_TABLE && !pageTables.allocChild(pmdAddress))) {
            return VM_FAULT_OOM;
        }
        final long pmd = pmdAddress == PageTables.NO_TABLE ? 0 : TablePages.entryAcquire(pmdAddress);
        if (!PageTables.isTable(pmd, PMD_LEVEL)) {
            return 0;
        }
        final long pteAddress = pageTables.pteEntry(pmd, address);
        identity.prepare(task, vma);
        final long pfn = srcPfn < 0 ? pages.allocateZeroed(task) : pages.allocateCopy(task, srcPfn);
        return pfn < 0 ? VM_FAULT_OOM : installFresh(task, vma, address, pteAddress, pfn);
    }

    /**
     * A write to an entry that is present and read-only, of a private mapping or of one without operations. Models
     * {@code do_wp_page()}. The PTE table's lock is held, and released here.
     */
    int readOnly(final Task task, final VmArea vma, final long address, final long pteAddress, final long pte) {
        final long pfn = pages.normalPfn(pte);
        if (pfn < 0) {
            if ((vma.flags() & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED)) {
                return reuse(task, vma, pteAddress, pte);
            }
            pageTables.unlock(pteAddress);
            return copy(task, vma, address, pteAddress, pte, pfn);
        }
        if (pages.isAnon(pfn)) {
            if (!pages.lockPageUnder(task, pageTables, pteAddress, pte, pfn)) {
                return 0;
            }
            final boolean sole =
                    pages.isMerged(pfn) ? pages.reuseMergedPage(vma, address, pfn) : pages.reuseSwapPage(task, pfn);
            pages.unlockPage(pfn);
            if (sole) {
                return reuse(task, vma, pteAddress, pte);
            }
        } else if ((vma.flags() & VM_SHARED) != 0) {
            return reuse(task, vma, pteAddress, pte);
        }
        pages.get(pfn);
        pageTables.unlock(pteAddress);
        final int result = copy(task, vma, address, pteAddress, pte, pfn);
        if ((result & VM_FAULT_WRITE) != 0 && (vma.flags() & VM_LOCKED) != 0) {
            pages.munlock(task, pfn);
        }
        pages.put(task, pfn);
        return result;
    }

    /** The page is the mapping's own: it stays. Models {@code wp_page_reuse()}. Releases the PTE table's lock. */
    private int reuse(final Task task, final VmArea vma, final long pteAddress, final long pte) {
        TablePages.storeRelease(pteAddress, PageProtection.maybeWritable(pte | Pte.ACCESSED | Pte.DIRTY, vma.flags()));
        pageTables.unlock(pteAddress);
        task.counters().add(Counter.COW_REUSES, 1);
        return VM_FAULT_WRITE;
    }

    /**
     * The page is a zero page, a file's or somebody else's: a copy takes its place. Models {@code wp_page_copy()}. The caller
     * holds a reference to the old page if it is a normal one.
     */
    private int copy(
            final Task task,
            final VmArea vma,
            final long address,
            final long pteAddress,
            final long pte,
            final long oldPfn) {
        identity.prepare(task, vma);
        final long source = oldPfn >= 0 ? oldPfn : pages.specialPfn(pte);
        final long pfn = source < 0 ? pages.allocateZeroed(task) : pages.allocateCopy(task, source);
        if (pfn < 0) {
            return VM_FAULT_OOM;
        }
        final long bits = PageProtection.maybeWritable(vma.protectionBits() | Pte.DIRTY, vma.flags());
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
        task.counters().add(Counter.COW_COPIES, 1);
        if (oldPfn >= 0 && pages.isCounted(oldPfn)) {
            pages.freeCachedSwap(task, oldPfn);
            pages.put(task, oldPfn);
        }
        return VM_FAULT_WRITE;
    }
}
