package org.gup.mm;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.gup.offheap.Await;
import org.gup.offheap.Region;
import org.gup.offheap.RwSem;
import org.gup.offheap.SpinLock;
import org.gup.pgtable.WalkRoot;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;
import org.gup.zone.PhysicalMemory;

/**
 * The lock over an address space: {@code mm->mmap_sem}, and the spin lock for what changes while it is held for read.
 *
 * <p>Assumptions: a task is used by one thread at a time and holds mmap_sem at most once. Guarantees: once the address space is
 * dead, mmap_sem cannot be taken any more. Progress: blocking.
 */
abstract class MmapSem {
    /** The semaphore may be looked at by a late caller, so its memory lives as long as the object, not until it is closed. */
    private static final Cleaner CLEANER = Cleaner.create();

    private static final int MMAP_SEM_OFFSET = 0;
    /** Two cache lines on, so that faults that take the spin lock do not disturb the semaphore. */
    private static final int SPIN_LOCK_OFFSET = 128;

    private static final int LOCKS_LENGTH = SPIN_LOCK_OFFSET + SpinLock.LENGTH;

    private final WalkRoot root;
    private final WalkerEpoch epoch;
    private final Await await;
    private final long mmapSem;

    MmapSem(final PhysicalMemory memory, final WalkRoot root) {
        this.root = root;
        this.epoch = memory.epoch();
        this.await = memory.await();
        final Region locks = Region.allocate("address space locks", LOCKS_LENGTH);
        CLEANER.register(this, locks::close);
        this.mmapSem = locks.address() + MMAP_SEM_OFFSET;
    }

    /** Address of the spin lock. Models {@code mm->page_table_lock}. */
    final long spinLock() {
        return mmapSem - MMAP_SEM_OFFSET + SPIN_LOCK_OFFSET;
    }

    /**
     * Takes mmap_sem for read. Models {@code down_read(&mm->mmap_sem)}. The memory stays open until it is given back.
     *
     * @param task who takes it
     * @throws IllegalStateException if the address space or the memory is closed
     */
    public final void mmapReadLock(final Task task) {
        epoch.enterCall(task);
        RwSem.downRead(mmapSem, await);
        task.counters().add(Counter.MMAP_SEM_DOWN_READ, 1);
        if (root.isDead()) {
            mmapReadUnlock(task);
            throw closedException();
        }
    }

    /**
     * Gives mmap_sem back. Models {@code up_read(&mm->mmap_sem)}.
     *
     * @param task who took it
     */
    public final void mmapReadUnlock(final Task task) {
        try {
            RwSem.upRead(mmapSem);
            task.counters().add(Counter.MMAP_SEM_UP_READ, 1);
        } finally {
            Reference.reachabilityFence(this);
        }
        epoch.exitCall(task);
    }

    /**
     * Takes mmap_sem for write. Models {@code down_write(&mm->mmap_sem)}. The memory stays open until it is given back.
     *
     * @param task who takes it
     * @throws IllegalStateException if the address space or the memory is closed
     */
    public final void mmapWriteLock(final Task task) {
        epoch.enterCall(task);
        RwSem.downWrite(mmapSem, await);
        if (root.isDead()) {
            mmapWriteUnlock(task);
            throw closedException();
        }
    }

    /**
     * Gives mmap_sem back. Models {@code up_write(&mm->mmap_sem)}.
     *
     * @param task who took it
     */
    public final void mmapWriteUnlock(final Task task) {
        try {
            RwSem.upWrite(mmapSem);
        } finally {
            Reference.reachabilityFence(this);
        }
        epoch.exitCall(task);
    }

    /**
     * Whether anybody holds mmap_sem. Models {@code rwsem_is_locked()}.
     *
     * @return true if somebody does
     */
    public final boolean isMmapLocked() {
        try {
            return RwSem.isLocked(mmapSem);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private static IllegalStateException closedException() {
        return new IllegalStateException("the address space is closed");
    }
}
