package org.gup.page;

import static org.gup.page.PageDescriptor.COLD_LENGTH;
import static org.gup.page.PageDescriptor.COMPOUND_MAPCOUNT_OFFSET;
import static org.gup.page.PageDescriptor.HOT_SHIFT;
import static org.gup.page.PageDescriptor.MAPCOUNT_OFFSET;
import static org.gup.page.PageDescriptor.ORDER_OFFSET;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PTL_OFFSET;

import org.gup.offheap.Region;
import org.gup.task.Task;

/**
 * The array of {@code struct page}, one for each pfn from 0: {@code vmemmap}.
 *
 * <p>Hot records are one region, so that an entry's pfn bits give the record's address with one shift and one add. Cold
 * records are in chunks, since one allocation above the machine's memory is refused. Both are backed by memory only where
 * they are used.
 *
 * <p>Threading: any thread, each word as its accessor says. {@link #close()} must not race with anything; the owner of the
 * walker epoch sees to that.
 */
public final class MemMap implements AutoCloseable {
    /** Most pages a model may have: 2 TiB of frames. */
    public static final long MAX_PAGES = 1L << 29;

    /** Chunks of 768 MiB: large enough that Region leaves them untouched, and few enough that sampling them is cheap. */
    private static final int COLD_CHUNK_SHIFT = 24;

    private static final long COLD_CHUNK_PAGES = 1L << COLD_CHUNK_SHIFT;

    private final long nrPages;
    private final Region hot;
    private final long hotBase;
    private final Region[] coldChunks;
    private final long[] coldBases;
    private final Pageblock pageblocks;
    private final PageRelease release;

    /**
     * A map in which every page is free.
     *
     * @param nrPages pages, 1 to {@link #MAX_PAGES}
     * @param release where pages go when their last reference is given back
     * @throws IllegalArgumentException if the number is out of range
     * @throws IllegalStateException if the operating system refuses the memory
     */
    public MemMap(final long nrPages, final PageRelease release) {
        if (nrPages < 1 || nrPages > MAX_PAGES) {
            throw new IllegalArgumentException(
                    "nrPages out of range: nrPages=" + nrPages + ", allowed 1 to " + MAX_PAGES);
        }
        this.nrPages = nrPages;
        this.release = release;
        this.pageblocks = new Pageblock(nrPages);
        final int chunks = (int) ((nrPages + COLD_CHUNK_PAGES - 1) >>> COLD_CHUNK_SHIFT);
        this.coldChunks = new Region[chunks];
        this.coldBases = new long[chunks];
        this.hot = Region.allocate("mem_map", nrPages << HOT_SHIFT);
        this.hotBase = hot.address();
        try {
            for (int i = 0; i < chunks; i++) {
                final long pages = Math.min(COLD_CHUNK_PAGES, nrPages - ((long) i << COLD_CHUNK_SHIFT));
                coldChunks[i] = Region.allocate("cold mem_map", pages * COLD_LENGTH);
                coldBases[i] = coldChunks[i].address();
            }
        } catch (final IllegalStateException refused) {
            close();
            throw refused;
        }
    }

    /**
     * How many pages there are.
     *
     * @return pages; valid pfns are 0 to one less
     */
    public long nrPages() {
        return nrPages;
    }

    /**
     * Whether a pfn has a {@code struct page}. Models {@code pfn_valid()}.
     *
     * @param pfn any number
     * @return true if it has
     */
    public boolean pfnValid(final long pfn) {
        return pfn >= 0 && pfn < nrPages;
    }

    /**
     * Address of the hot record of pfn 0.
     *
     * @return a raw address
     */
    public long hotBase() {
        return hotBase;
    }

    /**
     * Address of a page's hot record. Models {@code pfn_to_page()}.
     *
     * @param pfn a valid pfn
     * @return a raw address
     */
    public long page(final long pfn) {
        return hotBase + (pfn << HOT_SHIFT);
    }

    /**
     * The pfn of a hot record. Models {@code page_to_pfn()}.
     *
     * @param page address of a hot record
     * @return its pfn
     */
    public long pfn(final long page) {
        return (page - hotBase) >> HOT_SHIFT;
    }

    /**
     * Address of a page's cold record.
     *
     * @param pfn a valid pfn
     * @return a raw address
     */
    public long cold(final long pfn) {
        return coldBases[(int) (pfn >>> COLD_CHUNK_SHIFT)] + (pfn & (COLD_CHUNK_PAGES - 1)) * COLD_LENGTH;
    }

    /**
     * Address of the lock of a page that is a page table. Models {@code ptlock_ptr()}.
     *
     * @param tablePfn pfn of the table
     * @return address of a {@link org.gup.offheap.SpinLock} word
     */
    public long tableLock(final long tablePfn) {
        return cold(tablePfn) + PTL_OFFSET;
    }

    /**
     * Migratetypes and zones.
     *
     * @return the pageblocks of this map
     */
    public Pageblock pageblocks() {
        return pageblocks;
    }

    /**
     * The head of the compound page that a page belongs to. Models {@code compound_head()}.
     *
     * @param page address of a hot record
     * @return address of the head's hot record; the page itself if it is not a tail
     */
    public long head(final long page) {
        final long compoundHead = PageDescriptor.compoundHeadAcquire(page);
        return PageDescriptor.isTail(compoundHead) ? page(PageDescriptor.headPfn(compoundHead)) : page;
    }

    /**
     * Makes a compound page out of a block. Models {@code prep_compound_page()}. Nobody else can reach the block yet.
     *
     * @param headPfn pfn of the first page
     * @param order log2 of its pages
     */
    public void prepCompound(final long headPfn, final int order) {
        final long head = page(headPfn);
        PageDescriptor.coldInt(cold(headPfn), ORDER_OFFSET, order);
        PageDescriptor.setFlags(head, PG_HEAD);
        for (long pfn = headPfn + 1; pfn < headPfn + (1L << order); pfn++) {
            PageDescriptor.makeTail(page(pfn), headPfn);
        }
    }

    /**
     * Makes a compound page into single pages again. Models {@code destroy_compound_page()}. The page is free or frozen.
     *
     * @param headPfn pfn of the head
     */
    public void destroyCompound(final long headPfn) {
        final int order = compoundOrder(headPfn);
        PageDescriptor.clearFlags(page(headPfn), PG_HEAD);
        PageDescriptor.coldInt(cold(headPfn), ORDER_OFFSET, 0);
        for (long pfn = headPfn + 1; pfn < headPfn + (1L << order); pfn++) {
            PageDescriptor.clearTail(page(pfn));
        }
    }

    /**
     * The order of a page. Models {@code compound_order()}.
     *
     * @param headPfn pfn of a head or base page
     * @return log2 of its pages; 0 for a base page
     */
    public int compoundOrder(final long headPfn) {
        return (PageDescriptor.flagsOpaque(page(headPfn)) & PG_HEAD) == 0
                ? 0
                : PageDescriptor.coldInt(cold(headPfn), ORDER_OFFSET);
    }

    /**
     * How many entries map a page by itself: PTEs.
     *
     * @param pfn any page
     * @return the kernel's {@code _mapcount} plus one
     */
    public int pteMapcount(final long pfn) {
        return PageDescriptor.coldIntVolatile(cold(pfn), MAPCOUNT_OFFSET);
    }

    /**
     * How many entries map a compound page as a whole.
     *
     * @param headPfn pfn of a head
     * @return the kernel's {@code compound_mapcount()}
     */
    public int compoundMapcount(final long headPfn) {
        return PageDescriptor.coldIntVolatile(cold(headPfn), COMPOUND_MAPCOUNT_OFFSET);
    }

    /**
     * How many entries map a page or any part of it. Models {@code total_mapcount()}, and {@code page_mapped()} where only zero
     * or not matters.
     *
     * @param headPfn a base page, or the head of a compound page
     * @return mappings, by PTEs and as a whole
     */
    public int totalMapcount(final long headPfn) {
        int mapped = compoundMapcount(headPfn);
        final long endPfn = headPfn + (1L << compoundOrder(headPfn));
        for (long pfn = headPfn; pfn < endPfn; pfn++) {
            mapped += pteMapcount(pfn);
        }
        return mapped;
    }

    /**
     * Counts PTE mappings of a page.
     *
     * @param pfn any page
     * @param delta 1 or -1
     * @return how many there are now
     */
    public int addPteMapcount(final long pfn, final int delta) {
        return PageDescriptor.coldIntGetAndAdd(cold(pfn), MAPCOUNT_OFFSET, delta) + delta;
    }

    /**
     * Counts mappings of a compound page as a whole.
     *
     * @param headPfn pfn of a head
     * @param delta 1 or -1
     * @return how many there are now
     */
    public int addCompoundMapcount(final long headPfn, final int delta) {
        return PageDescriptor.coldIntGetAndAdd(cold(headPfn), COMPOUND_MAPCOUNT_OFFSET, delta) + delta;
    }

    /**
     * Gives references back and frees the page if they were the last. Models {@code put_page()}.
     *
     * @param task who gives them back
     * @param page address of a hot record, tail or not
     * @param references how many
     */
    public void put(final Task task, final long page, final int references) {
        final long head = head(page);
        if (PageRef.putAndTest(head, references)) {
            release.release(task, pfn(head));
        }
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        hot.close();
        for (final Region chunk : coldChunks) {
            if (chunk != null) {
                chunk.close();
            }
        }
    }
}
