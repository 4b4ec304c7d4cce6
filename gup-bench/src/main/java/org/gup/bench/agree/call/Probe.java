package org.gup.bench.agree.call;

import static org.gup.page.PageDescriptor.PG_ACTIVE;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_KSM;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_MLOCKED;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_REFERENCED;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_SWAPCACHE;
import static org.gup.page.PageDescriptor.PG_UNEVICTABLE;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.agree.scene.Stage;
import org.gup.bench.agree.truth.FrameState;
import org.gup.bench.agree.truth.FrameState.Place;
import org.gup.bench.agree.truth.PageState;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;
import org.jspecify.annotations.Nullable;

/** Reads page tables and {@code struct page}s of a range, as the recording's driver does. Nothing else runs meanwhile. */
final class Probe {
    private static final int PMD_LEVEL = 2;
    private static final int LEVELS = 4;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final MmStruct mm;
    private final long start;
    private final int pages;

    Probe(final Stage stage, final long start, final int pages) {
        this.memory = stage.memory();
        this.memMap = memory.memMap();
        this.mm = stage.mm();
        this.start = start;
        this.pages = pages;
    }

    /** The frames that the range maps now; -1 where it maps none. */
    long[] frames() {
        final long[] frames = new long[pages];
        for (int i = 0; i < pages; i++) {
            frames[i] = frame(start + i * Stage.PAGE);
        }
        return frames;
    }

    private long frame(final long address) {
        final Leaf leaf = leaf(address);
        return Pte.isHardwarePresent(leaf.entry()) ? leaf.pfn() : -1;
    }

    /** All of the range's pages. */
    List<PageState> states(final long[] earlier) {
        final List<PageState> states = new ArrayList<>(pages);
        for (int i = 0; i < pages; i++) {
            states.add(state(start + i * Stage.PAGE, earlier[i]));
        }
        return states;
    }

    /** The last entry that a walk reads, with its level and frame. */
    private record Leaf(int level, long entry, long pfn) {}

    private Leaf leaf(final long address) {
        long table = mm.walkRoot().topTable();
        for (int level = LEVELS; ; level--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (level == 1) {
                return new Leaf(level, entry, Pte.isPresent(entry) ? Pte.pfn(entry) : -1);
            }
            if (entry == 0 || !Pte.isHardwarePresent(entry)) {
                return new Leaf(level, entry, -1);
            }
            if (level == PMD_LEVEL && Pte.isHuge(entry)) {
                return new Leaf(level, entry, Pte.hugePfn(entry, level) + (address / Stage.PAGE) % Stage.HUGE);
            }
            table = memory.tables().child(entry);
        }
    }

    private PageState state(final long address, final long earlierPfn) {
        final Leaf leaf = leaf(address);
        final VmArea vma = mm.findVma(address);
        final long vmFlags = vma == null || !vma.contains(address) ? 0 : vma.flags();
        final FrameState frame = Pte.isHardwarePresent(leaf.entry()) ? frame(leaf, leaf.pfn() != earlierPfn) : null;
        return new PageState(leaf.level(), PageState.masked(leaf.entry()), vmFlags, frame);
    }

    private @Nullable FrameState frame(final Leaf leaf, final boolean moved) {
        final long pfn = leaf.pfn();
        if (!memMap.pfnValid(pfn)) {
            return null;
        }
        final long head = memMap.head(memMap.page(pfn));
        final long headPfn = memMap.pfn(head);
        final int order = memMap.compoundOrder(headPfn);
        final boolean ownFlags = leaf.level() == PMD_LEVEL || pfn == headPfn;
        int flags = flags(PageDescriptor.flagsVolatile(head));
        if (pfn == memory.zeroPfn() || memory.isHugeZeroPfn(headPfn)) {
            flags |= FrameState.ZERO;
        }
        return new FrameState(
                ownFlags ? flags : flags & FrameState.HEAD_FLAGS,
                place(pfn),
                PageRef.countVolatile(head),
                mapcount(headPfn, order),
                order,
                moved,
                ownFlags);
    }

    /** Models {@code total_mapcount()}. */
    private int mapcount(final long headPfn, final int order) {
        if (order == 0) {
            return memMap.pteMapcount(headPfn);
        }
        int mapcount = memMap.compoundMapcount(headPfn);
        for (long pfn = headPfn; pfn < headPfn + (1L << order); pfn++) {
            mapcount += memMap.pteMapcount(pfn);
        }
        return mapcount;
    }

    private Place place(final long pfn) {
        if (memMap.pageblocks().migratetype(pfn) == Migratetype.CMA) {
            return Place.CMA;
        }
        return switch (memMap.pageblocks().zone(pfn)) {
            case Zone.MOVABLE -> Place.MOVABLE;
            case Zone.DEVICE -> Place.DEVICE;
            default -> Place.NORMAL;
        };
    }

    private static int flags(final int page) {
        return flag(page, PG_ANON, FrameState.ANON)
                | flag(page, PG_HUGETLB, FrameState.HUGETLB)
                | flag(page, PG_KSM, FrameState.KSM)
                | flag(page, PG_SWAPCACHE, FrameState.SWAPCACHE)
                | flag(page, PG_DIRTY, FrameState.DIRTY)
                | flag(page, PG_REFERENCED, FrameState.REFERENCED)
                | flag(page, PG_LRU, FrameState.LRU)
                | flag(page, PG_ACTIVE, FrameState.ACTIVE)
                | flag(page, PG_UNEVICTABLE, FrameState.UNEVICTABLE)
                | flag(page, PG_MLOCKED, FrameState.MLOCKED)
                | flag(page, PG_SWAPBACKED, FrameState.SWAPBACKED)
                | flag(page, PG_PRIVATE, FrameState.PRIVATE);
    }

    private static int flag(final int page, final int bit, final int flag) {
        return (page & bit) != 0 ? flag : 0;
    }
}
