package org.gup.slow;

import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;

import java.util.Arrays;
import org.gup.file.HugetlbFile;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.mm.VmOperations;
import org.gup.offheap.SpinLock;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The slow walk through a mapping of hugetlbfs: a loop of its own, with faults of its own. Models
 * {@code follow_hugetlb_page()}, mm/hugetlb.c, v5.2: every base page of a huge page is taken under one hold of its lock, and
 * the fault goes to hugetlbfs at once, so that no counter of the task sees it and no protection key is asked.
 *
 * <p>Threading: stateless. Upper levels are read without a lock, as in {@link FollowPage}; huge entries are read under their
 * table's lock.
 */
final class FollowHugetlb {
    /** There is no entry. */
    private static final long ABSENT = Long.MIN_VALUE;
    /** The entry is not present, or read-only where a write is wanted. */
    private static final long UNFIT = 0;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final TablePages tables;

    FollowHugetlb(final PhysicalMemory memory) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.tables = memory.tables();
    }

    /**
     * Gets the base pages of a range that lies in one mapping.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param vma the mapping, of hugetlbfs
     * @param start first address, page-aligned
     * @param wanted base pages, at least 1, none beyond the mapping
     * @param flags {@code FOLL_*}
     * @param pages receives pfns, or null
     * @param offset index of the first in both arrays
     * @param vmas receives the mapping of each page, or null
     * @param locked null, or where to say that mmap_sem was dropped
     * @return base pages: {@code wanted}, or fewer if it stopped; 0 if a fault asks to be tried again before the first; or a
     *     negated errno if there was none
     */
    long follow(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long start,
            final long wanted,
            final int flags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        long done = 0;
        while (done < wanted) {
            if (task.fatalSignalPending()) {
                // Not -ERESTARTSYS, as for base pages.
                return done > 0 ? done : -EFAULT;
            }
            final long address = start + (done << PAGE_SHIFT);
            final long got = take(mm, vma, address, wanted - done, flags, pages, (int) (offset + done), vmas);
            if (got > 0) {
                done += got;
                continue;
            }
            if (got == ABSENT) {
                if ((flags & FOLL_DUMP) != 0 && !isCached(task, vma, address)) {
                    return done > 0 ? done : -EFAULT;
                }
            } else if (got < 0) {
                return done > 0 ? done : got;
            }
            final int faultFlags = SlowWalker.faultFlags(flags, locked != null);
            final int result = fault(task, mm, vma, address, faultFlags);
            if ((result & VM_FAULT_ERROR) != 0) {
                return done > 0 ? done : SlowWalker.knownErrno(result, flags);
            }
            if ((result & VM_FAULT_RETRY) != 0) {
                if (locked != null && (faultFlags & FAULT_FLAG_RETRY_NOWAIT) == 0) {
                    locked[0] = 0;
                }
                return done;
            }
        }
        return done;
    }

    private static int fault(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final VmOperations ops = vma.ops();
        return ops != null
                ? ops.fault(task, mm, vma, address, faultFlags)
                : mm.handleMmFault(task, vma, address, faultFlags);
    }

    /** Models {@code hugetlbfs_pagecache_present()}. */
    private boolean isCached(final Task task, final VmArea vma, final long address) {
        if (!(vma.file() instanceof HugetlbFile file)) {
            return false;
        }
        final long index = vma.pgoff() + ((address - vma.start()) >>> PAGE_SHIFT);
        final long headPfn = file.lookup(index >>> HPAGE_PMD_ORDER);
        if (headPfn < 0) {
            return false;
        }
        memMap.put(task, memMap.page(headPfn), 1);
        return true;
    }

    /**
     * Takes what the huge entry behind an address maps from there on.
     *
     * @return base pages; {@link #UNFIT} or {@link #ABSENT} if a fault is needed; a negated errno
     */
    private long take(
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final long wanted,
            final int flags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas) {
        long table = mm.walkRoot().topTable();
        int level = mm.walkRoot().geometry().levels();
        long entryAddress = TablePages.entryAddress(table, address, level);
        while (level > PMD_LEVEL) {
            // Order: acquire pairs with the release that linked the child. Alive: mmap_sem is held.
            final long entry = TablePages.entryAcquire(entryAddress);
            if (!Pte.isHardwarePresent(entry)) {
                return ABSENT;
            }
            if (level == PUD_LEVEL && Pte.isHuge(entry)) {
                break;
            }
            table = tables.child(entry);
            level--;
            entryAddress = TablePages.entryAddress(table, address, level);
        }
        final long lock = memMap.tableLock(tables.pfn(entryAddress));
        SpinLock.lock(lock, memory.await());
        try {
            final long entry = TablePages.entryAcquire(entryAddress);
            if (Pte.isNone(entry)) {
                return ABSENT;
            }
            if (!Pte.isPresent(entry) || ((flags & FOLL_WRITE) != 0 && !Pte.isWritable(entry))) {
                return UNFIT;
            }
            return takeSubpages(vma, Pte.hugePfn(entry, level), level, address, wanted, pages, offset, vmas);
        } finally {
            SpinLock.unlock(lock);
        }
    }

    /** Under the entry's lock, which keeps the page. */
    private long takeSubpages(
            final VmArea vma,
            final long headPfn,
            final int level,
            final long address,
            final long wanted,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas) {
        if (!memMap.pfnValid(headPfn)) {
            // An imported frame beyond the memory of the model; no page to return.
            return -EFAULT;
        }
        final long sizePages = PageTableGeometry.size(level) >>> PAGE_SHIFT;
        final long within = (address >>> PAGE_SHIFT) & (sizePages - 1);
        final int count = (int) Math.min(wanted, sizePages - within);
        if (pages != null) {
            final long head = memMap.head(memMap.page(headPfn));
            if (PageRef.countVolatile(head) <= 0) {
                return -ENOMEM;
            }
            for (int i = 0; i < count; i++) {
                pages[offset + i] = headPfn + within + i;
                PageRef.get(head, 1);
            }
        }
        if (vmas != null) {
            Arrays.fill(vmas, offset, offset + count, vma);
        }
        return count;
    }
}
