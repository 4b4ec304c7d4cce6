package org.gup.migrate;

import static org.gup.mm.Mman.MADV_HUGEPAGE;
import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.GetUserPages;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.UserAccess;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.zone.Gfp;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pages are migrated while two others pin and write them, mostly by the fast walk. Invariant: what was written through a pin is
 * found through the next one: either the page stayed where it was, or it moved with that. A page that is held is never free. At
 * the end nothing is isolated, and the books balance.
 */
class MigrationVersusPinsTest {
    private static final long BASE = 0x7000_0000_0000L;
    private static final long PAGE = 4096;
    private static final int ROUNDS = 8_000;
    private static final int PINNERS = 2;

    private PhysicalMemory memory;
    private MmStruct mm;
    private GetUserPages gup;
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @ParameterizedTest
    @CsvSource({
        "4, false, RCU_DEFER",
        "64, false, RCU_DEFER",
        "4, false, IPI_WAIT",
        "512, true, RCU_DEFER",
        "512, true, IPI_WAIT"
    })
    @Timeout(120)
    void shouldNeverLoseAWrite(final int nrPages, final boolean huge, final TlbSync sync) throws InterruptedException {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("MigrationVersusPinsTest: -Dgup.seed=" + seed);
        memory = PhysicalMemory.builder().cpus(3).tlbSync(sync).build();
        final Task task = memory.newTask(2);
        final long free = memory.freePages();
        mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        gup = new GetUserPages(memory);
        final long length = nrPages * PAGE;
        assertEquals(
                BASE, mm.mmap(task, BASE, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED));
        if (huge) {
            assertEquals(0, mm.madvise(task, BASE, length, MADV_HUGEPAGE));
        }
        for (int i = 0; i < nrPages; i++) {
            UserAccess.store(task, mm, BASE + i * PAGE, 0);
        }
        final Thread[] pinners = new Thread[PINNERS];
        final Task[] tasks = new Task[PINNERS];
        for (int p = 0; p < PINNERS; p++) {
            final int pinner = p;
            tasks[p] = memory.newTask(p);
            pinners[p] = new Thread(() -> run(() -> pin(tasks[pinner], pinner, nrPages, new Random(seed + pinner))));
            pinners[p].start();
        }
        run(() -> migrate(task, tasks, nrPages, huge ? ROUNDS / 40 : ROUNDS, new Random(~seed)));
        done.set(true);
        for (final Thread pinner : pinners) {
            pinner.join();
        }
        assertNull(failure.get(), () -> "seed " + seed + ": " + failure.get());
        assertEquals(0, memory.lruvec().isolatedPages(false));
        mm.close(task);
        memory.lruvec().drainAll(task);
        assertEquals(List.of(), memory.audit().problems());
        assertEquals(free, memory.freePages());
        memory.close();
    }

    private void run(final Runnable body) {
        try {
            body.run();
        } catch (final Throwable failed) {
            failure.compareAndSet(null, failed);
        }
    }

    private void pin(final Task task, final int pinner, final int nrPages, final Random random) {
        final long[] last = new long[nrPages];
        final long[] pages = new long[4];
        final int offset = 8 * (1 + pinner);
        long written = 0;
        while (!done.get() && failure.get() == null) {
            final int first = random.nextInt(nrPages);
            final int nr = Math.min(1 + random.nextInt(pages.length), nrPages - first);
            final int got = gup.getUserPagesFast(task, mm, BASE + first * PAGE, nr, FollFlags.FOLL_WRITE, pages);
            assertEquals(nr, got);
            for (int i = 0; i < got; i++) {
                assertHeld(pages[i]);
                assertEquals(
                        last[first + i],
                        memory.frames().getLong(pages[i], offset),
                        "page " + (first + i) + " lost a write");
                last[first + i] = ++written;
                memory.frames().putLong(pages[i], offset, written);
            }
            for (int i = random.nextInt(4); i > 0; i--) {
                Thread.onSpinWait();
            }
            gup.putPages(task, pages, got);
        }
    }

    private void assertHeld(final long pfn) {
        final MemMap memMap = memory.memMap();
        final long head = memMap.head(memMap.page(pfn));
        assertTrue(PageRef.countVolatile(head) > 0, "a page that is held is free");
        assertEquals(0, PageDescriptor.flagsVolatile(head) & PageDescriptor.PG_BUDDY);
    }

    /** Until some pages have moved and some could not, and the fast walk was seen at work, however threads are scheduled. */
    private void migrate(
            final Task task, final Task[] pinners, final int nrPages, final int rounds, final Random random) {
        final MigratePages migrator = new MigratePages(memory, null);
        final MemMap memMap = memory.memMap();
        final Lruvec lruvec = memory.lruvec();
        final PageList list = new PageList(memMap);
        final long[] pages = new long[1];
        for (int round = 0;
                failure.get() == null
                        && (round < rounds
                                || task.counters().get(Counter.PGMIGRATE_SUCCESS) == 0
                                || !isFastSeen(pinners));
                round++) {
            final int page = random.nextInt(nrPages);
            assertEquals(1, gup.getUserPagesFast(task, mm, BASE + page * PAGE, 1, 0, pages));
            final long headPfn = memMap.pfn(memMap.head(memMap.page(pages[0])));
            lruvec.drainAll(task);
            final boolean isolated = lruvec.isolate(headPfn);
            gup.putPages(task, pages, 1);
            if (isolated) {
                list.add(headPfn);
                lruvec.countIsolated(false, 1L << memMap.compoundOrder(headPfn));
                migrator.migratePages(task, list, this::target);
                migrator.putbackMovablePages(task, list);
            }
        }
    }

    private static boolean isFastSeen(final Task[] pinners) {
        for (final Task pinner : pinners) {
            if (pinner.counters().get(Counter.FAST_PAGES) == 0) {
                return false;
            }
        }
        return true;
    }

    private long target(final Task task, final long headPfn) {
        final int order = memory.memMap().compoundOrder(headPfn);
        return memory.allocPages(task, order == 0 ? Gfp.GFP_MOVABLE : Gfp.GFP_MOVABLE | Gfp.GFP_COMP, order);
    }
}
