package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_GROWSDOWN;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;

import org.gup.offheap.Await;
import org.gup.offheap.SpinLock;
import org.gup.rmap.Rmap;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Stacks grow to the address that is used. Models {@code find_extend_vma()} and {@code expand_downwards()}, mm/mmap.c, v5.2.
 *
 * <p>Threading: mmap_sem held, for read or write; growing takes the rmap lock and the address space's spin lock, so that two faults on one
 * stack grow it once each at most.
 */
final class StackGrowth {
    /** Most bytes of a stack. Models the default of {@code RLIMIT_STACK}. */
    static final long LIMIT = 8L << 20;

    private final VmaIndex index;
    private final AnonIdentity identity;
    private final Rmap rmap;
    private final long spinLock;
    private final Await await;

    StackGrowth(
            final VmaIndex index,
            final AnonIdentity identity,
            final Rmap rmap,
            final long spinLock,
            final Await await) {
        this.index = index;
        this.identity = identity;
        this.rmap = rmap;
        this.spinLock = spinLock;
        this.await = await;
    }

    /** The mapping around an address, grown to it if it is a stack that may; or null. */
    @Nullable
    VmArea findExtend(final Task task, final long anyAddress) {
        final long address = anyAddress & PAGE_MASK;
        final int position = index.search(address);
        final VmArea vma = index.getOrNull(position);
        if (vma == null || Long.compareUnsigned(vma.start(), address) <= 0) {
            return vma;
        }
        return (vma.flags() & VM_GROWSDOWN) == 0 ? null : grow(task, position, vma, address);
    }

    private @Nullable VmArea grow(final Task task, final int position, final VmArea vma, final long address) {
        if (Long.compareUnsigned(address, AddressSearch.MMAP_MIN_ADDR) < 0) {
            return null;
        }
        final VmArea previous = index.getOrNull(position - 1);
        if (previous != null
                && (previous.flags() & VM_GROWSDOWN) == 0
                && (previous.flags() & VM_ACCESS_FLAGS) != 0
                && address - previous.end() < AddressSearch.STACK_GUARD_GAP) {
            return null;
        }
        identity.prepare(task, vma);
        rmap.lockWrite();
        SpinLock.lock(spinLock, await);
        VmArea grown = index.get(position);
        if (grown.start() > address) {
            if (grown.end() - address > LIMIT || (grown.start() - address) >>> 12 > grown.pgoff()) {
                grown = null;
            } else {
                grown = grown.withBounds(address, grown.end());
                index.replaceGrown(position, grown);
            }
        }
        SpinLock.unlock(spinLock);
        rmap.unlockWrite();
        return grown;
    }
}
