package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_PKEY_MASK;
import static org.gup.flags.VmFlags.VM_PKEY_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * mprotect and madvise: calls that give part of the address space other flags. Models {@code do_mprotect_pkey()},
 * mm/mprotect.c, and {@code do_madvise()}, mm/madvise.c, v5.2.
 *
 * <p>Threading: mmap_sem held for write; {@link #dontNeed} needs it for read only.
 */
final class ProtectCalls {
    private static final int PROT_SEM = 0x8;
    private static final int PKEYS = 16;

    private final MmParts parts;
    private final VmaIndex index;
    private final VmaEdit edit;

    ProtectCalls(final MmParts parts) {
        this.parts = parts;
        this.index = parts.index;
        this.edit = parts.edit;
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
            final int error = fixup(task, position, address, next, protectedFlags(task, vma, prot, pkey));
            if (error != 0) {
                return error;
            }
            address = next;
        }
        return 0;
    }

    private long protectedFlags(final Task task, final VmArea vma, final int prot, final int pkey) {
        final long key = (long) parts.protectionKeys.forProtect(task, vma, prot, pkey) << VM_PKEY_SHIFT;
        return (vma.flags() & ~(VM_ACCESS_FLAGS | VM_PKEY_MASK)) | MapCalls.protFlags(prot) | key;
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
        final int error = edit.setFlags(task, position, start, end, flags);
        if (error == 0) {
            ChangeProtection.range(task, parts, index.get(index.search(start)), start, end);
        }
        return error;
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
        return flags == old ? 0 : edit.setFlags(task, position, start, end, flags);
    }

    /** Has missing pages of a range, all of it mapped, reported. Models {@code userfaultfd_register()}. */
    void reportMissing(final Task task, final long start, final long end, final @Nullable UserfaultHandler handler) {
        if (changeFlags(task, start, end - start, VmFlags.VM_UFFD_MISSING, 0) != 0) {
            throw new IllegalArgumentException("not all of the range is mapped: start=0x" + Long.toHexString(start)
                    + ", end=0x" + Long.toHexString(end));
        }
        parts.userfault.register(start, end, handler);
    }

    /** Gives mappings of a range, all of it mapped, other flags; 0 or -ENOMEM. For what drivers and the kernel itself do. */
    int changeFlags(final Task task, final long start, final long lengthBytes, final long set, final long clear) {
        final long end = start + MapCalls.align(lengthBytes, PAGE_SIZE);
        for (long at = start; at < end; ) {
            final int position = index.search(at);
            final VmArea vma = index.getOrNull(position);
            if (vma == null || vma.start() > at) {
                return -Errno.ENOMEM;
            }
            final long next = Math.min(vma.end(), end);
            final long flags = (vma.flags() & ~clear) | set;
            final int error = flags == vma.flags() ? 0 : edit.setFlags(task, position, at, next, flags);
            if (error != 0) {
                return error;
            }
            at = next;
        }
        return 0;
    }

    /** Models {@code task_numa_work()} on a range; mmap_sem for read is enough. */
    long numaHint(final Task task, final long start, final long end) {
        final long skipped = VmFlags.VM_HUGETLB | VmFlags.VM_MIXEDMAP | VmFlags.VM_PFNMAP | VmFlags.VM_IO;
        long changed = 0;
        for (int i = index.search(start); i < index.size() && index.get(i).start() < end; i++) {
            final VmArea vma = index.get(i);
            if ((vma.flags() & skipped) == 0 && PageProtection.isAccessible(vma.flags())) {
                changed +=
                        ChangeProtection.hint(task, parts, vma, Math.max(start, vma.start()), Math.min(end, vma.end()));
            }
        }
        return changed;
    }

    /** Models {@code madvise_dontneed_single_vma()}. */
    private int dontNeed(final Task task, final VmArea vma, final long start, final long end) {
        if ((vma.flags() & (VmFlags.VM_LOCKED | VmFlags.VM_HUGETLB | VmFlags.VM_PFNMAP)) != 0) {
            return -Errno.EINVAL;
        }
        parts.unmapCalls.zap(task, vma, start, end);
        return 0;
    }
}
