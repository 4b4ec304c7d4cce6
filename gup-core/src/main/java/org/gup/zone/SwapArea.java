package org.gup.zone;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_WRITEBACK;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;

import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.pgtable.Pte;
import org.gup.task.Task;

/**
 * The one swap area of a machine: slots with contents and a count of the entries that name them, and the swap cache, which
 * says which page holds a slot's contents at the moment. Models mm/swapfile.c and mm/swap_state.c, v5.2.
 *
 * <p>A slot is in use while an entry names it or a page is cached for it. A cached page has one reference from the cache, and
 * PG_SWAPCACHE with the slot in {@code private}.
 *
 * <p>Differs: I/O is done when a call returns; slots are handed out one after the other, without clusters; counts do not
 * overflow. Entries of swap type 0 only.
 *
 * <p>Threading: any thread; a monitor guards the slots, and no other lock is taken under it. Progress: blocking. Allocates no
 * Java objects.
 */
public final class SwapArea implements PageSlots, AutoCloseable {
    private static final int SWAP_TYPE = 0;
    private static final int NOT_CACHED = 0;

    private final MemMap memMap;
    private final FrameStore frames;
    private final FrameStore contents;
    private final int[] counts;
    private final int[] cached;
    private int lastAllocated;
    private int used;

    /**
     * An area in which every slot is free.
     *
     * @param memMap where the pages are
     * @param frames contents of pages
     * @param pages how many slots, 0 or more
     */
    SwapArea(final MemMap memMap, final FrameStore frames, final long pages) {
        final int slots = Math.toIntExact(pages + 1);
        this.memMap = memMap;
        this.frames = frames;
        this.contents = new FrameStore(slots);
        this.counts = new int[slots];
        this.cached = new int[slots];
    }

    /**
     * The entry that names a slot. Models {@code swp_entry_to_pte()}.
     *
     * @param slot a slot
     * @return an entry in swap format, not present
     */
    public static long entry(final long slot) {
        return Pte.swapEntry(SWAP_TYPE, slot);
    }

    /**
     * The slot that an entry names. Models {@code swp_offset()}.
     *
     * @param entry what {@link #entry} gave
     * @return the slot
     */
    public static long slot(final long entry) {
        return Pte.swapOffset(entry);
    }

    /**
     * How many slots there are.
     *
     * @return pages
     */
    public long slots() {
        return counts.length - 1L;
    }

    /**
     * Slots in use.
     *
     * @return how many are named by an entry or cached
     */
    public synchronized long inUse() {
        return used;
    }

    /**
     * Takes a free slot, named by one entry. Models {@code get_swap_page()}.
     *
     * @return the slot, 1 or more; -1 if all are in use
     */
    public synchronized long allocateSlot() {
        final int slots = counts.length - 1;
        for (int i = 1; i <= slots; i++) {
            final int slot = (lastAllocated + i - 1) % slots + 1;
            if (counts[slot] == 0 && cached[slot] == NOT_CACHED) {
                counts[slot] = 1;
                lastAllocated = slot;
                used++;
                return slot;
            }
        }
        return -1;
    }

    /**
     * One more entry names a slot. Models {@code swap_duplicate()}.
     *
     * @param slot a slot in use
     */
    public synchronized void duplicate(final long slot) {
        if (counts[checked(slot)] == 0 && cached[(int) slot] == NOT_CACHED) {
            throw new IllegalStateException("the slot is free: slot=" + slot);
        }
        counts[(int) slot]++;
    }

    /**
     * One entry less names a slot. With the last one, a page cached for it leaves the cache if nobody maps it, has it locked
     * or writes it out. Models {@code free_swap_and_cache()}; for a caller that has the cached page locked, {@code swap_free()}.
     *
     * @param task who drops the entry
     * @param slot a slot that an entry names
     * @return whether the slot is free now
     */
    public boolean freeOne(final Task task, final long slot) {
        final long pfn;
        synchronized (this) {
            if (counts[checked(slot)] == 0) {
                throw new IllegalStateException("no entry names the slot: slot=" + slot);
            }
            counts[(int) slot]--;
            if (counts[(int) slot] != 0) {
                return false;
            }
            if (cached[(int) slot] == NOT_CACHED) {
                used--;
                return true;
            }
            pfn = cached[(int) slot];
            PageRef.get(memMap.page(pfn), 1);
        }
        final long page = memMap.page(pfn);
        boolean free = false;
        if (PageLock.tryLock(page)) {
            free = memMap.pteMapcount(pfn) == 0
                    && (PageDescriptor.flagsVolatile(page) & PG_WRITEBACK) == 0
                    && isCachedFor(pfn, slot)
                    && removeFromCache(task, pfn);
            PageLock.unlock(page);
        }
        memMap.put(task, page, 1);
        return free;
    }

    private synchronized boolean isCachedFor(final long pfn, final long slot) {
        return cached[(int) slot] == pfn && counts[(int) slot] == 0;
    }

    /**
     * How many entries name a slot. Models {@code __swp_swapcount()}.
     *
     * @param slot a slot
     * @return the count
     */
    public synchronized int count(final long slot) {
        return counts[checked(slot)];
    }

    /**
     * Caches a page for a slot: it gets one reference, PG_SWAPCACHE and the slot in {@code private}. Models
     * {@code add_to_swap_cache()}.
     *
     * @param task who adds it
     * @param slot a slot in use
     * @param pfn a base page, locked by the caller
     * @return whether it was added; false, nothing done, if another page is cached for the slot
     */
    public synchronized boolean addToCache(final Task task, final long slot, final long pfn) {
        if (cached[checked(slot)] != NOT_CACHED) {
            return false;
        }
        if (counts[(int) slot] == 0) {
            throw new IllegalStateException("the slot is free: slot=" + slot);
        }
        final long page = memMap.page(pfn);
        PageRef.get(page, 1);
        PageDescriptor.coldLong(memMap.cold(pfn), PRIVATE_OFFSET, slot);
        PageDescriptor.setFlags(page, PG_SWAPCACHE);
        cached[(int) slot] = (int) pfn;
        return true;
    }

    /**
     * Takes a page out of the cache and drops the cache's reference. The page is dirty then: nothing else has its contents.
     * Models {@code delete_from_swap_cache()} and the {@code SetPageDirty()} that follows it.
     *
     * @param task who drops the reference
     * @param pfn a base page, locked by the caller, who has a reference of its own or a mapping
     * @return whether the slot is free now; false too if the page was not cached
     */
    public boolean removeFromCache(final Task task, final long pfn) {
        final long page = memMap.page(pfn);
        final boolean free;
        synchronized (this) {
            if ((PageDescriptor.flagsVolatile(page) & PG_SWAPCACHE) == 0) {
                return false;
            }
            final int slot = checked(PageDescriptor.coldLong(memMap.cold(pfn), PRIVATE_OFFSET));
            uncache(pfn, slot);
            cached[slot] = NOT_CACHED;
            free = counts[slot] == 0;
            used -= free ? 1 : 0;
        }
        PageDescriptor.setFlags(page, PG_DIRTY);
        memMap.put(task, page, 1);
        return free;
    }

    private void uncache(final long pfn, final int slot) {
        if (cached[slot] != pfn) {
            throw new IllegalStateException(
                    "another page is cached for the slot: slot=" + slot + ", pfn=" + pfn + ", cached=" + cached[slot]);
        }
        PageDescriptor.clearFlags(memMap.page(pfn), PG_SWAPCACHE);
        PageDescriptor.coldLong(memMap.cold(pfn), PRIVATE_OFFSET, 0);
    }

    /**
     * The page cached for a slot, with a reference. Models {@code lookup_swap_cache()}.
     *
     * @param slot a slot
     * @return its pfn, to be given back with {@code put}; -1 if no page is cached
     */
    public synchronized long getCached(final long slot) {
        final int pfn = cached[checked(slot)];
        if (pfn == NOT_CACHED) {
            return -1;
        }
        PageRef.get(memMap.page(pfn), 1);
        return pfn;
    }

    /**
     * Writes a page to a slot. Models {@code swap_writepage()}.
     *
     * @param slot where to
     * @param pfn a base page
     */
    public void write(final long slot, final long pfn) {
        contents.copy(checked(slot), frames, pfn);
    }

    /**
     * Reads a slot into a page. Models {@code swap_readpage()}.
     *
     * @param slot where from
     * @param pfn a base page
     */
    public void read(final long slot, final long pfn) {
        frames.copy(pfn, contents, checked(slot));
    }

    @Override
    public synchronized boolean replace(
            final Task task, final long index, final long oldPfn, final long newPfn, final int expectedReferences) {
        final int slot = checked(index);
        final long oldPage = memMap.page(oldPfn);
        if (cached[slot] != oldPfn || !PageRef.freeze(oldPage, expectedReferences)) {
            return false;
        }
        final long newPage = memMap.page(newPfn);
        PageRef.get(newPage, 1);
        PageDescriptor.coldLong(memMap.cold(newPfn), PRIVATE_OFFSET, slot);
        PageDescriptor.setFlags(newPage, PG_SWAPCACHE);
        uncache(oldPfn, slot);
        cached[slot] = (int) newPfn;
        PageRef.unfreeze(oldPage, expectedReferences - 1);
        return true;
    }

    private int checked(final long slot) {
        if (slot < 1 || slot >= counts.length) {
            throw new IllegalArgumentException("no such slot: slot=" + slot + ", slots=" + slots());
        }
        return (int) slot;
    }

    /** Gives the contents back. */
    @Override
    public void close() {
        contents.close();
    }
}
