package org.gup.task;

import org.gup.stat.Counters;

/**
 * A thread of execution inside the model. Models the parts of {@code struct task_struct} that get_user_pages reads.
 *
 * <p>Made by {@code PhysicalMemory.newTask}, which gives it its walker slot. A task must be used by one thread at a time;
 * only {@link #sendSigkill} and reading {@link #counters} are safe from others.
 */
public final class Task {
    /** A protection key register that allows everything. */
    public static final int PKRU_ALLOW_ALL = 0;

    private final int walkerSlot;
    private final int cpu;
    private final Counters counters = new Counters();
    private final WalkState walkState = new WalkState();
    private final int[] lockedScratch = new int[1];
    private int pkru = PKRU_ALLOW_ALL;
    private volatile boolean fatalSignalPending;

    /**
     * A task bound to a walker slot.
     *
     * @param walkerSlot index of its slot in the walker epoch
     * @param cpu the CPU whose per-CPU lists it uses
     */
    public Task(final int walkerSlot, final int cpu) {
        this.walkerSlot = walkerSlot;
        this.cpu = cpu;
    }

    /**
     * Its slot in the walker epoch.
     *
     * @return an index from 0
     */
    public int walkerSlot() {
        return walkerSlot;
    }

    /**
     * The CPU whose per-CPU lists it uses. Models {@code smp_processor_id()}, fixed for the life of the task.
     *
     * @return an index from 0
     */
    public int cpu() {
        return cpu;
    }

    /**
     * The protection key rights register: for key k, bit 2k forbids access and bit 2k+1 forbids writing.
     *
     * @return the register
     */
    public int pkru() {
        return pkru;
    }

    /**
     * Sets the protection key rights register. Models {@code WRPKRU}.
     *
     * @param pkru the register; {@link #PKRU_ALLOW_ALL} permits everything
     */
    public void setPkru(final int pkru) {
        this.pkru = pkru;
    }

    /**
     * Whether the register forbids an access with a key.
     *
     * @param pkey 0 to 15
     * @param write whether it is a write
     * @return true if forbidden
     */
    public boolean pkruDenies(final int pkey, final boolean write) {
        return ((pkru >>> (2 * pkey)) & (write ? 3 : 1)) != 0;
    }

    /**
     * The keys that the register forbids, one bit per key.
     *
     * @param write whether the access is a write
     * @return bit k set if key k is forbidden
     */
    public int deniedPkeys(final boolean write) {
        if (pkru == PKRU_ALLOW_ALL) {
            return 0;
        }
        int denied = 0;
        for (int pkey = 0; pkey < 16; pkey++) {
            if (pkruDenies(pkey, write)) {
                denied |= 1 << pkey;
            }
        }
        return denied;
    }

    /** Makes SIGKILL pending. Safe from any thread. */
    public void sendSigkill() {
        fatalSignalPending = true;
    }

    /** Takes a pending SIGKILL away, so that the task can be used again. */
    public void clearSignals() {
        fatalSignalPending = false;
    }

    /**
     * Whether SIGKILL is pending. Models {@code fatal_signal_pending()}.
     *
     * @return true if it is
     */
    public boolean fatalSignalPending() {
        return fatalSignalPending;
    }

    /**
     * What this task has done.
     *
     * @return its counters
     */
    public Counters counters() {
        return counters;
    }

    /**
     * State of the fast walk in progress. Internal.
     *
     * @return the one instance of this task
     */
    public WalkState walkState() {
        return walkState;
    }

    /**
     * The word that get_user_pages_unlocked keeps on its stack to learn whether mmap_sem was dropped. Internal.
     *
     * @return one element, the same for every call
     */
    public int[] lockedScratch() {
        return lockedScratch;
    }
}
