package org.gup.pgtable;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.Arrays;
import org.agrona.UnsafeApi;
import org.gup.offheap.Checks;
import org.gup.offheap.Region;

/**
 * The page tables: frames of one window of pfns, and the only accessors of their words.
 *
 * <p>The window is one region, so that the frame bits of an entry give a table's address with one mask and one add. It may
 * be larger than the part that tables are allocated from: tables read from a dump lie in the rest, where they lay in the
 * machine they came from.
 *
 * <p>Orders. An upper entry is stored with release after its table was filled, and loaded with acquire on descent. A leaf
 * entry is stored with release after its {@code struct page} is ready and loaded with acquire at first; it is cleared with
 * {@link #getAndSet} before the page's count is compared, and looked at again with {@link #entryVolatile} after a reference
 * was taken. A table is freed only after every walker that could hold its address has left.
 *
 * <p>Threading: accessors from any thread; {@link #allocate} and {@link #free} are synchronized, and off every path that
 * returns pages already mapped.
 */
public final class TablePages implements AutoCloseable {
    /** What a freed table is filled with when checks are on: present, writable, user, and a frame that is never valid. */
    public static final long POISON = Pte.of(Pte.MAX_PFN, Pte.PRESENT | Pte.RW | Pte.USER);

    private final Region region;
    private final long base;
    private final long windowPfn;
    private final long windowPages;
    private final long firstFree;
    private final int capacity;
    private int[] freeStack = new int[16];
    private int freeCount;
    private int touched;
    private int allocated;

    /**
     * A window of frames for tables.
     *
     * @param windowPfn first pfn of the window
     * @param windowPages frames in the window
     * @param allocatePfn first pfn that {@link #allocate} hands out
     * @param allocatePages how many it may hand out
     * @throws IllegalArgumentException if the second range is not within the first
     * @throws IllegalStateException if the operating system refuses the memory
     */
    public TablePages(final long windowPfn, final long windowPages, final long allocatePfn, final long allocatePages) {
        if (windowPfn < 0
                || windowPages < 1
                || allocatePages < 0
                || allocatePages > Integer.MAX_VALUE
                || allocatePfn < windowPfn
                || windowPages > Pte.MAX_PFN + 1 - windowPfn
                || allocatePages > windowPfn + windowPages - allocatePfn) {
            throw new IllegalArgumentException("bad table window: windowPfn=" + windowPfn + ", windowPages="
                    + windowPages + ", allocatePfn=" + allocatePfn + ", allocatePages=" + allocatePages);
        }
        this.region = Region.allocate("page tables", windowPages << PAGE_SHIFT);
        this.base = region.address() - (windowPfn << PAGE_SHIFT);
        this.windowPfn = windowPfn;
        this.windowPages = windowPages;
        this.firstFree = allocatePfn;
        this.capacity = (int) allocatePages;
    }

    /**
     * What to add to the frame bits of an entry to get the address of the table it points to.
     *
     * @return a biased raw address
     */
    public long base() {
        return base;
    }

    /**
     * Whether a frame is in the window.
     *
     * @param pfn any number
     * @return true if it is
     */
    public boolean contains(final long pfn) {
        return pfn >= windowPfn && pfn < windowPfn + windowPages;
    }

    /**
     * Whether a frame is one that {@link #allocate} hands out, not one that was read from a dump.
     *
     * @param pfn any number
     * @return true if it is
     */
    public boolean isOwn(final long pfn) {
        return pfn >= firstFree && pfn < firstFree + capacity;
    }

    /**
     * Address of a table.
     *
     * @param pfn a frame in the window
     * @return a raw address
     */
    public long address(final long pfn) {
        return base + (pfn << PAGE_SHIFT);
    }

    /**
     * The frame of a table.
     *
     * @param tableAddress address of a table or of one of its entries
     * @return its pfn
     */
    public long pfn(final long tableAddress) {
        return (tableAddress - base) >>> PAGE_SHIFT;
    }

    /**
     * An empty table.
     *
     * @return its pfn, or -1 if there is no frame left
     */
    public synchronized long allocate() {
        final int slot;
        if (freeCount > 0) {
            slot = freeStack[--freeCount];
        } else if (touched < capacity) {
            slot = touched++;
        } else {
            return -1;
        }
        allocated++;
        final long pfn = firstFree + slot;
        UnsafeApi.setMemory(address(pfn), PAGE_SIZE, (byte) 0);
        return pfn;
    }

    /**
     * Takes a table back. Every walker that could have reached it has left.
     *
     * @param pfn what {@link #allocate} returned
     * @throws IllegalArgumentException if it cannot have
     */
    public synchronized void free(final long pfn) {
        final long slot = pfn - firstFree;
        if (slot < 0 || slot >= touched || allocated == 0) {
            throw new IllegalArgumentException("not an allocated table: pfn=" + pfn);
        }
        if (Checks.ENABLED) {
            for (int i = 0; i < freeCount; i++) {
                if (freeStack[i] == slot) {
                    throw new IllegalArgumentException("table freed twice: pfn=" + pfn);
                }
            }
            for (int i = 0; i < PageTableGeometry.ENTRIES; i++) {
                UnsafeApi.putLong(null, address(pfn) + ((long) i << 3), POISON);
            }
        }
        if (freeCount == freeStack.length) {
            freeStack = Arrays.copyOf(freeStack, 2 * freeCount);
        }
        freeStack[freeCount++] = (int) slot;
        allocated--;
    }

    /**
     * Tables in use.
     *
     * @return allocated less freed
     */
    public synchronized int allocated() {
        return allocated;
    }

    /**
     * Address of the entry for a virtual address in a table.
     *
     * @param tableAddress address of the table
     * @param address the virtual address
     * @param level the table's level
     * @return address of the entry
     */
    public static long entryAddress(final long tableAddress, final long address, final int level) {
        return tableAddress + ((long) PageTableGeometry.index(address, level) << 3);
    }

    /**
     * Address of the table that an entry points to.
     *
     * @param entry a table entry, as it was loaded
     * @return address of the table
     */
    public long child(final long entry) {
        return base + (entry & Pte.PFN_MASK);
    }

    /**
     * Loads an entry, acquire; pairs with {@link #storeRelease} and {@link #getAndSet}.
     *
     * @param entryAddress address of the entry
     * @return the entry
     */
    public static long entryAcquire(final long entryAddress) {
        if (Checks.ENABLED) {
            Checks.access(entryAddress, Long.BYTES);
        }
        return UnsafeApi.getLongAcquire(null, entryAddress);
    }

    /**
     * Loads an entry, volatile: the second look, after a reference was taken.
     *
     * @param entryAddress address of the entry
     * @return the entry
     */
    public static long entryVolatile(final long entryAddress) {
        if (Checks.ENABLED) {
            Checks.access(entryAddress, Long.BYTES);
        }
        return UnsafeApi.getLongVolatile(null, entryAddress);
    }

    /**
     * Stores an entry, release: what it points to is ready. Models {@code set_pte()} on an empty entry.
     *
     * @param entryAddress address of the entry
     * @param entry the new entry
     */
    public static void storeRelease(final long entryAddress, final long entry) {
        if (Checks.ENABLED) {
            Checks.access(entryAddress, Long.BYTES);
        }
        UnsafeApi.putLongRelease(null, entryAddress, entry);
    }

    /**
     * Replaces an entry, volatile: ordered before any later look at a reference count. Models
     * {@code ptep_get_and_clear()}.
     *
     * @param entryAddress address of the entry
     * @param entry the new entry; 0 clears
     * @return the entry before
     */
    public static long getAndSet(final long entryAddress, final long entry) {
        if (Checks.ENABLED) {
            Checks.access(entryAddress, Long.BYTES);
        }
        return UnsafeApi.getAndSetLong(null, entryAddress, entry);
    }

    /**
     * Replaces an entry if it has not changed, volatile.
     *
     * @param entryAddress address of the entry
     * @param expected what it must be
     * @param entry the new entry
     * @return whether it was replaced
     */
    public static boolean compareAndSet(final long entryAddress, final long expected, final long entry) {
        if (Checks.ENABLED) {
            Checks.access(entryAddress, Long.BYTES);
        }
        return UnsafeApi.compareAndSetLong(null, entryAddress, expected, entry);
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        region.close();
    }
}
