package org.gup.mm;

import static org.gup.flags.VmFlags.VM_DONTEXPAND;
import static org.gup.flags.VmFlags.VM_IO;
import static org.gup.flags.VmFlags.VM_MIXEDMAP;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.flags.VmFlags.VM_SOFTDIRTY;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.file.MappedFile;
import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Splitting and merging of mappings. Models {@code vma_merge()}, {@code split_vma()} and {@code __vma_adjust()},
 * mm/mmap.c, v5.2.
 *
 * <p>Two neighbours merge if flags, file and operations are the same, their offsets follow each other, and their anon identities
 * agree; a mapping that has none yet does not take over a part that has one, by a slip of the kernel's that is kept here. A
 * border that comes to lie inside a huge PMD splits that PMD first.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class VmaEdit {
    /** Most mappings of an address space. Models {@code sysctl_max_map_count}. */
    static final int MAX_MAP_COUNT = 65530;

    /** Flags of mappings that never merge. Models {@code VM_SPECIAL}. */
    static final long VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;

    private final VmaIndex index;
    private final SplitHugePmd splitter;

    VmaEdit(final VmaIndex index, final SplitHugePmd splitter) {
        this.index = index;
        this.splitter = splitter;
    }

    /**
     * Makes the range {@code [start, end)} part of a neighbour if it can be.
     *
     * @param task who edits
     * @param previous position of the mapping before the range, or of the one that the range is the tail of; -1 for none
     * @param start first address of the range: a hole, a mapping, or part of one that reaches to one of its ends
     * @param end one past its last
     * @param flags what the range's flags are to be
     * @param anonVma its anon identity
     * @param ops its operations
     * @param file what it maps
     * @param pgoff its offset, in pages
     * @return the mapping that the range is part of now, or null if it did not merge
     */
    @Nullable
    VmArea merge(
            final Task task,
            final int previous,
            final long start,
            final long end,
            final long flags,
            final long anonVma,
            final @Nullable VmOperations ops,
            final @Nullable MappedFile file,
            final long pgoff) {
        if ((flags & VM_SPECIAL) != 0) {
            return null;
        }
        final VmArea before = index.getOrNull(previous);
        final VmArea inside = index.getOrNull(previous + 1);
        final int following = inside != null && inside.end() == end ? previous + 2 : previous + 1;
        final VmArea next = index.getOrNull(following);
        final VmArea after = next != null
                        && next.start() == end
                        && isSameKind(next, flags, ops, file)
                        && isMergeable(anonVma, next.anonVma(), next)
                        && next.pgoff() == pgoff + ((end - start) >>> PAGE_SHIFT)
                ? next
                : null;
        if (before != null
                && before.end() == start
                && isSameKind(before, flags, ops, file)
                && isMergeable(anonVma, before.anonVma(), before)
                && before.pgoff() + before.nrPages() == pgoff) {
            return extendUp(
                    task,
                    previous,
                    after != null && isMergeable(before.anonVma(), after.anonVma(), null) ? after.end() : end);
        }
        return after != null ? extendDown(task, previous, following, start) : null;
    }

    /**
     * Splits the mapping at a position into two at an address inside it; 0, -ENOMEM or -EINVAL. Models {@code split_vma()}.
     */
    int split(final Task task, final int position, final long address) {
        return index.size() >= MAX_MAP_COUNT ? -Errno.ENOMEM : splitBeyondLimit(task, position, address);
    }

    /** The same where one of the two is about to go. Models {@code __split_vma()}. */
    int splitBeyondLimit(final Task task, final int position, final long address) {
        final VmArea whole = index.get(position);
        if ((whole.flags() & VmFlags.VM_HUGETLB) != 0 && (address & (HPAGE_PMD_SIZE - 1)) != 0) {
            return -Errno.EINVAL;
        }
        if (!splitHugeAt(task, whole, address)) {
            return -Errno.ENOMEM;
        }
        index.splice(
                task,
                position,
                position + 1,
                whole.withBounds(whole.start(), address),
                whole.withBounds(address, whole.end()));
        return 0;
    }

    /** Gives part of a mapping other flags: merges it with a neighbour, or splits it off; 0, -ENOMEM or -EINVAL. */
    int setFlags(final Task task, final int position, final long start, final long end, final long flags) {
        final VmArea vma = index.get(position);
        final int previous = start > vma.start() ? position : position - 1;
        final VmArea merged =
                merge(task, previous, start, end, flags, vma.anonVma(), vma.ops(), vma.file(), vma.pageIndex(start));
        if (merged != null) {
            return 0;
        }
        int part = position;
        if (start != vma.start()) {
            final int error = split(task, part, start);
            if (error != 0) {
                return error;
            }
            part++;
        }
        if (end != vma.end()) {
            final int error = split(task, part, end);
            if (error != 0) {
                return error;
            }
        }
        index.splice(task, part, part + 1, index.get(part).withFlags(flags));
        return 0;
    }

    /** The mapping before takes in everything up to an address. Models {@code vma_adjust()} where it grows. */
    @Nullable
    VmArea extendUp(final Task task, final int position, final long end) {
        final VmArea before = index.get(position);
        long identity = before.anonVma();
        int stop = position + 1;
        VmArea rest = null;
        for (VmArea taken = index.getOrNull(stop);
                taken != null && taken.start() < end;
                taken = index.getOrNull(stop)) {
            identity = identity != 0 ? identity : taken.anonVma();
            stop++;
            if (taken.end() > end) {
                if (!splitHugeAt(task, taken, end)) {
                    return null;
                }
                rest = taken.withBounds(end, taken.end());
                break;
            }
        }
        final VmArea extended = before.withBounds(before.start(), end, identity);
        if (rest == null) {
            index.splice(task, position, stop, extended);
        } else {
            index.splice(task, position, stop, extended, rest);
        }
        return extended;
    }

    /** The mapping after takes in everything from an address on. */
    private @Nullable VmArea extendDown(final Task task, final int previous, final int following, final long start) {
        final VmArea after = index.get(following);
        final VmArea before = index.getOrNull(previous);
        long identity = after.anonVma();
        for (int i = previous + 1; i < following; i++) {
            identity = identity != 0 ? identity : index.get(i).anonVma();
        }
        if (before != null && before.end() > start) {
            if (!splitHugeAt(task, before, start)) {
                return null;
            }
            final VmArea extended = after.withBounds(start, after.end(), identity != 0 ? identity : before.anonVma());
            index.splice(task, previous, following + 1, before.withBounds(before.start(), start), extended);
            return extended;
        }
        final VmArea extended = after.withBounds(start, after.end(), identity);
        index.splice(task, previous + 1, following + 1, extended);
        return extended;
    }

    /** A border is about to be drawn: no huge PMD may lie across it. Models {@code vma_adjust_trans_huge()}. */
    private boolean splitHugeAt(final Task task, final VmArea vma, final long border) {
        final long hugeAddress = border & -HPAGE_PMD_SIZE;
        if (border == hugeAddress || hugeAddress < vma.start() || hugeAddress + HPAGE_PMD_SIZE > vma.end()) {
            return true;
        }
        return splitter.split(task, vma, border);
    }

    /** Models {@code is_mergeable_vma()}. */
    private static boolean isSameKind(
            final VmArea vma, final long flags, final @Nullable VmOperations ops, final @Nullable MappedFile file) {
        return ((vma.flags() ^ flags) & ~VM_SOFTDIRTY) == 0 && vma.ops() == ops && vma.file() == file;
    }

    /** Models {@code is_mergeable_anon_vma()}, whose list_is_singular() is false for a mapping without identity. */
    private static boolean isMergeable(final long one, final long other, final @Nullable VmArea vma) {
        if ((one == 0 || other == 0) && (vma == null || vma.anonVma() != 0)) {
            return true;
        }
        return one == other;
    }
}
