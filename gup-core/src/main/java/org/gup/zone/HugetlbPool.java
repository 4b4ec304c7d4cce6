package org.gup.zone;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_HUGE_ACTIVE;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;
import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.task.Task;
import org.gup.tlb.WalkerEpoch;

/**
 * The 2 MiB pages of hugetlbfs: taken from the buddy allocator when the machine boots, handed out one by one, and kept when
 * they come back. Models {@code struct hstate}, mm/hugetlb.c, v5.2.
 *
 * <p>A free pool page has no references and PG_HUGETLB; one in use has PG_HUGE_ACTIVE too, once it may be isolated. They are
 * on no LRU list. A reservation keeps pages from those who have none. A temporary page, which migration allocates, goes back
 * to the buddy allocator with its last reference; {@link #moveState} makes it one of the pool, and the page it replaces
 * temporary.
 *
 * <p>Differs: one size, no surplus pages, no gigantic ones, no memory policy.
 *
 * <p>Threading: any thread; a monitor guards the lists, under which a zone's lock is taken. Progress: blocking. Allocates no
 * Java objects.
 */
public final class HugetlbPool {
    /** log2 of the base pages of a pool page. */
    public static final int ORDER = Pageblock.ORDER;
    /** Base pages of a pool page. */
    public static final int PAGES = 1 << ORDER;

    /** Temporary pages say so in {@code mapping} of their third base page, as in the kernel. */
    private static final int TEMPORARY_PAGE = 2;

    private static final long TEMPORARY = -1;

    private final MemMap memMap;
    private final WalkerEpoch epoch;
    private final PageAllocator allocator;
    private final Zone[] zones;
    /** Heads of free pages; the last one freed is the first one handed out. */
    private final long[] free;

    private int freeCount;
    private long reserved;

    /**
     * Takes the pool's pages.
     *
     * @param memMap where the pages are
     * @param epoch who is inside the model
     * @param allocator where they come from
     * @param zones where temporary ones go, by zone number
     * @param hugePages how many
     * @throws IllegalArgumentException if there are not so many
     */
    HugetlbPool(
            final MemMap memMap,
            final WalkerEpoch epoch,
            final PageAllocator allocator,
            final Zone[] zones,
            final long hugePages) {
        this.memMap = memMap;
        this.epoch = epoch;
        this.allocator = allocator;
        this.zones = zones;
        this.free = new long[Math.toIntExact(hugePages)];
        for (int i = 0; i < free.length; i++) {
            final long headPfn = allocator.allocate(GFP_MOVABLE | GFP_COMP, ORDER);
            if (headPfn < 0) {
                throw new IllegalArgumentException("not enough memory for the hugetlb pool: hugePages=" + hugePages);
            }
            PageDescriptor.setFlags(memMap.page(headPfn), PG_HUGETLB);
            PageRef.init(memMap.page(headPfn), 0);
            free[free.length - 1 - freeCount++] = headPfn;
        }
    }

    /**
     * Pages of the pool, temporary ones not included. Models {@code nr_huge_pages}.
     *
     * @return 2 MiB pages
     */
    public long total() {
        return free.length;
    }

    /**
     * Pages nobody has. Models {@code free_huge_pages}.
     *
     * @return 2 MiB pages, reserved ones included
     */
    public synchronized long freePages() {
        return freeCount;
    }

    /**
     * Pages that are kept for who reserved them. Models {@code resv_huge_pages}.
     *
     * @return 2 MiB pages
     */
    public synchronized long reservedPages() {
        return reserved;
    }

    /**
     * Keeps free pages for a mapping. Models {@code hugetlb_acct_memory()}.
     *
     * @param hugePages how many
     * @return whether there were so many that nobody has reserved
     */
    public synchronized boolean reserve(final long hugePages) {
        if (hugePages > freeCount - reserved) {
            return false;
        }
        reserved += hugePages;
        return true;
    }

    /**
     * Ends reservations that were not used.
     *
     * @param hugePages how many
     */
    public synchronized void unreserve(final long hugePages) {
        if (hugePages > reserved) {
            throw new IllegalStateException(
                    "more than was reserved: hugePages=" + hugePages + ", reserved=" + reserved);
        }
        reserved -= hugePages;
    }

    /**
     * Takes a page that nobody has reserved. Models {@code alloc_huge_page()} for a mapping without a reservation.
     *
     * @param task who wants it
     * @return pfn of its head, with one reference, contents undefined; -1 if there is none
     */
    public synchronized long allocate(final Task task) {
        return freeCount > reserved ? take() : -1;
    }

    /**
     * Takes a page that was reserved; the reservation is used up, unless the page goes back before
     * {@link #commit}. Models {@code alloc_huge_page()} for a mapping with a reservation.
     *
     * @param task who wants it
     * @return pfn of its head, with one reference and PG_private, contents undefined; -1 if nothing is reserved
     */
    public synchronized long allocateReserved(final Task task) {
        if (reserved == 0 || freeCount == 0) {
            return -1;
        }
        final long headPfn = take();
        reserved--;
        PageDescriptor.setFlags(memMap.page(headPfn), PG_PRIVATE);
        return headPfn;
    }

    /**
     * A page is in use for good: its reservation does not come back with it. Models {@code ClearPagePrivate()}.
     *
     * @param headPfn the page
     */
    public void commit(final long headPfn) {
        PageDescriptor.clearFlags(memMap.page(headPfn), PG_PRIVATE);
    }

    private long take() {
        final long headPfn = free[--freeCount];
        PageRef.init(memMap.page(headPfn), 1);
        return headPfn;
    }

    /**
     * A page from the buddy allocator, not from where movable memory lies: what migration out of CMA wants. Models
     * {@code alloc_migrate_huge_page()}.
     *
     * @param task who wants it
     * @return pfn of its head, temporary, with one reference, contents undefined; -1 if there is none
     */
    public long allocateFresh(final Task task) {
        epoch.enterCall(task);
        try {
            final long headPfn = allocator.allocate(task, GFP_COMP, ORDER);
            if (headPfn >= 0) {
                PageDescriptor.setFlags(memMap.page(headPfn), PG_HUGETLB);
                temporary(headPfn, TEMPORARY);
            }
            return headPfn;
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Whether a page goes to the buddy allocator when it is freed. Models {@code PageHugeTemporary()}.
     *
     * @param headPfn a hugetlb page
     * @return true if so
     */
    public boolean isTemporary(final long headPfn) {
        return PageDescriptor.coldLong(memMap.cold(headPfn + TEMPORARY_PAGE), MAPPING_OFFSET) == TEMPORARY;
    }

    private void temporary(final long headPfn, final long value) {
        PageDescriptor.coldLong(memMap.cold(headPfn + TEMPORARY_PAGE), MAPPING_OFFSET, value);
    }

    /**
     * A page's last reference is gone. Models {@code free_huge_page()}.
     *
     * @param task who dropped it
     * @param headPfn a hugetlb page without references or mappings
     */
    public void free(final Task task, final long headPfn) {
        final long page = memMap.page(headPfn);
        final int flags = PageDescriptor.flagsVolatile(page);
        if (memMap.compoundMapcount(headPfn) != 0 || (flags & PageDescriptor.PG_LOCKED) != 0) {
            PageRef.unfreeze(page, 1);
            throw new IllegalStateException(
                    "the last reference was dropped to a hugetlb page that is mapped or locked: "
                            + "pfn=" + headPfn + ", flags=0x" + Integer.toHexString(flags) + ", mapcount="
                            + memMap.compoundMapcount(headPfn));
        }
        final long cold = memMap.cold(headPfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, 0);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, 0);
        PageDescriptor.coldLong(cold, PRIVATE_OFFSET, 0);
        PageDescriptor.clearFlags(page, ~(PG_HUGETLB | PageDescriptor.PG_HEAD));
        synchronized (this) {
            if ((flags & PG_PRIVATE) != 0) {
                reserved++;
            }
            if (!isTemporary(headPfn)) {
                free[freeCount++] = headPfn;
                return;
            }
        }
        temporary(headPfn, 0);
        memMap.destroyCompound(headPfn);
        for (long pfn = headPfn; pfn < headPfn + PAGES; pfn++) {
            if (PageDescriptor.flagsOpaque(memMap.page(pfn)) != 0) {
                PageDescriptor.clearFlags(memMap.page(pfn), -1);
            }
        }
        zones[memMap.pageblocks().zone(headPfn)].buddy().free(headPfn, ORDER);
    }

    /**
     * A page is in use and may be isolated. Models {@code set_page_huge_active()}.
     *
     * @param headPfn the page
     */
    public synchronized void setActive(final long headPfn) {
        PageDescriptor.setFlags(memMap.page(headPfn), PG_HUGE_ACTIVE);
    }

    /**
     * Sets a page aside for migration, with a reference. Models {@code isolate_huge_page()}.
     *
     * @param task who isolates it
     * @param headPfn a hugetlb page
     * @param list what it is added to
     * @return whether it was isolated; false if it is not active, or isolated already
     */
    public synchronized boolean isolate(final Task task, final long headPfn, final PageList list) {
        final long page = memMap.page(headPfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_HUGE_ACTIVE) == 0 || !PageRef.tryGet(page, 1)) {
            return false;
        }
        PageDescriptor.clearFlags(page, PG_HUGE_ACTIVE);
        list.add(headPfn);
        return true;
    }

    /**
     * Ends the isolation of a page that its caller has taken off its list: active again, and without isolation's reference.
     * Models {@code putback_active_hugepage()}.
     *
     * @param task who isolated it
     * @param headPfn the page
     */
    public void putbackActive(final Task task, final long headPfn) {
        setActive(headPfn);
        memMap.put(task, memMap.page(headPfn), 1);
    }

    /**
     * A page has taken another one's place: if it was temporary, the other one is now. Models {@code move_hugetlb_state()}.
     *
     * @param oldHeadPfn the page that was moved
     * @param newHeadPfn where to
     */
    public synchronized void moveState(final long oldHeadPfn, final long newHeadPfn) {
        if (isTemporary(newHeadPfn) && !isTemporary(oldHeadPfn)) {
            temporary(oldHeadPfn, TEMPORARY);
            temporary(newHeadPfn, 0);
        }
    }
}
