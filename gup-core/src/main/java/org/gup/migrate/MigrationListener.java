package org.gup.migrate;

import org.gup.task.Task;

/** Hears of the phases of migrations, at their borders, and of what does not move. For tests, measurements and demonstrations. */
@FunctionalInterface
public interface MigrationListener {
    /**
     * A phase is about to begin. Called by the thread that migrates, with the locks of that moment held: it may take and drop
     * references to pages through another task, but must not fault, unmap or migrate.
     *
     * @param task who migrates
     * @param phase what begins
     */
    void enter(Task task, MigrationPhase phase);

    /**
     * A page was not moved. Called as {@link #enter} is, by which this page is no longer locked. A page that is busy is tried up
     * to {@link MigratePages#PASSES} times; each time is told.
     *
     * @param task who migrates
     * @param pfn the page; the head, if it is huge
     * @param cause why not
     * @param triesLeft how often it will be tried again; 0 if it stays where it is
     */
    default void notMoved(final Task task, final long pfn, final MigrationFailure cause, final int triesLeft) {}
}
