package org.gup.migrate;

import org.gup.task.Task;

/** Where pages go. Models {@code new_page_t}. */
@FunctionalInterface
public interface MigrationTarget {
    /**
     * A page to move another one to, of the same size and kind.
     *
     * @param task who migrates
     * @param headPfn the page to be moved: a base page, or a head
     * @return pfn of a page with one reference that nobody else knows; -1 if there is none, which ends the migration
     */
    long allocate(Task task, long headPfn);
}
