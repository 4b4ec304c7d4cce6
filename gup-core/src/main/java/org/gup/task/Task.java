package org.gup.task;

import org.gup.stat.Counters;
import org.jspecify.annotations.Nullable;

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
    private final long[] pageScratch = new long[1];
    private final InnerCalls innerCalls = new InnerCalls();
    private @Nullable Object longtermScratch;
    private boolean memallocNocma;
    private final int[] failNth = new int[FaultPoint.values().length];
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
     * Makes one of the coming attempts fail. Models {@code /proc/PID/fail-nth}.
     *
     * @param point where
     * @param nth which attempt from now on, 1 for the next; 0 for none
     * @throws IllegalArgumentException if it is negative
     */
    @SuppressWarnings("EnumOrdinal") // an index into an array of this class
    public void failNth(final FaultPoint point, final int nth) {
        if (nth < 0) {
            throw new IllegalArgumentException("nth must not be negative: nth=" + nth);
        }
        failNth[point.ordinal()] = nth;
    }

    /**
     * Counts one attempt. Models {@code should_fail()}.
     *
     * @param point where
     * @return whether it is the one that is to fail
     */
    @SuppressWarnings("EnumOrdinal") // an index into an array of this class
    public boolean shouldFail(final FaultPoint point) {
        final int left = failNth[point.ordinal()];
        if (left == 0) {
            return false;
        }
        failNth[point.ordinal()] = left - 1;
        return left == 1;
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

    /**
     * Room for the one page of get_dump_page. Internal.
     *
     * @return one element, the same for every call
     */
    public long[] pageScratch() {
        return pageScratch;
    }

    /**
     * The calls of {@code __get_user_pages()} that this task has made.
     *
     * @return the one instance of this task
     */
    public InnerCalls innerCalls() {
        return innerCalls;
    }

    /**
     * What a longterm call needs room for, kept so that the next one allocates nothing. Internal.
     *
     * @return what {@link #setLongtermScratch} was given, or null before the first call
     */
    public @Nullable Object longtermScratch() {
        return longtermScratch;
    }

    /**
     * Keeps room for longterm calls. Internal.
     *
     * @param scratch what to keep
     */
    public void setLongtermScratch(final Object scratch) {
        longtermScratch = scratch;
    }

    /**
     * Sets or clears PF_MEMALLOC_NOCMA, which longterm calls set while they fault pages in. Models
     * {@code memalloc_nocma_save()} and {@code memalloc_nocma_restore()}.
     *
     * <p>Differs: the allocator does not read it. That of v5.2 obeys it only after its first attempt on the free lists has
     * failed, and has then nothing to offer that a request without CMA pageblocks would get.
     *
     * @param nocma whether allocations should avoid CMA pageblocks
     * @return what it was
     */
    public boolean memallocNocma(final boolean nocma) {
        final boolean before = memallocNocma;
        memallocNocma = nocma;
        return before;
    }

    /**
     * Whether PF_MEMALLOC_NOCMA is set.
     *
     * @return true inside the first half of a longterm call
     */
    public boolean isMemallocNocma() {
        return memallocNocma;
    }
}
