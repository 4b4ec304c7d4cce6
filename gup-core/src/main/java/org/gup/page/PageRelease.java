package org.gup.page;

import org.gup.task.Task;

/** Where a page goes when its last reference is given back: implemented above this package. */
@FunctionalInterface
public interface PageRelease {
    /**
     * Frees a page whose count has just reached 0. Models {@code __put_page()}.
     *
     * @param task who gave the last reference back
     * @param headPfn pfn of the page, or of the head of the compound page
     */
    void release(Task task, long headPfn);
}
