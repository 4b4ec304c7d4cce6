package org.gup.mm;

import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Faults on an entry whose page is being migrated: they wait until that is over, and are tried again. Models
 * {@code migration_entry_wait()} and its twins for huge entries, mm/migrate.c, v5.2.
 *
 * <p>Order: the entry is looked at again under its table's lock; a reference is taken there and given back before the wait for
 * the page lock, so that who waits does not keep the page from being migrated.
 *
 * <p>Threading: mmap_sem held for read; no lock is held while it waits.
 */
final class MigrationWait {
    private final PageTables pageTables;
    private final MemMap memMap;
    private final Await await;
    private final PteLayout layout;

    MigrationWait(final PageTables pageTables, final AnonPages pages) {
        this.pageTables = pageTables;
        this.memMap = pages.memMap();
        this.await = pages.memory().await();
        this.layout = pageTables.root().layout();
    }

    /** Whether an entry of level 1 or 2 is a migration entry. */
    static boolean isMigration(final PteLayout layout, final long entry) {
        return !Pte.isNone(entry) && !Pte.isPmdPresent(entry) && layout.isMigration(entry);
    }

    /** Waits as long as an entry stands for a page that is being migrated. Does nothing if it changed meanwhile. */
    void await(final Task task, final long entryAddress, final long entry) {
        pageTables.lock(entryAddress);
        final boolean same = TablePages.entryAcquire(entryAddress) == entry && isMigration(layout, entry);
        final long page = same ? memMap.head(memMap.page(Pte.swapOffset(entry))) : 0;
        final boolean got = same && PageRef.tryGet(page, 1);
        pageTables.unlock(entryAddress);
        if (!got) {
            return;
        }
        task.counters().add(Counter.MIGRATION_ENTRY_WAITS, 1);
        memMap.put(task, page, 1);
        // Without a reference the page may be somebody else's by now, and locked for another reason: then the entry has
        // changed.
        for (int tries = 0;
                (PageDescriptor.flagsVolatile(page) & PageDescriptor.PG_LOCKED) != 0
                        && TablePages.entryAcquire(entryAddress) == entry;
                tries++) {
            await.pause(tries);
        }
    }
}
