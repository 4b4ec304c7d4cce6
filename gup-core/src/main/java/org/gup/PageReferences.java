package org.gup;

import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** Giving back what {@link GetUserPages} returned. */
abstract class PageReferences {
    private final PhysicalMemory memory;
    private final MemMap memMap;

    PageReferences(final PhysicalMemory memory) {
        this.memory = memory;
        this.memMap = memory.memMap();
    }

    /**
     * The memory that the calls work on.
     *
     * @return the memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * Gives one reference back. Models {@code put_page()}.
     *
     * @param task who gives it back
     * @param pfn a page from {@code pages}
     * @throws IllegalArgumentException if there is no such page
     * @throws IllegalStateException if the page has no reference
     */
    public void putPage(final Task task, final long pfn) {
        memory.epoch().enterCall(task);
        try {
            put(task, pfn, 1);
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Gives a call's pages back, one reference each.
     *
     * @param task who gives them back
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     */
    public void putPages(final Task task, final long[] pages, final int nrPages) {
        putPages(task, pages, nrPages, 1);
    }

    /**
     * Gives several references back on each page. Models {@code page_ref_sub_and_test()} in a loop.
     *
     * @param task who gives them back
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     * @param references how many on each, positive
     */
    public void putPages(final Task task, final long[] pages, final int nrPages, final int references) {
        checkReferences(pages, nrPages, references);
        memory.epoch().enterCall(task);
        try {
            for (int i = 0; i < nrPages; i++) {
                put(task, pages[i], references);
            }
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Takes more references on pages that the caller holds already. Models {@code page_ref_add()}.
     *
     * @param task who takes them
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     * @param references how many on each, positive
     */
    public void getPages(final Task task, final long[] pages, final int nrPages, final int references) {
        checkReferences(pages, nrPages, references);
        memory.epoch().enterCall(task);
        try {
            for (int i = 0; i < nrPages; i++) {
                PageRef.get(memMap.head(memMap.page(checkedPfn(pages[i]))), references);
            }
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    void put(final Task task, final long pfn, final int references) {
        memMap.put(task, memMap.page(checkedPfn(pfn)), references);
        task.counters().add(Counter.PAGES_PUT, references);
    }

    private long checkedPfn(final long pfn) {
        if (!memMap.pfnValid(pfn)) {
            throw new IllegalArgumentException("no such page: pfn=" + pfn + ", nrPages=" + memMap.nrPages());
        }
        return pfn;
    }

    private static void checkReferences(final long[] pages, final int nrPages, final int references) {
        if (nrPages < 0 || nrPages > pages.length) {
            throw new IllegalArgumentException("nrPages out of range: nrPages=" + nrPages + ", length=" + pages.length);
        }
        if (references < 1) {
            throw new IllegalArgumentException("references must be positive: references=" + references);
        }
    }
}
