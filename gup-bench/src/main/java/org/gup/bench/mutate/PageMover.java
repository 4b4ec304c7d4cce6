package org.gup.bench.mutate;

import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;

import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Lruvec;

/**
 * Moves pages of an address space to other frames, as move_pages(2) does: finds each page, takes it off its list, and hands the
 * lot to migrate_pages(). Pages that somebody holds stay. One thread.
 */
final class PageMover {
    private final SharedMachine machine;
    private final Task task;
    private final PageList list;
    private long[] pages = new long[0];

    PageMover(final SharedMachine machine, final Task task) {
        this.machine = machine;
        this.task = task;
        this.list = new PageList(machine.memory().memMap());
    }

    /** Answers how many pages were moved, a huge one counting once. */
    int move(final SharedSpace space, final int first, final int count) {
        if (pages.length < count) {
            pages = new long[count];
        }
        final Lruvec lruvec = machine.memory().lruvec();
        lruvec.drainAll(task);
        final long before = task.counters().get(Counter.PGMIGRATE_SUCCESS);
        final int got = machine.gup().getUserPagesFastOnly(task, space.mm(), space.address(first), count, false, pages);
        for (int i = 0; i < got; i++) {
            isolate(pages[i]);
        }
        if (got > 0) {
            machine.gup().putPages(task, pages, got);
        }
        if (!list.isEmpty() && machine.migrator().migratePages(task, list, machine.anywhere()) != 0) {
            machine.migrator().putbackMovablePages(task, list);
        }
        return Math.toIntExact(task.counters().get(Counter.PGMIGRATE_SUCCESS) - before);
    }

    private void isolate(final long pfn) {
        final MemMap memMap = machine.memory().memMap();
        final long head = memMap.head(memMap.page(pfn));
        final long headPfn = memMap.pfn(head);
        final int flags = PageDescriptor.flagsVolatile(head);
        if ((flags & PG_LRU) != 0 && machine.memory().lruvec().isolate(headPfn)) {
            list.add(headPfn);
            machine.memory().lruvec().countIsolated((flags & PG_SWAPBACKED) == 0, 1L << memMap.compoundOrder(headPfn));
        }
    }
}
