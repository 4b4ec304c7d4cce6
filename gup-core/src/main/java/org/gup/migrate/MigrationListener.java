package org.gup.migrate;

import org.gup.task.Task;

/** Hears of the phases of migrations, at their borders. For tests, measurements and demonstrations. */
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
}
