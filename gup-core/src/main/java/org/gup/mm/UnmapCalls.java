package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;

/**
 * munmap, and the end of an address space. Models {@code __do_munmap()}, {@code unmap_region()} and {@code exit_mmap()},
 * mm/mmap.c, v5.2.
 *
 * <p>Order: entries are cleared; the mappings leave the index, under the rmap lock; tables are unlinked; then the flush frees
 * pages and tables. So whoever looks for the mappings of a page finds neither the mapping nor, below a neighbour, a table that
 * is gone.
 *
 * <p>Differs: {@code munmap} always holds mmap_sem for write to its end.
 *
 * <p>Threading: mmap_sem held for write, but as said.
 */
final class UnmapCalls {
    private final MmParts parts;
    private final VmaIndex index;
    private final VmaEdit edit;
    private final PageTables pageTables;
    private final long taskSize;

    UnmapCalls(final MmParts parts) {
        this.parts = parts;
        this.index = parts.index;
        this.edit = parts.edit;
        this.pageTables = parts.pageTables;
        this.taskSize = pageTables.root().geometry().taskSize();
    }

    /** Models {@code __do_munmap()}. */
    int munmap(final Task task, final long start, final long lengthBytes) {
        if ((start & ~PAGE_MASK) != 0
                || Long.compareUnsigned(start, taskSize) > 0
                || Long.compareUnsigned(lengthBytes, taskSize - start) > 0
                || lengthBytes == 0) {
            return -Errno.EINVAL;
        }
        return unmap(task, start, start + MapCalls.align(lengthBytes, PAGE_SIZE));
    }

    int unmap(final Task task, final long start, final long end) {
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

    private void remove(final Task task, final int first, final int stop) {
        final MmuGather gather = pageTables.gather(task);
        clear(task, gather, first, stop);
        final long start = index.get(first).start();
        final long end = index.get(stop - 1).end();
        final VmArea before = index.getOrNull(first - 1);
        final VmArea after = index.getOrNull(stop);
        final long floor = before == null ? 0 : before.end();
        final long ceiling = after == null ? userEnd() : after.start();
        index.splice(task, first, stop);
        FreePageTables.range(pageTables, gather, start, end, floor, ceiling);
        gather.flush();
    }

    private void clear(final Task task, final MmuGather gather, final int first, final int stop) {
        for (int i = first; i < stop; i++) {
            final VmArea vma = index.get(i);
            if ((vma.flags() & VmFlags.VM_LOCKED) != 0) {
                parts.lockedMappings.unlockPages(task, vma.start(), vma.end());
            }
            Zap.range(task, parts, gather, vma, vma.start(), vma.end());
        }
    }

    /** Zaps part of a mapping and leaves it in place. Models {@code zap_page_range()}; mmap_sem for read is enough. */
    void zap(final Task task, final VmArea vma, final long start, final long end) {
        final MmuGather gather = pageTables.gather(task);
        Zap.range(task, parts, gather, vma, start, end);
        gather.flush();
    }

    /** Unmaps everything and frees every table, the top one too. Models {@code exit_mmap()}. */
    void unmapAll(final Task task) {
        final MmuGather gather = pageTables.gather(task);
        clear(task, gather, 0, index.size());
        index.splice(task, 0, index.size());
        parts.mergedPages.forgetAll(task);
        FreePageTables.range(pageTables, gather, 0, userEnd(), 0, userEnd());
        if (pageTables.isOwn(pageTables.root().topPfn())) {
            gather.removeTable(pageTables.root().topPfn());
        }
        gather.flush();
    }

    private long userEnd() {
        return 1L << pageTables.root().geometry().userBits();
    }
}
