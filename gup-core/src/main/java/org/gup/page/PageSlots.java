package org.gup.page;

import org.gup.task.Task;

/** Where a file's pages are found by index: lets migration, which ranks above nothing that knows files, put another page there. */
public interface PageSlots {
    /**
     * Puts another page into a slot if the old one has exactly the references expected, which are frozen meanwhile. The new
     * page gets the cache's references, the old one loses them. Models {@code migrate_page_move_mapping()}.
     *
     * @param task who migrates
     * @param index the slot, in pages
     * @param oldPfn the page in it; locked by the caller
     * @param newPfn the page to be there; locked by the caller
     * @param expectedReferences what the old page's count must be
     * @return whether the slot holds the new page now; false, nothing changed, if the count or the slot differs
     */
    boolean replace(Task task, long index, long oldPfn, long newPfn, int expectedReferences);
}
