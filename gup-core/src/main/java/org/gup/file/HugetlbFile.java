package org.gup.file;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_PRIVATE;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.task.Task;
import org.gup.zone.HugetlbPool;
import org.gup.zone.PhysicalMemory;

/**
 * A file of hugetlbfs with 2 MiB pages, and what its mappings have reserved of the pool. Models fs/hugetlbfs and
 * {@code struct resv_map}, mm/hugetlb.c, v5.2.
 *
 * <p>A page in its cache has one reference from it. An index is in base pages where {@link PageSlots} and mappings say so, and
 * in huge pages where a parameter is called {@code hugeIndex}.
 *
 * <p>Reservations: shared mappings reserve each huge page of the file once, until the file is closed. A private mapping
 * reserves every page of its own, until it is unmapped; the children of fork have none. Whether a page was used up is kept for
 * each mapper.
 *
 * <p>Threading: any thread; the monitor guards slots and reservations. {@link #lockFaults} serialises faults.
 */
public final class HugetlbFile implements MappedFile, PageSlots, AutoCloseable {
    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final String name;
    private final long owner;
    /** Head pfns; 0 for none. */
    private final int[] slots;

    private final BitSet sharedReserved = new BitSet();
    /** Indices whose page was taken from mappers without a reservation. */
    private final BitSet taken = new BitSet();

    private final List<PrivateReservation> privateReserved = new ArrayList<>();
    private final AtomicBoolean faultMutex = new AtomicBoolean();
    private final MappingCount mappings = new MappingCount();
    private boolean closed;

    /** What one private mapper reserved and has not used. */
    private record PrivateReservation(Object mapper, BitSet unused) {}

    /**
     * A file that is one hole.
     *
     * @param memory whose pool its pages come from
     * @param name for messages
     * @param hugePages its size
     */
    public HugetlbFile(final PhysicalMemory memory, final String name, final long hugePages) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.name = name;
        this.slots = new int[Math.toIntExact(hugePages)];
        this.owner = memory.rmap().newOwner(this);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isDax() {
        return false;
    }

    @Override
    public boolean isCharDevice() {
        return false;
    }

    @Override
    public long owner() {
        return owner;
    }

    @Override
    public boolean wantsWriteNotify() {
        return false;
    }

    /**
     * The file's size.
     *
     * @return huge pages
     */
    public long hugePages() {
        return slots.length;
    }

    /**
     * Begins a fault: one at a time for the file. Models {@code hugetlb_fault_mutex_table}, which has one for each page.
     *
     * @param await what to do while another one is under way
     */
    public void lockFaults(final Await await) {
        for (int tries = 0; !faultMutex.compareAndSet(false, true); tries++) {
            await.pause(tries);
        }
    }

    /** Ends a fault. */
    public void unlockFaults() {
        faultMutex.set(false);
    }

    /**
     * The page cached at an index. Models {@code find_get_page()}.
     *
     * @param hugeIndex in huge pages
     * @return pfn of its head, with one reference; -1 if there is none
     */
    public synchronized long lookup(final long hugeIndex) {
        final int slot = hugeIndex < slots.length ? slots[(int) hugeIndex] : 0;
        if (slot == 0) {
            return -1;
        }
        PageRef.get(memMap.page(slot), 1);
        return slot;
    }

    /**
     * Whether a page is the one cached at an index.
     *
     * @param hugeIndex in huge pages
     * @param headPfn a page
     * @return true if it is
     */
    public synchronized boolean isCached(final long hugeIndex, final long headPfn) {
        return hugeIndex < slots.length && slots[(int) hugeIndex] == headPfn;
    }

    /**
     * Puts a page of the pool into the cache, which takes one reference. Models {@code huge_add_to_page_cache()}.
     *
     * @param hugeIndex in huge pages, below {@link #hugePages}
     * @param headPfn a page that nobody else knows, locked by the caller
     * @return whether it was; false if another one is there
     */
    public synchronized boolean add(final long hugeIndex, final long headPfn) {
        if (slots[(int) hugeIndex] != 0) {
            return false;
        }
        final long cold = memMap.cold(headPfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, owner);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, hugeIndex * HugetlbPool.PAGES);
        final long page = memMap.page(headPfn);
        PageDescriptor.clearFlags(page, PG_PRIVATE);
        PageDescriptor.setFlags(page, PG_DIRTY);
        PageRef.get(page, 1);
        slots[(int) hugeIndex] = (int) headPfn;
        return true;
    }

    @Override
    public synchronized boolean replace(
            final Task task, final long index, final long oldPfn, final long newPfn, final int expectedReferences) {
        final int hugeIndex = (int) (index / HugetlbPool.PAGES);
        final long oldPage = memMap.page(oldPfn);
        if (slots[hugeIndex] != oldPfn || !PageRef.freeze(oldPage, expectedReferences)) {
            return false;
        }
        CachedFile.moveIdentity(memMap, oldPfn, newPfn);
        PageRef.get(memMap.page(newPfn), 1);
        slots[hugeIndex] = (int) newPfn;
        PageRef.unfreeze(oldPage, expectedReferences - 1);
        return true;
    }

    /**
     * Reserves what a shared mapping may need and nobody has reserved yet. Models {@code hugetlb_reserve_pages()}.
     *
     * @param hugeIndex first huge page
     * @param nr how many
     * @return whether the pool has so many
     */
    public synchronized boolean reserveShared(final long hugeIndex, final long nr) {
        final int from = (int) hugeIndex;
        final int to = (int) (hugeIndex + nr);
        if (!memory.hugetlb().reserve(nr - sharedReserved.get(from, to).cardinality())) {
            return false;
        }
        sharedReserved.set(from, to);
        return true;
    }

    /**
     * Reserves what a private mapping may need.
     *
     * @param mapper who maps: the address space
     * @param hugeIndex first huge page
     * @param nr how many
     * @return whether the pool has so many
     */
    public synchronized boolean reservePrivate(final Object mapper, final long hugeIndex, final long nr) {
        if (!memory.hugetlb().reserve(nr)) {
            return false;
        }
        final BitSet unused = new BitSet();
        unused.set((int) hugeIndex, (int) (hugeIndex + nr));
        privateReserved.add(new PrivateReservation(mapper, unused));
        return true;
    }

    /**
     * Takes a page out of the pool for an index: by the mapping's reservation if it has one. Models
     * {@code alloc_huge_page()}.
     *
     * @param task who wants it
     * @param mapper the address space
     * @param hugeIndex the index
     * @param shared whether the mapping is
     * @return pfn of its head, with one reference, contents undefined; -1 if there is none
     */
    public synchronized long allocate(
            final Task task, final Object mapper, final long hugeIndex, final boolean shared) {
        final HugetlbPool pool = memory.hugetlb();
        final int at = (int) hugeIndex;
        if (shared) {
            if (!sharedReserved.get(at)) {
                final long headPfn = pool.allocate(task);
                if (headPfn >= 0) {
                    sharedReserved.set(at);
                }
                return headPfn;
            }
            return pool.allocateReserved(task);
        }
        for (final PrivateReservation reservation : privateReserved) {
            if (reservation.mapper == mapper && reservation.unused.get(at)) {
                reservation.unused.clear(at);
                return pool.allocateReserved(task);
            }
        }
        return pool.allocate(task);
    }

    /**
     * Takes a page that no reservation is used for. Models {@code alloc_huge_page()} with {@code avoid_reserve}.
     *
     * @param task who wants it
     * @return pfn of its head, with one reference, contents undefined; -1 if there is none
     */
    public long allocateUnreserved(final Task task) {
        return memory.hugetlb().allocate(task);
    }

    /**
     * Whether an address space has reserved pages of the file for itself. Models {@code HPAGE_RESV_OWNER}.
     *
     * @param mapper the address space
     * @return true if it has mapped it privately, not through fork
     */
    public synchronized boolean isReservationOwner(final Object mapper) {
        for (final PrivateReservation reservation : privateReserved) {
            if (reservation.mapper == mapper) {
                return true;
            }
        }
        return false;
    }

    /**
     * A page was taken from every private mapper but the owner of the reservation. Models {@code HPAGE_RESV_UNMAPPED}, which
     * the kernel keeps for a whole mapping.
     *
     * @param hugeIndex in huge pages
     */
    public synchronized void take(final long hugeIndex) {
        taken.set((int) hugeIndex);
    }

    /**
     * Whether a private mapper has lost the page of an index: a fault must fail rather than show zeroes.
     *
     * @param mapper the address space
     * @param hugeIndex in huge pages
     * @return true if it has no reservation, and {@link #take} was called for the index
     */
    public synchronized boolean isTakenFrom(final Object mapper, final long hugeIndex) {
        return taken.get((int) hugeIndex) && !isReservationOwner(mapper);
    }

    /**
     * Part of a private mapping is gone: what it has not used of its reservation ends. Models {@code hugetlb_vm_op_close()}.
     *
     * @param mapper the address space
     * @param hugeIndex first huge page
     * @param nr how many
     */
    public synchronized void unreservePrivate(final Object mapper, final long hugeIndex, final long nr) {
        for (int i = privateReserved.size() - 1; i >= 0; i--) {
            final PrivateReservation reservation = privateReserved.get(i);
            if (reservation.mapper == mapper) {
                final int from = (int) hugeIndex;
                final int to = (int) (hugeIndex + nr);
                memory.hugetlb().unreserve(reservation.unused.get(from, to).cardinality());
                reservation.unused.clear(from, to);
                if (reservation.unused.isEmpty()) {
                    privateReserved.remove(i);
                }
            }
        }
    }

    /** The file goes with its last mapping: nothing else refers to it. */
    public void closeWithLastMapping() {
        mappings.closeWithLast();
    }

    /** One mapping more. */
    public void countMapping() {
        mappings.add();
    }

    /**
     * One mapping less.
     *
     * @return whether the caller has to close the file now
     */
    public boolean uncountMapping() {
        return mappings.remove();
    }

    /**
     * Drops every page from the cache and ends every reservation. Nothing maps the file any more. Closing again does nothing.
     *
     * @param task who closes
     * @throws IllegalStateException if a page is still mapped; then nothing has changed
     */
    public void close(final Task task) {
        synchronized (this) {
            if (closed) {
                return;
            }
            for (final int slot : slots) {
                if (slot != 0 && memMap.compoundMapcount(slot) != 0) {
                    throw new IllegalStateException("still mapped: " + name + ", pfn=" + slot);
                }
            }
            closed = true;
            int unused = 0;
            for (int at = sharedReserved.nextSetBit(0); at >= 0; at = sharedReserved.nextSetBit(at + 1)) {
                unused += at < slots.length && slots[at] != 0 ? 0 : 1;
            }
            memory.hugetlb().unreserve(unused);
            sharedReserved.clear();
        }
        for (int i = 0; i < slots.length; i++) {
            final int slot;
            synchronized (this) {
                slot = slots[i];
                slots[i] = 0;
            }
            if (slot != 0) {
                final long page = memMap.page(slot);
                PageLock.lock(page, memory.await());
                PageDescriptor.clearFlags(page, PG_DIRTY);
                PageDescriptor.coldLong(memMap.cold(slot), MAPPING_OFFSET, 0);
                PageLock.unlock(page);
                memMap.put(task, page, 1);
            }
        }
    }

    /** As {@link #close(Task)}, for a task that is made for it. */
    @Override
    public void close() {
        final Task reaper = memory.newTask(0);
        try {
            close(reaper);
        } finally {
            memory.exitTask(reaper);
        }
    }

    @Override
    public String toString() {
        return name + "[" + slots.length + " huge pages]";
    }
}
