package org.gup.mm;

import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED_NOREPLACE;
import static org.gup.mm.Mman.MAP_GROWSDOWN;
import static org.gup.mm.Mman.MAP_HUGETLB;
import static org.gup.mm.Mman.MAP_LOCKED;
import static org.gup.mm.Mman.MAP_NORESERVE;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.MAP_SHARED_VALIDATE;
import static org.gup.mm.Mman.MAP_TYPE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.file.MappedFile;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * mmap. Models {@code do_mmap()} and {@code mmap_region()}, mm/mmap.c, v5.2.
 *
 * <p>Differs: the whole address space may be mapped, no matter how much memory there is; every file may be mapped in every way.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class MapCalls {
    private final MmParts parts;
    private final VmaIndex index;
    private final VmaEdit edit;
    private final AddressSearch search;
    private final long taskSize;

    MapCalls(final MmParts parts) {
        this.parts = parts;
        this.index = parts.index;
        this.edit = parts.edit;
        this.search = new AddressSearch(index, parts.pageTables.root().geometry());
        this.taskSize = parts.pageTables.root().geometry().taskSize();
    }

    /** Models {@code do_mmap()}; the file is null with MAP_ANONYMOUS. */
    long mmap(
            final Task task,
            final long hint,
            final long lengthBytes,
            final int prot,
            final int flags,
            final @Nullable MappedFile asked,
            final long pgoff) {
        if (lengthBytes == 0) {
            return -Errno.EINVAL;
        }
        VmOperations ops = asked == null ? null : FileOperations.of(asked);
        final boolean hugetlb = asked == null ? (flags & MAP_HUGETLB) != 0 : isHugetlb(ops);
        final long length = align(lengthBytes, hugetlb ? HPAGE_PMD_SIZE : PAGE_SIZE);
        if (length <= 0 || index.size() > VmaEdit.MAX_MAP_COUNT) {
            return -Errno.ENOMEM;
        }
        final int refused = refusal(flags, asked, hugetlb);
        if (refused != 0) {
            return refused;
        }
        final boolean huge = hugetlb || (asked != null && asked.isDax() && length >= HPAGE_PMD_SIZE);
        final long start = search.find(hint, length, flags, huge ? HPAGE_PMD_SIZE : PAGE_SIZE);
        if (start < 0) {
            return start;
        }
        if (hugetlb && (start & (HPAGE_PMD_SIZE - 1)) != 0) {
            return -Errno.EINVAL;
        }
        final int there = clear(task, start, start + length, flags);
        if (there != 0) {
            return there;
        }
        final boolean shared = (flags & MAP_TYPE) != MAP_PRIVATE;
        MappedFile file = asked;
        if (hugetlb && asked == null) {
            file = FileOperations.newHugetlb(memory(), length / HPAGE_PMD_SIZE);
        } else if (shared && asked == null) {
            file = FileOperations.newSharedMemory(memory(), length >>> PAGE_SHIFT);
        } else if (shared && ops == null) {
            // A shared mapping of /dev/zero is shared memory of its own.
            file = FileOperations.newSharedMemory(memory(), length >>> PAGE_SHIFT);
        }
        if (file != null && file != asked) {
            ops = FileOperations.of(file);
        }
        final long vmFlags = vmFlags(task, prot, flags, shared, hugetlb);
        final long first = file == null ? start >>> PAGE_SHIFT : file == asked ? pgoff : 0;
        return insert(task, start, start + length, vmFlags, ops, file, first);
    }

    private PhysicalMemory memory() {
        return parts.pages.memory();
    }

    private static boolean isHugetlb(final @Nullable VmOperations ops) {
        return ops != null && (ops.mapFlags() & VmFlags.VM_HUGETLB) != 0;
    }

    private static int refusal(final int flags, final @Nullable MappedFile file, final boolean hugetlb) {
        final int type = flags & MAP_TYPE;
        if (file == null && (flags & MAP_ANONYMOUS) == 0) {
            return -Errno.EINVAL;
        }
        if (type != MAP_PRIVATE && type != MAP_SHARED && (type != MAP_SHARED_VALIDATE || file == null)) {
            return -Errno.EINVAL;
        }
        if (file != null && (flags & MAP_HUGETLB) != 0 && !hugetlb) {
            return -Errno.EINVAL;
        }
        return (flags & MAP_GROWSDOWN) != 0 && (type != MAP_PRIVATE || file != null) ? -Errno.EINVAL : 0;
    }

    /** Unmaps what is in the way, unless that was not wanted. */
    private int clear(final Task task, final long start, final long end, final int flags) {
        final VmArea there = index.find(start);
        if (there == null || there.start() >= end) {
            return 0;
        }
        if ((flags & MAP_FIXED_NOREPLACE) != 0) {
            return -Errno.EEXIST;
        }
        return parts.unmapCalls.unmap(task, start, end) == 0 ? 0 : -Errno.ENOMEM;
    }

    /** Models {@code calc_vm_prot_bits()}, {@code calc_vm_flag_bits()} and {@code accountable_mapping()}. */
    private long vmFlags(
            final Task task, final int prot, final int flags, final boolean shared, final boolean hugetlb) {
        long vmFlags = protFlags(prot) | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC;
        vmFlags |= (long) parts.protectionKeys.forMapping(task, prot) << VmFlags.VM_PKEY_SHIFT;
        if ((flags & MAP_GROWSDOWN) != 0) {
            vmFlags |= VmFlags.VM_GROWSDOWN;
        }
        if ((flags & MAP_LOCKED) != 0) {
            vmFlags |= VmFlags.VM_LOCKED;
        }
        if (shared) {
            vmFlags |= VmFlags.VM_SHARED | VmFlags.VM_MAYSHARE;
        }
        if ((flags & MAP_NORESERVE) != 0) {
            vmFlags |= VmFlags.VM_NORESERVE;
        } else if (!shared && !hugetlb && (vmFlags & VmFlags.VM_WRITE) != 0) {
            vmFlags |= VmFlags.VM_ACCOUNT;
        }
        return vmFlags;
    }

    /** {@code PROT_*} as {@code VM_*}; the bits have the same values. */
    static long protFlags(final int prot) {
        return prot & VmFlags.VM_ACCESS_FLAGS;
    }

    /** The range is free: makes it part of a neighbour or a mapping of its own. */
    private long insert(
            final Task task,
            final long start,
            final long end,
            final long vmFlags,
            final @Nullable VmOperations ops,
            final @Nullable MappedFile file,
            final long pgoff) {
        final int position = index.search(start);
        if (edit.merge(task, position - 1, start, end, vmFlags, 0, ops, file, pgoff) != null) {
            return start;
        }
        long flags = vmFlags | (ops == null ? 0 : ops.mapFlags());
        if ((flags & (VmaEdit.VM_SPECIAL | VmFlags.VM_HUGETLB)) != 0 || (file != null && file.isDax())) {
            flags &= ~LockedMappings.LOCK_FLAGS;
        }
        final VmArea vma = new VmArea(start, end, flags, pgoff, ops, file, 0);
        index.splice(task, position, position, vma);
        final int error = ops == null ? 0 : ops.mapped(task, parts.mm, vma);
        if (error != 0) {
            parts.unmapCalls.unmap(task, start, end);
            return error;
        }
        return start;
    }

    /** Adds a mapping of a dump as it is. */
    void insertImported(
            final Task task, final long start, final long end, final long vmFlags, final @Nullable VmOperations ops) {
        if (((start | end) & ~PAGE_MASK) != 0 || start < 0 || end <= start || end > taskSize) {
            throw new IllegalArgumentException("bad range: start=0x" + Long.toHexString(start) + ", end=0x"
                    + Long.toHexString(end) + ", task size 0x" + Long.toHexString(taskSize));
        }
        final int position = index.search(start);
        final VmArea there = index.getOrNull(position);
        if (there != null && there.start() < end) {
            throw new IllegalArgumentException("mappings overlap: start=0x" + Long.toHexString(start) + ", end=0x"
                    + Long.toHexString(end) + ", there: " + there);
        }
        index.splice(task, position, position, new VmArea(start, end, vmFlags, start >>> PAGE_SHIFT, ops, null, 0));
    }

    /** An address for a mapping that is to move. Models {@code get_unmapped_area()}. */
    long findRoom(final long length, final boolean hugeAligned) {
        return search.find(0, length, 0, hugeAligned ? HPAGE_PMD_SIZE : PAGE_SIZE);
    }

    static long align(final long bytes, final long unit) {
        return (bytes + unit - 1) & -unit;
    }
}
