package org.gup.longterm;

import static org.gup.TestMachine.BASE;
import static org.gup.TestMachine.PAGE;
import static org.gup.TestMachine.RW;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_HUGETLB;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.gup.TestMachine;
import org.gup.file.HugetlbFile;
import org.gup.file.PageCacheFile;
import org.gup.file.ShmemFile;
import org.gup.migrate.MigrationPhase;
import org.gup.mm.UserAccess;
import org.gup.page.Migratetype;
import org.gup.page.PageList;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;

/** Longterm pins of file pages and of hugetlbfs, and the slow walk through hugetlbfs. */
class LongtermFilesTest {
    private final long[] pages = new long[1024];

    private static TestMachine machine(final long hugePages) {
        return new TestMachine(PhysicalMemory.builder().cma("area", 4096).hugetlbPages(hugePages), 4, kernel -> {});
    }

    private static void assertMapped(final TestMachine machine, final long nrPages, final int flags) {
        assertEquals(BASE, machine.mm.mmap(machine.task, BASE, nrPages * PAGE, RW, flags | MAP_FIXED));
    }

    @Test
    void shouldMovePagesOfSharedMemoryFilledByFaults() {
        try (TestMachine machine = machine(0)) {
            machine.lendCma();
            assertMapped(machine, 4, MAP_SHARED | MAP_ANONYMOUS);
            machine.populate(BASE, 4);
            // Not by the fast call: that marks a page referenced, and changes what follows.
            assertTrue(machine.isCma(Pte.pfn(machine.entry(BASE, PTE_LEVEL))));
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_LONGTERM | FOLL_WRITE, pages));
            machine.memory.lruvec().drainAll(machine.task);
            for (int i = 0; i < 4; i++) {
                assertFalse(machine.isCma(pages[i]), "page " + i);
                assertEquals(BASE + i * PAGE, machine.memory.frames().getLong(pages[i], 0));
                assertEquals(3, machine.refcount(pages[i]), "the cache, a mapping, the pin");
            }
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(0, machine.mm.munmap(machine.task, BASE, 4 * PAGE));
        }
    }

    @Test
    void shouldLeaveWhatItsOwnTouchQueuesForActivation() {
        try (TestMachine machine = machine(0);
                ShmemFile file = new ShmemFile(machine.memory, "tmpfs", 4 * PAGE)) {
            final Task task = machine.task;
            machine.lendCma();
            for (int i = 0; i < 4; i++) {
                file.write(task, i, 100 + i);
            }
            machine.memory.lruvec().drainAll(task);
            assertEquals(BASE, machine.mm.mmapFile(task, BASE, 4 * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0));
            // Written by write(2): referenced, inactive. FOLL_TOUCH queues the page, and the queue holds it.
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_LONGTERM, pages));
            for (int i = 0; i < 4; i++) {
                assertTrue(machine.isCma(pages[i]), "page " + i);
                assertEquals(100 + i, machine.memory.frames().getLong(pages[i], 0));
            }
            assertEquals(4, machine.count(Counter.PGMIGRATE_FAIL));
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(0, machine.mm.munmap(task, BASE, 4 * PAGE));
        }
    }

    @Test
    void shouldMoveThemWithoutTheTouch() {
        try (TestMachine machine = machine(0);
                ShmemFile file = new ShmemFile(machine.memory, "tmpfs", 4 * PAGE)) {
            final Task task = machine.task;
            machine.lendCma();
            for (int i = 0; i < 4; i++) {
                file.write(task, i, 100 + i);
            }
            machine.memory.lruvec().drainAll(task);
            assertEquals(BASE, machine.mm.mmapFile(task, BASE, 4 * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0));
            // The slow leg of the fast call does not touch.
            assertEquals(4, machine.gup.getUserPagesFast(task, machine.mm, BASE, 4, FOLL_LONGTERM, pages));
            for (int i = 0; i < 4; i++) {
                assertFalse(machine.isCma(pages[i]), "page " + i);
                assertEquals(100 + i, machine.memory.frames().getLong(pages[i], 0));
            }
            assertEquals(4, machine.count(Counter.PGMIGRATE_SUCCESS));
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(0, machine.mm.munmap(task, BASE, 4 * PAGE));
        }
    }

    @Test
    void shouldMovePagesOfAFile() {
        try (TestMachine machine = machine(0);
                PageCacheFile file = new PageCacheFile(machine.memory, "ext4", 4 * PAGE)) {
            final Task task = machine.task;
            machine.lendCma();
            assertEquals(BASE, machine.mm.mmapFile(task, BASE, 4 * PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0));
            for (int i = 0; i < 4; i++) {
                UserAccess.store(task, machine.mm, BASE + i * PAGE, 7 + i);
            }
            machine.memory.lruvec().drainAll(task);
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_LONGTERM | FOLL_WRITE, pages));
            for (int i = 0; i < 4; i++) {
                assertFalse(machine.isCma(pages[i]), "page " + i);
                assertEquals(7 + i, file.read(task, i));
            }
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(0, machine.mm.munmap(task, BASE, 4 * PAGE));
        }
    }

    @Test
    void shouldWaitForWritebackFromTheFourthPassOn() { // E21
        final AtomicInteger allocations = new AtomicInteger();
        final AtomicReference<Runnable> atFourth = new AtomicReference<>();
        try (TestMachine machine = TestMachine.withCma(kernel -> kernel.migrationListener((task, phase) -> {
                    if (phase == MigrationPhase.ALLOCATE && allocations.incrementAndGet() == 4) {
                        atFourth.get().run();
                    }
                }));
                PageCacheFile file = new PageCacheFile(machine.memory, "ext4", PAGE)) {
            final Task task = machine.task;
            machine.lendCma();
            assertEquals(BASE, machine.mm.mmapFile(task, BASE, PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0));
            UserAccess.store(task, machine.mm, BASE, 7);
            machine.memory.lruvec().drainAll(task);
            file.startWriteback(task, 0);
            atFourth.set(() -> file.endWriteback(task, 0));
            assertEquals(1, machine.getUserPages(BASE, 1, FOLL_LONGTERM | FOLL_WRITE, pages));
            assertFalse(machine.isCma(pages[0]));
            assertEquals(4, allocations.get());
            assertEquals(7, file.read(task, 0));
            machine.gup.putPage(task, pages[0]);
            assertEquals(0, machine.mm.munmap(task, BASE, PAGE));
        }
    }

    /** Makes the block of a pool page one of contiguous memory: pools are made before anything can be lent. */
    private static long putInCma(final TestMachine machine) {
        assertMapped(machine, 512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
        UserAccess.store(machine.task, machine.mm, BASE + 9 * PAGE, 99);
        final long head = Pte.hugePfn(machine.entry(BASE, PMD_LEVEL), PMD_LEVEL);
        machine.memory.memMap().pageblocks().setMigratetype(head, Migratetype.CMA);
        return head;
    }

    @Test
    void shouldMoveAHugetlbPageToAFreshOne() { // E17
        final AtomicReference<Runnable> atCopy = new AtomicReference<>();
        try (TestMachine machine = new TestMachine(
                PhysicalMemory.builder().cma("area", 4096).hugetlbPages(1),
                4,
                kernel -> kernel.migrationListener((task, phase) -> {
                    if (phase == MigrationPhase.COPY) {
                        atCopy.get().run();
                    }
                }))) {
            final Task task = machine.task;
            final long head = putInCma(machine);
            // Before it is freed, its block is an ordinary one again.
            atCopy.set(() -> machine.memory.memMap().pageblocks().setMigratetype(head, Migratetype.MOVABLE));
            assertEquals(512, machine.getUserPages(BASE, 512, FOLL_LONGTERM | FOLL_WRITE, pages));
            assertNotEquals(head, pages[0]);
            assertEquals(99, machine.memory.frames().getLong(pages[9], 0));
            assertEquals(1 + 512, machine.refcount(pages[0]));
            assertEquals(0, machine.count(Counter.LRU_ADD_DRAIN_ALL), "not on the LRU");
            assertEquals(1, machine.memory.hugetlb().total(), "the pool keeps its size");
            assertEquals(0, machine.refcount(head));
            machine.gup.putPages(task, pages, 512);
            assertEquals(0, machine.mm.munmap(task, BASE, 512 * PAGE));
            assertEquals(1, machine.memory.hugetlb().freePages());
        }
    }

    @Test
    void shouldLeaveAHugetlbPageThatIsNotActive() { // E19
        try (TestMachine machine = machine(1)) {
            final Task task = machine.task;
            final long head = putInCma(machine);
            final PageList mine = new PageList(machine.memory.memMap());
            assertTrue(machine.memory.hugetlb().isolate(task, head, mine));
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_LONGTERM, pages));
            assertEquals(head, pages[0]);
            machine.gup.putPages(task, pages, 4);
            mine.remove(head);
            machine.memory.hugetlb().putbackActive(task, head);
            machine.memory.memMap().pageblocks().setMigratetype(head, Migratetype.MOVABLE);
            assertEquals(0, machine.mm.munmap(task, BASE, 512 * PAGE));
        }
    }

    @Test
    void shouldFaultInAndTakeEverySubpage() { // F16, F18
        try (TestMachine machine = machine(2)) {
            final Task task = machine.task;
            assertMapped(machine, 1024, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
            final long faults = machine.count(Counter.PGFAULT);
            assertEquals(600, machine.getUserPages(BASE + 3 * PAGE, 600, FOLL_WRITE, pages));
            for (int i = 1; i < 509; i++) {
                assertEquals(pages[0] + i, pages[i]);
            }
            assertEquals(0, pages[509] % 512, "the second huge page");
            assertEquals(1 + 509, machine.refcount(pages[0]));
            assertEquals(1 + 91, machine.refcount(pages[509]));
            assertEquals(faults, machine.count(Counter.PGFAULT), "hugetlbfs faults are not counted here");
            machine.gup.putPages(task, pages, 600);
            assertEquals(1024, machine.getUserPages(BASE, 1024, 0, null));
            assertEquals(1, machine.refcount(pages[0]));
            assertEquals(0, machine.mm.munmap(task, BASE, 1024 * PAGE));
            assertEquals(2, machine.memory.hugetlb().freePages());
        }
    }

    @Test
    void shouldFailWhereThePoolIsEmpty() { // F19, F20
        try (TestMachine machine = machine(2);
                HugetlbFile file = new HugetlbFile(machine.memory, "pool", 1)) {
            final Task task = machine.task;
            assertMapped(machine, 512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
            assertEquals(
                    BASE + (2L << 20),
                    machine.mm.mmapFile(task, BASE + (2L << 20), 2L << 20, RW, MAP_PRIVATE | MAP_FIXED, file, 0));
            assertEquals(-1, machine.memory.hugetlb().allocate(task), "both are reserved");
            assertEquals(1024, machine.getUserPages(BASE, 1024, FOLL_WRITE, pages));
            machine.gup.putPages(task, pages, 1024);
            assertEquals(0, machine.mm.munmap(task, BASE, 1024 * PAGE));
        }
    }

    @Test
    void shouldAnswerSignalsWithEfault() { // F23
        try (TestMachine machine = machine(1)) {
            assertMapped(machine, 512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
            machine.task.sendSigkill();
            assertEquals(-EFAULT, machine.getUserPages(BASE, 4, FOLL_WRITE, pages));
            machine.task.clearSignals();
            assertEquals(-EFAULT, machine.getUserPages(BASE, 4, FOLL_DUMP, pages), "a hole in a dump");
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_WRITE, pages));
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(4, machine.getUserPages(BASE, 4, FOLL_DUMP, pages));
            machine.gup.putPages(machine.task, pages, 4);
            assertEquals(0, machine.mm.munmap(machine.task, BASE, 512 * PAGE));
        }
    }

    @Test
    void shouldMakeAReadOnlyHugeEntryWritableWhenForced() { // F24
        try (TestMachine machine = machine(1)) {
            final Task task = machine.task;
            assertMapped(machine, 512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
            UserAccess.store(task, machine.mm, BASE, 5);
            assertEquals(0, machine.mm.mprotect(task, BASE, 512 * PAGE, PROT_READ));
            assertFalse(Pte.isWritable(machine.entry(BASE, PMD_LEVEL)));
            assertEquals(-EFAULT, machine.getUserPages(BASE, 1, FOLL_WRITE, pages));
            assertEquals(512, machine.getUserPages(BASE, 512, FOLL_WRITE | FOLL_FORCE, pages));
            assertTrue(Pte.isWritable(machine.entry(BASE, PMD_LEVEL)), "as v5.2 leaves it");
            machine.gup.putPages(task, pages, 512);
            assertEquals(0, machine.mm.munmap(task, BASE, 512 * PAGE));
        }
    }

    @Test
    void shouldRefuseAHugePageWithoutReferences() { // F25
        try (TestMachine machine = machine(1)) {
            final Task task = machine.task;
            assertMapped(machine, 512, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB);
            assertEquals(1, machine.getUserPages(BASE, 1, FOLL_WRITE, pages));
            machine.gup.putPage(task, pages[0]);
            final long head = machine.memory.memMap().page(pages[0]);
            PageRef.init(head, 0);
            assertEquals(-ENOMEM, machine.getUserPages(BASE, 1, FOLL_WRITE, pages));
            assertEquals(1, machine.getUserPages(BASE, 1, FOLL_WRITE, null), "no reference, no test");
            assertEquals(0, machine.gup.warnings().size());
            PageRef.init(head, 1);
            assertEquals(0, machine.mm.munmap(task, BASE, 512 * PAGE));
        }
    }
}
