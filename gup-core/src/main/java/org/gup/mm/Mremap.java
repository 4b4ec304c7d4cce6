package org.gup.mm;

import static org.gup.flags.VmFlags.VM_DONTEXPAND;
import static org.gup.flags.VmFlags.VM_HUGETLB;
import static org.gup.flags.VmFlags.VM_MAYSHARE;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_UFFD_MISSING;
import static org.gup.flags.VmFlags.VM_UFFD_WP;
import static org.gup.mm.Mman.MREMAP_FIXED;
import static org.gup.mm.Mman.MREMAP_MAYMOVE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.Errno;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * mremap. Models mm/mremap.c, v5.2, but for the moving of entries, which {@link MoveTables} does.
 *
 * <p>Differs: there is no limit to what may be locked; populating what a locked mapping has grown by is left to the caller;
 * merged pages stay merged when they move.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class Mremap {
    private final MmParts parts;
    private final VmaIndex index;
    private final long taskSize;

    Mremap(final MmParts parts) {
        this.parts = parts;
        this.index = parts.index;
        this.taskSize = parts.pageTables.root().geometry().taskSize();
    }

    /** Models {@code mremap()}. */
    long mremap(
            final Task task,
            final long address,
            final long oldBytes,
            final long newBytes,
            final int flags,
            final long newAddress) {
        final long oldLength = MapCalls.align(oldBytes, PAGE_SIZE);
        final long newLength = MapCalls.align(newBytes, PAGE_SIZE);
        final boolean fixed = (flags & MREMAP_FIXED) != 0;
        if ((flags & ~(MREMAP_FIXED | MREMAP_MAYMOVE)) != 0
                || (fixed && (flags & MREMAP_MAYMOVE) == 0)
                || (address & ~PAGE_MASK) != 0
                || newLength == 0) {
            return -Errno.EINVAL;
        }
        if (fixed) {
            return toFixed(task, address, oldLength, newLength, newAddress);
        }
        if (Long.compareUnsigned(oldLength, newLength) >= 0) {
            final int error = oldLength == newLength
                    ? 0
                    : parts.unmapCalls.munmap(task, address + newLength, oldLength - newLength);
            return error != 0 ? error : address;
        }
        final int refused = refusal(address, oldLength, newLength);
        if (refused != 0) {
            return refused;
        }
        final int position = index.search(address);
        final VmArea vma = index.get(position);
        if (oldLength == vma.end() - address && isExpandable(position, newLength - oldLength)) {
            return parts.edit.extendUp(task, position, address + newLength) == null ? -Errno.ENOMEM : address;
        }
        if ((flags & MREMAP_MAYMOVE) == 0) {
            return -Errno.ENOMEM;
        }
        final long room = parts.mapCalls.findRoom(newLength, false);
        return room < 0 ? room : move(task, vma, address, oldLength, newLength, room);
    }

    /** Models {@code mremap_to()}. */
    private long toFixed(
            final Task task, final long address, final long oldLength, final long newLength, final long newAddress) {
        if ((newAddress & ~PAGE_MASK) != 0
                || Long.compareUnsigned(newLength, taskSize) > 0
                || Long.compareUnsigned(newAddress, taskSize - newLength) > 0
                || (address + oldLength > newAddress && newAddress + newLength > address)) {
            return -Errno.EINVAL;
        }
        if (index.size() + 2 >= VmaEdit.MAX_MAP_COUNT - 3) {
            return -Errno.ENOMEM;
        }
        final int cleared = parts.unmapCalls.munmap(task, newAddress, newLength);
        if (cleared != 0) {
            return cleared;
        }
        long length = oldLength;
        if (Long.compareUnsigned(oldLength, newLength) >= 0) {
            final int error = oldLength == newLength
                    ? 0
                    : parts.unmapCalls.munmap(task, address + newLength, oldLength - newLength);
            if (error != 0) {
                return error;
            }
            length = newLength;
        }
        final int refused = refusal(address, length, newLength);
        return refused != 0
                ? refused
                : move(task, index.get(index.search(address)), address, length, newLength, newAddress);
    }

    /** Models {@code vma_to_resize()}. */
    private int refusal(final long address, final long oldLength, final long newLength) {
        final VmArea vma = index.find(address);
        if (vma == null || vma.start() > address) {
            return -Errno.EFAULT;
        }
        if ((oldLength == 0 && (vma.flags() & (VM_SHARED | VM_MAYSHARE)) == 0) || (vma.flags() & VM_HUGETLB) != 0) {
            return -Errno.EINVAL;
        }
        if (Long.compareUnsigned(oldLength, vma.end() - address) > 0) {
            return -Errno.EFAULT;
        }
        if (newLength == oldLength) {
            return 0;
        }
        return (vma.flags() & (VM_DONTEXPAND | VM_PFNMAP)) != 0 ? -Errno.EFAULT : 0;
    }

    /** Models {@code vma_expandable()}. */
    private boolean isExpandable(final int position, final long delta) {
        final VmArea vma = index.get(position);
        final VmArea next = index.getOrNull(position + 1);
        final long end = vma.end() + delta;
        return end > vma.end() && end <= taskSize && (next == null || next.start() >= end);
    }

    /** Models {@code move_vma()}. */
    private long move(
            final Task task,
            final VmArea vma,
            final long address,
            final long oldLength,
            final long newLength,
            final long newAddress) {
        if (index.size() >= VmaEdit.MAX_MAP_COUNT - 3) {
            return -Errno.ENOMEM;
        }
        final VmArea copy = copyVma(task, vma, address, newAddress, newLength);
        if (copy == null) {
            return -Errno.ENOMEM;
        }
        final long moved = MoveTables.move(task, parts, vma, address, newAddress, oldLength);
        if (moved < oldLength) {
            MoveTables.move(task, parts, copy, newAddress, address, moved);
            parts.unmapCalls.munmap(task, newAddress, newLength);
            return -Errno.ENOMEM;
        }
        if (oldLength > 0) {
            parts.unmapCalls.munmap(task, address, oldLength);
        }
        return newAddress;
    }

    /** Models {@code copy_vma()}: the pages keep their indices, unless there are none yet. */
    private @Nullable VmArea copyVma(
            final Task task, final VmArea vma, final long address, final long newAddress, final long newLength) {
        final boolean untouched = vma.file() == null && vma.ops() == null && vma.anonVma() == 0;
        final long pgoff = untouched ? newAddress >>> PAGE_SHIFT : vma.pageIndex(address);
        final long flags = vma.flags() & ~(VM_UFFD_MISSING | VM_UFFD_WP);
        final long end = newAddress + newLength;
        final int position = index.search(newAddress);
        final VmArea merged = parts.edit.merge(
                task, position - 1, newAddress, end, flags, vma.anonVma(), vma.ops(), vma.file(), pgoff);
        if (merged != null) {
            return merged;
        }
        final VmArea copy = new VmArea(newAddress, end, flags, pgoff, vma.ops(), vma.file(), vma.anonVma());
        index.splice(task, position, position, copy);
        return copy;
    }
}
