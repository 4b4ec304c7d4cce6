package org.gup.mm;

import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.file.HugetlbFile;
import org.gup.file.PageCacheFile;
import org.gup.file.ShmemFile;
import org.gup.migrate.MigratePages;
import org.gup.page.PageList;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Pages of files are moved away under their mappings, with what the file knows of them. */
class FileMigrationTest {
    private static int migrate(final FileMachine m, final long pfn) {
        m.drain();
        final PageList list = new PageList(m.memory.memMap());
        assertTrue(m.memory.lruvec().isolate(pfn));
        list.add(pfn);
        final MigratePages migrator = new MigratePages(m.memory, null);
        final int failed = migrator.migratePages(m.task, list, (task, headPfn) -> m.memory.allocPages(task, 1, 0));
        migrator.putbackMovablePages(m.task, list);
        m.drain();
        return failed;
    }

    @Test
    void pageOfADiskFileMovesWithItsBuffers() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = m.own(new PageCacheFile(m.memory, "file", 2 * PAGE));
            file.write(m.task, 0, 11);
            m.map(BASE, 2, RW, SHARED, file);
            m.map(BASE + HUGE, 2, R, PRIVATE, file);
            m.write(BASE);
            m.read(BASE + HUGE);
            final long old = m.pfn(BASE);
            assertEquals(0, migrate(m, old));
            assertEquals(0, m.machine.refcount(old));
            assertNotEquals(old, m.pfn(BASE));
            assertEquals(m.pfn(BASE), m.pfn(BASE + HUGE));
            m.assertPage(BASE, 4, 2, PG_UPTODATE | PG_LRU | PG_PRIVATE | PG_DIRTY);
            assertEquals(11, m.machine.load(BASE));
            m.machine.store(BASE, 12);
            assertEquals(12, file.read(m.task, 0));
            file.sync(m.task);
            assertEquals(12, file.readDisk(0));
        }
    }

    @Test
    void heldPageStaysWhereItIs() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = m.own(new PageCacheFile(m.memory, "file", PAGE));
            file.write(m.task, 0, 11);
            m.map(BASE, 1, RW, SHARED, file);
            m.write(BASE);
            final long pfn = m.pfn(BASE);
            m.machine.get(pfn);
            assertEquals(1, migrate(m, pfn));
            assertEquals(pfn, m.pfn(BASE));
            m.machine.put(pfn);
            m.assertPage(BASE, 3, 1, PG_UPTODATE | PG_LRU | PG_PRIVATE | PG_DIRTY);
            assertEquals(0, migrate(m, pfn));
            assertNotEquals(pfn, m.pfn(BASE));
        }
    }

    @Test
    void hugePagesOfBothKindsMoveAndThePoolKeepsItsSize() {
        try (FileMachine m = new FileMachine(PhysicalMemory.builder().hugetlbPages(2))) {
            final HugetlbFile file = m.own(new HugetlbFile(m.memory, "huge", 2));
            m.map(BASE, 512, RW, SHARED, file);
            m.map(BASE + HUGE, 512, RW, PRIVATE, m.own(new HugetlbFile(m.memory, "private", 1)));
            m.machine.store(BASE + 8, 1);
            m.machine.store(BASE + HUGE + 8, 2);
            for (final long address : new long[] {BASE, BASE + HUGE}) {
                final long old = m.pfn(address);
                final PageList list = new PageList(m.memory.memMap());
                assertTrue(m.memory.hugetlb().isolate(m.task, old, list));
                final MigratePages migrator = new MigratePages(m.memory, null);
                assertEquals(
                        0,
                        migrator.migratePages(
                                m.task,
                                list,
                                (task, headPfn) -> m.memory.hugetlb().allocateFresh(task)));
                assertNotEquals(old, m.pfn(address));
                assertEquals(0, m.machine.refcount(old));
            }
            assertEquals(1, m.machine.load(BASE + 8));
            assertEquals(2, m.machine.load(BASE + HUGE + 8));
            assertEquals(2, m.machine.refcount(m.pfn(BASE)));
            assertEquals(1, m.machine.refcount(m.pfn(BASE + HUGE)));
            m.machine.store(BASE + HUGE, 3);
            m.unmap(BASE, 1024);
            assertEquals(1, m.memory.hugetlb().freePages());
            file.close(m.task);
            assertEquals(2, m.memory.hugetlb().freePages());
        }
    }

    @Test
    void hugePageOfSharedMemoryMovesUnderItsLeaf() {
        try (FileMachine m = FileMachine.small()) {
            final ShmemFile file = m.own(new ShmemFile(m.memory, "huge", HUGE, true));
            m.map(BASE, 512, RW, SHARED, file);
            m.machine.store(BASE + 9 * PAGE, 1);
            m.drain();
            final long old = m.pfn(BASE);
            assertTrue(m.memory.lruvec().isolate(old));
            final PageList list = new PageList(m.memory.memMap());
            list.add(old);
            assertEquals(
                    0,
                    new MigratePages(m.memory, null)
                            .migratePages(
                                    m.task,
                                    list,
                                    (task, headPfn) -> m.memory.allocPages(task, Gfp.GFP_MOVABLE | Gfp.GFP_COMP, 9)));
            assertNotEquals(old, m.pfn(BASE));
            assertEquals(0, m.machine.refcount(old));
            m.drain();
            assertEquals(513, m.machine.refcount(m.pfn(BASE)));
            assertEquals(1, m.machine.load(BASE + 9 * PAGE));
            assertEquals(1, file.read(m.task, 9));
        }
    }

    @Test
    void sharedMemoryIsSwappedOutOfEveryMapping() {
        try (FileMachine m = new FileMachine(PhysicalMemory.builder().swapPages(8))) {
            final ShmemFile file = m.own(new ShmemFile(m.memory, "tmpfs", 4 * PAGE));
            m.map(BASE, 4, RW, SHARED, file);
            m.map(BASE + HUGE, 4, RW, SHARED, file);
            for (int i = 0; i < 4; i++) {
                m.machine.store(BASE + i * PAGE, 60 + i);
                m.machine.load(BASE + HUGE + i * PAGE);
            }
            m.machine.get(m.pfn(BASE + 2 * PAGE));
            final long held = m.pfn(BASE + 2 * PAGE);
            assertEquals(3, m.mm.swapOut(m.task, BASE, 4));
            assertEquals(0, m.pte(BASE));
            assertEquals(0, m.pte(BASE + HUGE + 3 * PAGE));
            assertEquals(3, m.memory.swap().inUse());
            m.machine.put(held);
            for (int i = 0; i < 4; i++) {
                assertEquals(60 + i, m.machine.load(BASE + HUGE + i * PAGE));
                assertEquals(60 + i, m.machine.load(BASE + i * PAGE));
            }
            assertEquals(0, m.memory.swap().inUse());
            assertEquals(3, m.machine.count(Counter.PSWPIN));
        }
    }

    /** One thread writes through a mapping and reads back, another one moves the pages: no write is lost. */
    @Test
    void nothingIsLostWhilePagesMoveUnderWrites() throws InterruptedException {
        final long seed = System.nanoTime();
        System.out.println("FileMigrationTest seed " + seed);
        try (FileMachine m = FileMachine.small()) {
            final int pages = 4;
            final PageCacheFile disk = m.own(new PageCacheFile(m.memory, "file", pages * PAGE));
            final ShmemFile shmem = m.own(new ShmemFile(m.memory, "tmpfs", pages * PAGE));
            m.map(BASE, pages, RW, SHARED, disk);
            m.map(BASE + pages * PAGE, pages, RW, SHARED, shmem);
            final Task other = m.memory.newTask(1);
            final AtomicBoolean stop = new AtomicBoolean();
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread writer = new Thread(() -> {
                final SplittableRandom random = new SplittableRandom(seed);
                final long[] written = new long[2 * pages];
                try {
                    for (int i = 0; i < 30_000; i++) {
                        final int page = random.nextInt(2 * pages);
                        final long address = BASE + page * PAGE;
                        if (UserAccess.load(other, m.mm, address) != written[page]) {
                            throw new IllegalStateException("lost a write to page " + page + ", round " + i);
                        }
                        written[page] = i + 1L;
                        UserAccess.store(other, m.mm, address, written[page]);
                    }
                } catch (final Throwable thrown) {
                    failure.set(thrown);
                } finally {
                    stop.set(true);
                }
            });
            writer.start();
            final SplittableRandom random = new SplittableRandom(seed + 1);
            while (!stop.get()) {
                final int page = random.nextInt(2 * pages);
                final long pfn = page < pages ? disk.lookup(page) : shmem.lookup(page - pages);
                if (pfn >= 0) {
                    m.machine.put(pfn);
                    m.drain();
                    final PageList list = new PageList(m.memory.memMap());
                    if (m.memory.lruvec().isolate(pfn)) {
                        list.add(pfn);
                        final MigratePages migrator = new MigratePages(m.memory, null);
                        migrator.migratePages(m.task, list, (task, headPfn) -> m.memory.allocPages(task, 1, 0));
                        migrator.putbackMovablePages(m.task, list);
                    }
                }
            }
            writer.join();
            m.memory.exitTask(other);
            assertEquals(null, failure.get(), () -> "seed " + seed);
            assertTrue(m.machine.count(Counter.PGMIGRATE_SUCCESS) > 0);
        }
    }
}
