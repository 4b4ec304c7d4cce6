package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_PKEY_MASK;
import static org.gup.flags.VmFlags.VM_PKEY_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;

/**
 * mprotect and madvise: calls that give part of the address space other flags. Models {@code do_mprotect_pkey()},
 * mm/mprotect.c, and {@code do_madvise()}, mm/madvise.c, v5.2.
 *
 * <p>Threading: mmap_sem held for write; {@link #dontNeed} needs it for read only.
 */
final class ProtectCalls {
    private static final int PROT_SEM = 0x8;
    private static final int PKEYS = 16;

    private final VmaIndex index;
    private final VmaEdit edit;
    private final PageTables pageTables;
    private final SplitHugePmd splitter;
    private final MapCalls mapCalls;

    ProtectCalls(
            final VmaIndex index,
            final VmaEdit edit,
            final PageTables pageTables,
            final SplitHugePmd splitter,
            final MapCalls mapCalls) {
        this.index = index;
        this.edit = edit;
        this.pageTables = pageTables;
        this.splitter = splitter;
        this.mapCalls = mapCalls;
    }

    /** Models {@code do_mprotect_pkey()}; every key from 0 to 15 counts as allocated. */
    int mprotect(final Task task, final long address, final long lengthBytes, final int asked, final int pkey) {
        final int grows = asked & (Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP);
        final int prot = asked & ~(Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP);
        if (grows == (Mman.PROT_GROWSDOWN | Mman.PROT_GROWSUP) || (address & ~PAGE_MASK) != 0) {
            return -Errno.EINVAL;
        }
        if (lengthBytes == 0) {
            return 0;
        }
        final long end = address + ((lengthBytes + ~PAGE_MASK) & PAGE_MASK);
        if (Long.compareUnsigned(end, address) <= 0) {
            return -Errno.ENOMEM;
        }
        if ((prot & ~(VM_ACCESS_FLAGS | PROT_SEM)) != 0 || pkey < -1 || pkey >= PKEYS) {
            return -Errno.EINVAL;
        }
        final VmArea first = index.find(address);
        if (first == null || Long.compareUnsigned(first.start(), end) >= 0) {
            return -Errno.ENOMEM;
        }
        if ((grows == Mman.PROT_GROWSUP && first.start() <= address)
                || (grows == Mman.PROT_GROWSDOWN && (first.flags() & VmFlags.VM_GROWSDOWN) == 0)) {
            return -Errno.EINVAL;
        }
        return protectRange(task, grows == Mman.PROT_GROWSDOWN ? first.start() : address, end, prot, pkey);
    }

    private int protectRange(final Task task, final long start, final long end, final int prot, final int pkey) {
        long address = start;
        while (address < end) {
            final int position = index.search(address);
            final VmArea vma = index.getOrNull(position);
            if (vma == null || vma.start() > address) {
                return -Errno.ENOMEM;
            }
            final long next = Math.min(vma.end(), end);
            final int error = fixup(task, position, address, next, protectedFlags(vma.flags(), prot, pkey));
            if (error != 0) {
                return error;
            }
            address = next;
        }
        return 0;
    }

    private static long protectedFlags(final long old, final int prot, final int pkey) {
        final long keeps = pkey < 0 ? ~VM_ACCESS_FLAGS : ~(VM_ACCESS_FLAGS | VM_PKEY_MASK);
        final long key = pkey < 0 ? 0 : (long) pkey << VM_PKEY_SHIFT;
        return (old & keeps) | MapCalls.protFlags(prot) | key;
    }

    /** Models {@code mprotect_fixup()}. */
    private int fixup(final Task task, final int position, final long start, final long end, final long asked) {
        final long old = index.get(position).flags();
        if ((asked & ~(asked >>> 4) & VM_ACCESS_FLAGS) != 0) {
            return -Errno.EACCES;
        }
        if (asked == old) {
            return 0;
        }
        long flags = asked;
        final long neverCharged =
                VmFlags.VM_ACCOUNT | VmFlags.VM_WRITE | VmFlags.VM_HUGETLB | VmFlags.VM_SHARED | VmFlags.VM_NORESERVE;
        if ((asked & VmFlags.VM_WRITE) != 0 && (old & neverCharged) == 0) {
            flags |= VmFlags.VM_ACCOUNT;
        }
        final int error = setFlags(task, position, start, end, flags);
        if (error == 0) {
            ChangeProtection.range(task, pageTables, splitter, index.get(index.search(start)), start, end);
        }
        return error;
    }

    /** Gives part of a mapping other flags: merges it with a neighbour, or splits it off. */
    private int setFlags(final Task task, final int position, final long start, final long end, final long flags) {
        final VmArea vma = index.get(position);
        final int previous = start > vma.start() ? position : position - 1;
        final VmArea merged =
                edit.merge(task, previous, start, end, flags, vma.anonVma(), vma.ops(), vma.pageIndex(start));
        if (merged != null) {
            return 0;
        }
        int part = position;
        if (start != vma.start()) {
            final int error = edit.split(task, part, start);
            if (error != 0) {
                return error;
            }
            part++;
        }
        if (end != vma.end()) {
            final int error = edit.split(task, part, end);
            if (error != 0) {
                return error;
            }
        }
        index.splice(part, part + 1, index.get(part).withFlags(flags));
        return 0;
    }

    /** Models {@code do_madvise()}. */
    int madvise(final Task task, final long address, final long lengthBytes, final int advice) {
        if (advice != Mman.MADV_HUGEPAGE && advice != Mman.MADV_NOHUGEPAGE && advice != Mman.MADV_DONTNEED) {
            return -Errno.EINVAL;
        }
        final long end = address + ((lengthBytes + ~PAGE_MASK) & PAGE_MASK);
        if ((address & ~PAGE_MASK) != 0
                || (lengthBytes != 0 && end == address)
                || Long.compareUnsigned(end, address) < 0) {
            return -Errno.EINVAL;
        }
        int holes = 0;
        long at = address;
        while (Long.compareUnsigned(at, end) < 0) {
            final int position = index.search(at);
            final VmArea vma = index.getOrNull(position);
            if (vma == null || Long.compareUnsigned(vma.start(), end) >= 0) {
                return -Errno.ENOMEM;
            }
            if (at < vma.start()) {
                holes = -Errno.ENOMEM;
                at = vma.start();
            }
            final long next = Math.min(vma.end(), end);
            final int error = advice == Mman.MADV_DONTNEED
                    ? dontNeed(task, vma, at, next)
                    : advise(task, position, at, next, advice);
            if (error != 0) {
                return error;
            }
            at = next;
        }
        return holes;
    }

    /** Models {@code hugepage_madvise()} and {@code madvise_behavior()}. */
    private int advise(final Task task, final int position, final long start, final long end, final int advice) {
        final long old = index.get(position).flags();
        final long none = old & ~(VmFlags.VM_HUGEPAGE | VmFlags.VM_NOHUGEPAGE);
        final long flags = none | (advice == Mman.MADV_HUGEPAGE ? VmFlags.VM_HUGEPAGE : VmFlags.VM_NOHUGEPAGE);
        return flags == old ? 0 : setFlags(task, position, start, end, flags);
    }

    /** Models {@code madvise_dontneed_single_vma()}. */
    private int dontNeed(final Task task, final VmArea vma, final long start, final long end) {
        if ((vma.flags() & (VmFlags.VM_LOCKED | VmFlags.VM_HUGETLB | VmFlags.VM_PFNMAP)) != 0) {
            return -Errno.EINVAL;
        }
        mapCalls.zap(task, vma, start, end);
        return 0;
    }
}
