package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.file.MappedFile;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * The half of mlock and munlock that changes mappings. Models {@code apply_vma_lock_flags()}, {@code mlock_fixup()} and
 * {@code munlock_vma_pages_range()}, mm/mlock.c, v5.2.
 *
 * <p>Differs: there is no limit to what may be locked; a page that is unlocked here is unlocked for good, though another mapping
 * may be locked and map it too.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class LockedMappings {
    /** Flags of a mapping that is locked. */
    static final long LOCK_FLAGS = VmFlags.VM_LOCKED | VmFlags.VM_LOCKONFAULT;

    private final MmParts parts;

    LockedMappings(final MmParts parts) {
        this.parts = parts;
    }

    /** Models {@code apply_vma_lock_flags()}, with the rounding of {@code do_mlock()}. */
    int apply(final Task task, final long address, final long lengthBytes, final long lockFlags) {
        final long start = address & PAGE_MASK;
        final long end = start + MapCalls.align(lengthBytes + (address & ~PAGE_MASK), PAGE_SIZE);
        if (Long.compareUnsigned(end, start) < 0) {
            return -Errno.EINVAL;
        }
        for (long at = start; at < end; ) {
            final int position = parts.index.search(at);
            final VmArea vma = parts.index.getOrNull(position);
            if (vma == null || vma.start() > at) {
                return -Errno.ENOMEM;
            }
            final long next = Math.min(vma.end(), end);
            final int error = fixup(task, position, at, next, lockFlags);
            if (error != 0) {
                return error;
            }
            at = next;
        }
        return 0;
    }

    private int fixup(final Task task, final int position, final long start, final long end, final long lockFlags) {
        final VmArea vma = parts.index.get(position);
        final long flags = (vma.flags() & ~LOCK_FLAGS) | lockFlags;
        final MappedFile file = vma.file();
        if (flags == vma.flags()
                || (vma.flags() & (VmaEdit.VM_SPECIAL | VmFlags.VM_HUGETLB)) != 0
                || (file != null && file.isDax())) {
            return 0;
        }
        final int error = parts.edit.setFlags(task, position, start, end, flags);
        if (error == 0 && (flags & VmFlags.VM_LOCKED) == 0) {
            unlockPages(task, start, end);
        }
        return error;
    }

    /** Unlocks the pages of a range. Models {@code munlock_vma_pages_range()}. */
    void unlockPages(final Task task, final long start, final long end) {
        long next;
        for (long at = start; at < end; at = next) {
            next = Math.min(end, at + PAGE_SIZE);
            final long pmdAddress = parts.pageTables.pmdEntry(at);
            final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
            if (SplitHugePmd.isLeaf(pmd)) {
                unlock(task, pmdAddress, pmd, Pte.hugePfn(pmd, PMD_LEVEL));
                next = Math.min(end, (at & -HPAGE_PMD_SIZE) + HPAGE_PMD_SIZE);
            } else if (PageTables.isTable(pmd, PMD_LEVEL)) {
                final long pteAddress = parts.pageTables.pteEntry(pmd, at);
                final long pte = TablePages.entryAcquire(pteAddress);
                if (Pte.isPresent(pte)) {
                    unlock(task, pteAddress, pte, parts.pages.normalPfn(pte));
                }
            } else {
                next = Math.min(end, (at & -HPAGE_PMD_SIZE) + HPAGE_PMD_SIZE);
            }
        }
    }

    private void unlock(final Task task, final long entryAddress, final long entry, final long pfn) {
        if (pfn < 0 || !parts.pages.isCounted(pfn)) {
            return;
        }
        parts.pageTables.lock(entryAddress);
        final boolean same = TablePages.entryAcquire(entryAddress) == entry;
        if (same) {
            parts.pages.get(pfn);
        }
        parts.pageTables.unlock(entryAddress);
        if (same) {
            parts.pages.munlock(task, pfn);
            parts.pages.put(task, pfn);
        }
    }
}
