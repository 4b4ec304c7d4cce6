package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationPhase;
import org.gup.page.PageList;
import org.gup.task.Task;

/** Another thread that migrates one page, and stands still between the unmapping and the copying until it is let go on. */
final class Migrator implements AutoCloseable {
    private static final int PATIENCE_SECONDS = 30;

    private final Stage stage;
    private final Task task;
    private final PageList list;
    private final MigratePages migrate;
    private final CountDownLatch unmapped = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private Future<Integer> running;
    private volatile long target = -1;

    Migrator(final Stage stage, final Place page) {
        this.stage = stage;
        this.task = stage.memory().newTask(1);
        this.list = new PageList(stage.memory().memMap());
        final long pfn = page.pfn(0);
        assertTrue(stage.memory().lruvec().isolate(pfn), "not on the LRU");
        stage.memory().lruvec().countIsolated(false, 1);
        list.add(pfn);
        this.migrate = new MigratePages(stage.memory(), this::enter);
    }

    private void enter(final Task who, final MigrationPhase phase) {
        if (phase == MigrationPhase.COPY) {
            unmapped.countDown();
            await(goOn);
        }
    }

    private static void await(final CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS), "nothing happened");
        } catch (final InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** Starts; returns when the page is unmapped and its migration entries are in place. */
    void runToCopy() {
        running = thread.submit(() -> migrate.migratePages(task, list, (who, head) -> {
            target = stage.memory().allocPages(who, 0, 0);
            return target;
        }));
        await(unmapped);
    }

    /** Lets it go on. */
    void goOn() {
        goOn.countDown();
    }

    /** The page's new frame. */
    long target() {
        return target;
    }

    /** What migrate_pages() returned. */
    int result() {
        try {
            return running.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException | ExecutionException | TimeoutException failed) {
            throw new AssertionError("the migration has not come to an end", failed);
        }
    }

    @Override
    public void close() {
        goOn();
        try {
            assertEquals(0, result(), "pages that were not migrated");
        } finally {
            thread.shutdownNow();
        }
        stage.memory().exitTask(task);
    }
}
