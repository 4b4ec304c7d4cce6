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
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;
import org.jspecify.annotations.Nullable;

/**
 * mmap and munmap. Models {@code do_mmap()}, {@code mmap_region()} and {@code __do_munmap()}, mm/mmap.c, v5.2.
 *
 * <p>Differs: the whole address space may be mapped, no matter how much memory there is; {@code munmap} always holds mmap_sem
 * for write to its end.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class MapCalls {
    private final VmaIndex index;
    private final VmaEdit edit;
    private final AddressSearch search;
    private final PageTables pageTables;
    private final AnonPages pages;
    private final SplitHugePmd splitter;
    private final long taskSize;

    MapCalls(
            final VmaIndex index,
            final VmaEdit edit,
            final PageTables pageTables,
            final AnonPages pages,
            final SplitHugePmd splitter) {
        this.index = index;
        this.edit = edit;
        this.search = new AddressSearch(index, pageTables.root().geometry());
        this.pageTables = pageTables;
        this.pages = pages;
        this.splitter = splitter;
        this.taskSize = pageTables.root().geometry().taskSize();
    }

    /** Models {@code do_mmap()}. */
    long mmap(final Task task, final long hint, final long lengthBytes, final int prot, final int flags) {
        if (lengthBytes == 0) {
            return -Errno.EINVAL;
        }
        final long length = pageAlign(lengthBytes);
        if (length == 0 || index.size() > VmaEdit.MAX_MAP_COUNT) {
            return -Errno.ENOMEM;
        }
        final int refused = refusal(flags);
        if (refused != 0) {
            return refused;
        }
        final long start = search.find(hint, length, flags);
        if (start < 0) {
            return start;
        }
        final long end = start + length;
        final VmArea there = index.find(start);
        if (there != null && there.start() < end) {
            if ((flags & MAP_FIXED_NOREPLACE) != 0) {
                return -Errno.EEXIST;
            }
            if (unmap(task, start, end) != 0) {
                return -Errno.ENOMEM;
            }
        }
        insert(task, start, end, vmFlags(prot, flags));
        return start;
    }

    private static int refusal(final int flags) {
        final int type = flags & MAP_TYPE;
        if (type == MAP_SHARED
                || type == MAP_SHARED_VALIDATE
                || (flags & MAP_ANONYMOUS) == 0
                || (flags & (MAP_LOCKED | MAP_HUGETLB)) != 0) {
            return -Errno.EOPNOTSUPP;
        }
        return type == MAP_PRIVATE ? 0 : -Errno.EINVAL;
    }

    /** Models {@code calc_vm_prot_bits()}, {@code calc_vm_flag_bits()} and {@code accountable_mapping()}. */
    private static long vmFlags(final int prot, final int flags) {
        long vmFlags = protFlags(prot) | VmFlags.VM_MAYREAD | VmFlags.VM_MAYWRITE | VmFlags.VM_MAYEXEC;
        if ((flags & MAP_GROWSDOWN) != 0) {
            vmFlags |= VmFlags.VM_GROWSDOWN;
        }
        if ((flags & MAP_NORESERVE) != 0) {
            vmFlags |= VmFlags.VM_NORESERVE;
        } else if ((vmFlags & VmFlags.VM_WRITE) != 0) {
            vmFlags |= VmFlags.VM_ACCOUNT;
        }
        return vmFlags;
    }

    /** {@code PROT_*} as {@code VM_*}; the bits have the same values. */
    static long protFlags(final int prot) {
        return prot & VmFlags.VM_ACCESS_FLAGS;
    }

    /** The range is free: makes it part of a neighbour or a mapping of its own. */
    private void insert(final Task task, final long start, final long end, final long vmFlags) {
        final int position = index.search(start);
        final long pgoff = start >>> PAGE_SHIFT;
        if (edit.merge(task, position - 1, start, end, vmFlags, 0, null, pgoff) == null) {
            index.splice(position, position, new VmArea(start, end, vmFlags, pgoff, null, 0));
        }
    }

    /** Adds a mapping of a dump as it is. */
    void insertImported(final long start, final long end, final long vmFlags, final @Nullable VmOperations ops) {
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
        index.splice(position, position, new VmArea(start, end, vmFlags, start >>> PAGE_SHIFT, ops, 0));
    }

    /** Models {@code __do_munmap()}. */
    int munmap(final Task task, final long start, final long lengthBytes) {
        if ((start & ~PAGE_MASK) != 0
                || Long.compareUnsigned(start, taskSize) > 0
                || Long.compareUnsigned(lengthBytes, taskSize - start) > 0
                || lengthBytes == 0) {
            return -Errno.EINVAL;
        }
        return unmap(task, start, start + pageAlign(lengthBytes));
    }

    private int unmap(final Task task, final long start, final long end) {
        int first = index.search(start);
        final VmArea head = index.getOrNull(first);
        if (head == null || head.start() >= end) {
            return 0;
        }
        if (start > head.start()) {
            final boolean inTheMiddle = end < head.end();
            final int error = inTheMiddle ? edit.split(task, first, start) : edit.splitBeyondLimit(task, first, start);
            if (error != 0) {
                return error;
            }
            first++;
        }
        int stop = index.search(end);
        final VmArea tail = index.getOrNull(stop);
        if (tail != null && tail.start() < end) {
            final int error = edit.splitBeyondLimit(task, stop, end);
            if (error != 0) {
                return error;
            }
            stop++;
        }
        remove(task, first, stop);
        return 0;
    }

    /** Models {@code unmap_region()}: entries, then tables, then the flush that frees both. */
    private void remove(final Task task, final int first, final int stop) {
        final MmuGather gather = pageTables.gather(task);
        for (int i = first; i < stop; i++) {
            final VmArea vma = index.get(i);
            Zap.range(task, pageTables, pages, splitter, gather, vma, vma.start(), vma.end());
        }
        final VmArea before = index.getOrNull(first - 1);
        final VmArea after = index.getOrNull(stop);
        FreePageTables.range(
                pageTables,
                gather,
                index.get(first).start(),
                index.get(stop - 1).end(),
                before == null ? 0 : before.end(),
                after == null ? userEnd() : after.start());
        index.splice(first, stop);
        gather.flush();
    }

    /** Zaps part of a mapping and leaves it in place. Models {@code zap_page_range()}; mmap_sem for read is enough. */
    void zap(final Task task, final VmArea vma, final long start, final long end) {
        final MmuGather gather = pageTables.gather(task);
        Zap.range(task, pageTables, pages, splitter, gather, vma, start, end);
        gather.flush();
    }

    /** Unmaps everything and frees every table, the top one too. Models {@code exit_mmap()}. */
    void unmapAll(final Task task) {
        final MmuGather gather = pageTables.gather(task);
        for (int i = 0; i < index.size(); i++) {
            final VmArea vma = index.get(i);
            Zap.range(task, pageTables, pages, splitter, gather, vma, vma.start(), vma.end());
        }
        index.splice(0, index.size());
        FreePageTables.range(pageTables, gather, 0, userEnd(), 0, userEnd());
        if (pageTables.isOwn(pageTables.root().topPfn())) {
            gather.removeTable(pageTables.root().topPfn());
        }
        gather.flush();
    }

    private long userEnd() {
        return 1L << pageTables.root().geometry().userBits();
    }

    private static long pageAlign(final long bytes) {
        return (bytes + ~PAGE_MASK) & PAGE_MASK;
    }
}
