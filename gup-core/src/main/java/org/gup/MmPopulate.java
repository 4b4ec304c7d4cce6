package org.gup;

import static org.gup.flags.Errno.EAGAIN;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_MLOCK;
import static org.gup.flags.FollFlags.FOLL_POPULATE;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_IO;
import static org.gup.flags.VmFlags.VM_LOCKED;
import static org.gup.flags.VmFlags.VM_LOCKONFAULT;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;
import org.jspecify.annotations.Nullable;

/**
 * Faulting pages in without returning them: what mlock() and MAP_POPULATE do. Models {@code populate_vma_page_range()} and
 * {@code __mm_populate()}, mm/gup.c, and mlock.c, v5.2.
 *
 * <p>Threading: stateless; each thread with its own {@link Task}.
 */
public final class MmPopulate {
    private final GetUserPages gup;

    /**
     * The calls of one kernel.
     *
     * @param gup the kernel's other calls
     */
    public MmPopulate(final GetUserPages gup) {
        this.gup = gup;
    }

    /**
     * Faults in part of a mapping. Models {@code populate_vma_page_range()}: what may be written is written to, unless it is
     * shared; what is locked is marked so; a VM_LOCKONFAULT mapping only marks what is there.
     *
     * @param task who asks
     * @param mm the address space; the caller holds its mmap_sem
     * @param vma the mapping
     * @param start first address, page-aligned, inside the mapping
     * @param end one past the last, page-aligned
     * @param locked null to keep mmap_sem; or one element, 1, which is 0 on return if a fault has dropped mmap_sem
     * @return pages done, fewer if mmap_sem was dropped; or a negated errno
     */
    public long populateVmaPageRange(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long start,
            final long end,
            final int @Nullable [] locked) {
        return populate(task, mm, vma, start, end, start, locked);
    }

    /** Part of a mapping; the trace counts pages from a base on. */
    private long populate(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long start,
            final long end,
            final long base,
            final int @Nullable [] locked) {
        if (((start | end) & ~PAGE_MASK) != 0 || start < vma.start() || end > vma.end() || start > end) {
            throw new IllegalArgumentException("not a range of pages of the mapping: start=0x" + Long.toHexString(start)
                    + ", end=0x" + Long.toHexString(end) + ", mapping " + vma);
        }
        final long vmFlags = vma.flags();
        int gupFlags = FOLL_TOUCH | FOLL_MLOCK;
        if ((vmFlags & VM_LOCKONFAULT) == 0) {
            gupFlags |= FOLL_POPULATE;
        }
        if ((vmFlags & (VM_WRITE | VM_SHARED)) == VM_WRITE) {
            // Copies on write now, so that the first write does not have to.
            gupFlags |= FOLL_WRITE;
        }
        if ((vmFlags & VM_ACCESS_FLAGS) != 0) {
            gupFlags |= FOLL_FORCE;
        }
        final WalkerEpoch epoch = gup.memory().epoch();
        epoch.enterCall(task);
        try {
            Arguments.checkMmapSem(mm);
            return gup.slowCalls()
                    .walker()
                    .getUserPages(
                            task,
                            mm,
                            start,
                            (end - start) >>> PAGE_SHIFT,
                            gupFlags,
                            null,
                            (int) ((start - base) >>> PAGE_SHIFT),
                            null,
                            locked);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Faults in every mapping of a range. Models {@code __mm_populate()}. Takes mmap_sem itself.
     *
     * @param task who asks
     * @param mm the address space; the caller does not hold its mmap_sem
     * @param start first address, page-aligned
     * @param lengthBytes size in bytes, a multiple of the page size
     * @param ignoreErrors whether to go on after a mapping that fails, as MAP_POPULATE does
     * @return 0, or the first negated errno
     */
    public int mmPopulate(
            final Task task, final MmStruct mm, final long start, final long lengthBytes, final boolean ignoreErrors) {
        if (((start | lengthBytes) & ~PAGE_MASK) != 0) {
            throw new IllegalArgumentException("not page-aligned: start=0x" + Long.toHexString(start)
                    + ", lengthBytes=0x" + Long.toHexString(lengthBytes));
        }
        final long end = start + lengthBytes;
        final int[] locked = task.lockedScratch();
        locked[0] = 0;
        VmArea vma = null;
        long next = start;
        int result = 0;
        try {
            while (Long.compareUnsigned(next, end) < 0) {
                if (locked[0] == 0) {
                    mm.mmapReadLock(task);
                    locked[0] = 1;
                    vma = mm.findVma(next);
                } else if (vma != null && next >= vma.end()) {
                    vma = mm.findVma(next);
                }
                if (vma == null || vma.start() >= end) {
                    break;
                }
                final long vmaEnd = Math.min(end, vma.end());
                if ((vma.flags() & (VM_IO | VM_PFNMAP)) != 0) {
                    next = vmaEnd;
                    continue;
                }
                final long from = Math.max(next, vma.start());
                final long done = populate(task, mm, vma, from, vmaEnd, start, locked);
                if (done >= 0) {
                    next = from + (done << PAGE_SHIFT);
                } else if (ignoreErrors) {
                    next = vmaEnd;
                } else {
                    result = (int) done;
                    break;
                }
            }
        } finally {
            if (locked[0] == 1) {
                mm.mmapReadUnlock(task);
            }
        }
        return result;
    }

    /**
     * Locks memory. Models {@code mlock()}.
     *
     * @param task who locks
     * @param mm its address space; mmap_sem is not held
     * @param address start, rounded down to its page
     * @param lengthBytes size in bytes
     * @return 0; -ENOMEM for a hole or a page that cannot be had; -EAGAIN without memory
     */
    public int mlock(final Task task, final MmStruct mm, final long address, final long lengthBytes) {
        return lock(task, mm, address, lengthBytes, VM_LOCKED);
    }

    /**
     * Locks memory page by page as it is used. Models {@code mlock2(MLOCK_ONFAULT)}.
     *
     * @param task who locks
     * @param mm its address space; mmap_sem is not held
     * @param address start, rounded down to its page
     * @param lengthBytes size in bytes
     * @return as {@link #mlock}
     */
    public int mlockOnFault(final Task task, final MmStruct mm, final long address, final long lengthBytes) {
        return lock(task, mm, address, lengthBytes, VM_LOCKED | VM_LOCKONFAULT);
    }

    /**
     * Unlocks memory. Models {@code munlock()}.
     *
     * @param task who unlocks
     * @param mm its address space; mmap_sem is not held
     * @param address start, rounded down to its page
     * @param lengthBytes size in bytes
     * @return 0; -ENOMEM for a hole
     */
    public int munlock(final Task task, final MmStruct mm, final long address, final long lengthBytes) {
        return mm.setLocked(task, address & PAGE_MASK, pagesLength(address, lengthBytes), 0);
    }

    /** Models {@code do_mlock()}: marks the mappings, then faults their pages in. */
    private int lock(
            final Task task, final MmStruct mm, final long address, final long lengthBytes, final long lockFlags) {
        final long start = address & PAGE_MASK;
        final long length = pagesLength(address, lengthBytes);
        final int marked = mm.setLocked(task, start, length, lockFlags);
        if (marked != 0) {
            return marked;
        }
        // The errors that mlock() may give are fewer. Models __mlock_posix_error_return().
        final int error = mmPopulate(task, mm, start, length, false);
        return error == -EFAULT ? -ENOMEM : error == -ENOMEM ? -EAGAIN : error;
    }

    private static long pagesLength(final long address, final long lengthBytes) {
        return (lengthBytes + (address & ~PAGE_MASK) + ~PAGE_MASK) & PAGE_MASK;
    }
}
