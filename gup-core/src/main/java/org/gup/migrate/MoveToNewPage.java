package org.gup.migrate;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_KSM;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;

import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.rmap.Rmap;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.SwapArea;
import org.jspecify.annotations.Nullable;

/**
 * Puts a page that nothing maps into another frame. Models {@code move_to_new_page()}: {@code migrate_page_move_mapping()},
 * {@code migrate_huge_page_move_mapping()} and {@code migrate_page_copy()}, mm/migrate.c, v5.2.
 *
 * <p>Differs: no file system has a way of its own to migrate its pages; what belongs to PG_private moves with the slot.
 *
 * <p>Threading: both pages are locked by the caller, and nobody else knows the new one.
 */
final class MoveToNewPage {
    /** The isolation's reference: all that an anonymous page has when nothing maps it. */
    private static final int ISOLATED = 1;
    /** What a page goes on being, wherever it lies. */
    private static final int IDENTITY = PG_ANON | PG_KSM | PG_SWAPBACKED;
    /** What it was found to be. */
    private static final int STATES = PG_REFERENCED | PG_UPTODATE | PG_DIRTY | PG_ACTIVE | PG_UNEVICTABLE;

    private final MemMap memMap;
    private final FrameStore frames;
    private final SwapArea swap;
    private final Rmap rmap;

    MoveToNewPage(final PhysicalMemory memory) {
        this.memMap = memory.memMap();
        this.frames = memory.frames();
        this.swap = memory.swap();
        this.rmap = memory.rmap();
    }

    /**
     * Moves a page.
     *
     * @return false, and nothing has changed, if somebody else has a reference to it, or its slot is another's: -EAGAIN
     */
    boolean move(final Task task, final long pfn, final long newPfn) {
        final long page = memMap.page(pfn);
        final int flags = PageDescriptor.flagsVolatile(page);
        final int pages = 1 << memMap.compoundOrder(pfn);
        final PageSlots slots = slots(pfn, flags);
        if (slots == null) {
            // Order: volatile, after the entries were cleared by exchanges. A fast walk took its reference before its
            // own second
            // look at the entry, so either the reference is seen here or the walk sees the entry changed and gives it
            // back.
            if (PageRef.countVolatile(page) != ISOLATED) {
                return false;
            }
        } else if (!slots.replace(task, slotIndex(pfn, flags), pfn, newPfn, expectedReferences(flags, pages))) {
            return false;
        }
        moveIdentity(pfn, newPfn, flags);
        for (int i = 0; i < pages; i++) {
            frames.copy(newPfn + i, pfn + i);
        }
        moveStates(page, memMap.page(newPfn));
        if ((flags & PG_ANON) == 0) {
            PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, 0);
        }
        return true;
    }

    /** Models {@code page_mapping()}. */
    private @Nullable PageSlots slots(final long pfn, final int flags) {
        if ((flags & PG_SWAPCACHE) != 0) {
            return swap;
        }
        if ((flags & PG_ANON) != 0) {
            return null;
        }
        final long owner = PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET);
        return owner == 0 ? null : rmap.slots(owner);
    }

    private long slotIndex(final long pfn, final int flags) {
        return PageDescriptor.coldLong(memMap.cold(pfn), (flags & PG_SWAPCACHE) != 0 ? PRIVATE_OFFSET : INDEX_OFFSET);
    }

    /** Models {@code expected_page_refs()}; a hugetlb page has one reference from its cache. */
    private static int expectedReferences(final int flags, final int pages) {
        final int cache = (flags & PG_HUGETLB) != 0 ? 1 : pages;
        return ISOLATED + cache + ((flags & PG_PRIVATE) != 0 ? 1 : 0);
    }

    private void moveIdentity(final long pfn, final long newPfn, final int flags) {
        final long cold = memMap.cold(pfn);
        final long newCold = memMap.cold(newPfn);
        PageDescriptor.coldLong(newCold, MAPPING_OFFSET, PageDescriptor.coldLong(cold, MAPPING_OFFSET));
        PageDescriptor.coldLong(newCold, INDEX_OFFSET, PageDescriptor.coldLong(cold, INDEX_OFFSET));
        PageDescriptor.setFlags(memMap.page(newPfn), flags & IDENTITY);
    }

    /** Models {@code migrate_page_states()}. A fast walk that is about to give its reference back may still set PG_referenced. */
    private static void moveStates(final long page, final long newPage) {
        final int flags = PageDescriptor.clearFlags(page, PG_ACTIVE | PG_UNEVICTABLE);
        PageDescriptor.setFlags(newPage, flags & STATES);
    }
}
