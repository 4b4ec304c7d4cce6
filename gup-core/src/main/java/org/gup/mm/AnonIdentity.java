package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_SOFTDIRTY;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.concurrent.atomic.AtomicLong;
import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * Who owns the anonymous pages of a mapping. Models {@code anon_vma_prepare()}, with a number in place of a
 * {@code struct anon_vma}: nothing looks pages up by it yet, but it decides which mappings merge.
 *
 * <p>Threading: under mmap_sem; the number is set under the address space's spin lock.
 */
final class AnonIdentity {
    private static final AtomicLong NEXT = new AtomicLong(1);

    private final VmaIndex index;
    private final long spinLock;
    private final Await await;

    AnonIdentity(final VmaIndex index, final long spinLock, final Await await) {
        this.index = index;
        this.spinLock = spinLock;
        this.await = await;
    }

    /** Gives a mapping an identity if it has none. */
    void prepare(final VmArea vma) {
        if (vma.anonVma() == 0) {
            prepareSlow(vma);
        }
    }

    private void prepareSlow(final VmArea vma) {
        final long shared = findMergeable(vma);
        final long identity = shared != 0 ? shared : NEXT.getAndIncrement();
        SpinLock.lock(spinLock, await);
        if (vma.anonVma() == 0) {
            vma.setAnonVma(identity);
        }
        SpinLock.unlock(spinLock);
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
                && ((near.flags() ^ vma.flags()) & ~(VM_ACCESS_FLAGS | VM_SOFTDIRTY)) == 0
                && near.pgoff() - vma.pgoff() == (near.start() - vma.start()) >> PAGE_SHIFT;
        return sameKind ? near.anonVma() : 0;
    }
}
