package org.gup.page;

import static org.gup.page.PageDescriptor.NEXT_OFFSET;
import static org.gup.page.PageDescriptor.PREV_OFFSET;

/**
 * A list of pages that one thread has taken off the lists of others, such as what is to be migrated: linked through the pages'
 * own list words, which nobody else uses meanwhile. Models a {@code LIST_HEAD} on the stack.
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class PageList {
    private static final long NONE = 0;

    private final MemMap memMap;
    private long first = NONE;
    private long last = NONE;
    private int size;

    /**
     * An empty list.
     *
     * @param memMap where the pages are
     */
    public PageList(final MemMap memMap) {
        this.memMap = memMap;
    }

    /**
     * Whether there is nothing on it.
     *
     * @return true if so
     */
    public boolean isEmpty() {
        return first == NONE;
    }

    /**
     * How many pages are on it, a compound page counting once.
     *
     * @return pages
     */
    public int size() {
        return size;
    }

    /**
     * The first page.
     *
     * @return its pfn; 0 if the list is empty
     */
    public long first() {
        return first;
    }

    /**
     * The page behind another.
     *
     * @param pfn a page of the list
     * @return its pfn; 0 at the end
     */
    public long next(final long pfn) {
        return PageDescriptor.coldInt(memMap.cold(pfn), NEXT_OFFSET);
    }

    /**
     * Adds a page at the end.
     *
     * @param pfn a head or base page that is on no list
     */
    public void add(final long pfn) {
        final long cold = memMap.cold(pfn);
        PageDescriptor.coldInt(cold, NEXT_OFFSET, (int) NONE);
        PageDescriptor.coldInt(cold, PREV_OFFSET, (int) last);
        if (last == NONE) {
            first = pfn;
        } else {
            PageDescriptor.coldInt(memMap.cold(last), NEXT_OFFSET, (int) pfn);
        }
        last = pfn;
        size++;
    }

    /**
     * Takes a page off.
     *
     * @param pfn a page of the list
     */
    public void remove(final long pfn) {
        final long cold = memMap.cold(pfn);
        final long next = PageDescriptor.coldInt(cold, NEXT_OFFSET);
        final long previous = PageDescriptor.coldInt(cold, PREV_OFFSET);
        if (previous == NONE) {
            first = next;
        } else {
            PageDescriptor.coldInt(memMap.cold(previous), NEXT_OFFSET, (int) next);
        }
        if (next == NONE) {
            last = previous;
        } else {
            PageDescriptor.coldInt(memMap.cold(next), PREV_OFFSET, (int) previous);
        }
        PageDescriptor.coldInt(cold, NEXT_OFFSET, (int) NONE);
        PageDescriptor.coldInt(cold, PREV_OFFSET, (int) NONE);
        size--;
    }
}
