package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_SOFTDIRTY;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Who owns the anonymous pages of a mapping. Models {@code anon_vma_prepare()}, with an owner of reverse mapping in place of
 * a {@code struct anon_vma}; it also decides which mappings merge.
 *
 * <p>Differs: a child of fork keeps the owners of its parent, also for pages of its own, so that a page is looked for in both.
 *
 * <p>Threading: under mmap_sem, for read or write; a page may be locked, the rmap lock and page-table locks are not held.
 */
final class AnonIdentity {
    private final VmaIndex index;
    private final RmapOwners owners;

    AnonIdentity(final VmaIndex index, final RmapOwners owners) {
        this.index = index;
        this.owners = owners;
    }

    /** Gives a mapping an identity if it has none. */
    void prepare(final Task task, final VmArea vma) {
        if (vma.anonVma() == 0) {
            owners.setAnon(task, vma, findMergeable(vma));
        }
    }

    /** A neighbour's identity that may be shared, or 0. Models {@code find_mergeable_anon_vma()}: the next one first. */
    private long findMergeable(final VmArea vma) {
        final int position = index.search(vma.start());
        final long next = compatible(vma, index.getOrNull(position + 1), vma.end());
        return next != 0 ? next : compatible(vma, index.getOrNull(position - 1), vma.start());
    }

    /** Models {@code reusable_anon_vma()}: the two could be one mapping, if mprotect made them so. */
    private static long compatible(final VmArea vma, final @Nullable VmArea near, final long border) {
        if (near == null || (near.end() != border && near.start() != border)) {
            return 0;
        }
        final boolean sameKind = near.ops() == vma.ops()
                && near.file() == vma.file()
                && ((near.flags() ^ vma.flags()) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) == 0
                && near.pgoff() - vma.pgoff() == (near.start() - vma.start()) >> PAGE_SHIFT;
        return sameKind ? near.anonVma() : 0;
    }
}
