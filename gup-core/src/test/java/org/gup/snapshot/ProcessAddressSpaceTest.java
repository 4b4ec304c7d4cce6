package org.gup.snapshot;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.snapshot.ProcessFiles.ANON;
import static org.gup.snapshot.ProcessFiles.CACHED;
import static org.gup.snapshot.ProcessFiles.PAGE;
import static org.gup.snapshot.ProcessFiles.RW;
import static org.gup.snapshot.ProcessFiles.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gup.GetUserPages;
import org.gup.flags.Errno;
import org.gup.mm.MmStruct;
import org.gup.page.MemMap;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What pinning makes of a modelled process is what the kernel would make of the real one. */
@Timeout(60)
final class ProcessAddressSpaceTest {
    private static final long HUGE = 512 * PAGE;
    private static final long BASE = 0x4000_0000L;

    @TempDir
    private Path folder;

    /** An opened process and who asks. */
    private final class Opened implements AutoCloseable {
        private final ProcessAddressSpace space;
        private final MmStruct mm;
        private final Task task;
        private final GetUserPages gup;
        private final long[] page = new long[1];

        Opened(final ProcessFiles files) {
            this(files, null);
        }

        Opened(final ProcessFiles files, final CmaPlacement placement) {
            space = ProcessAddressSpace.open(files.load(folder), placement);
            mm = space.mm();
            task = space.memory().newTask(0);
            gup = new GetUserPages(space.memory());
        }

        /** Why the lock-free walk stops at a page. */
        StopReason walk(final long address, final boolean write) {
            final int got = gup.getUserPagesFastOnly(task, mm, address, 1, write, page);
            gup.putPages(task, page, got);
            assertEquals(got == 1, GetUserPages.lastStop(task) == StopReason.NONE);
            return GetUserPages.lastStop(task);
        }

        /** What the call that falls back answers. */
        int get(final long address, final int flags) {
            final int got = gup.getUserPagesFast(task, mm, address, 1, flags, page);
            gup.putPages(task, page, Math.max(0, got));
            return got;
        }

        long count(final Counter counter) {
            return task.counters().get(counter);
        }

        @Override
        public void close() {
            space.memory().exitTask(task);
            assertTrue(
                    space.memory().audit().balanced(),
                    () -> space.memory().audit().toString());
            space.close();
        }
    }

    @Test
    void shouldRebuildTheStatesOfAnonymousPages() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 16, "rw-p", "", RW, "Rss: 24 kB", "Swap: 8 kB")
                .present(BASE, 4, 0x100, false, true, ANON)
                .present(BASE + 4 * PAGE, 2, 0x200, false, false, ANON)
                .present(BASE + 6 * PAGE, 2, 0x2, false, false, ZERO)
                .swapped(BASE + 8 * PAGE, 2);
        try (Opened process = new Opened(files)) {
            for (int i = 0; i < 4; i++) {
                assertEquals(StopReason.NONE, process.walk(BASE + i * PAGE, true));
            }
            for (int i = 4; i < 6; i++) {
                assertEquals(StopReason.NONE, process.walk(BASE + i * PAGE, false), "shared");
                assertEquals(StopReason.READ_ONLY, process.walk(BASE + i * PAGE, true), "shared");
            }
            for (int i = 6; i < 8; i++) {
                assertEquals(StopReason.SPECIAL, process.walk(BASE + i * PAGE, false), "zero page");
                assertEquals(StopReason.READ_ONLY, process.walk(BASE + i * PAGE, true), "zero page");
            }
            for (int i = 8; i < 10; i++) {
                assertEquals(StopReason.SWAP, process.walk(BASE + i * PAGE, false));
            }
            for (int i = 10; i < 16; i++) {
                assertEquals(StopReason.PTE_NONE, process.walk(BASE + i * PAGE, false));
            }
            assertEquals(1, process.get(BASE + 4 * PAGE, FOLL_WRITE));
            assertEquals(1, process.count(Counter.COW_COPIES));
            assertEquals(1, process.get(BASE + 8 * PAGE, 0));
            assertEquals(1, process.count(Counter.PSWPIN));
            assertEquals(1, process.get(BASE + 15 * PAGE, FOLL_WRITE));
            // The one in swap waits for its page, and faults again.
            assertEquals(4, process.count(Counter.PGFAULT));
        }
    }

    @Test
    void shouldMakeTheHugePagesThatSmapsCounts() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 3 * 512, "rw-p", "", RW, "Rss: 6144 kB", "AnonHugePages: 2048 kB")
                // Not at a multiple of 512, so these are small pages.
                .present(BASE, 512, 0x10010, false, true, ANON)
                .present(BASE + HUGE, 1024, 0x20000, false, true, ANON);
        try (Opened process = new Opened(files)) {
            final MemMap memMap = process.space.memory().memMap();
            final int[] orders = new int[3];
            for (int i = 0; i < 3; i++) {
                assertEquals(StopReason.NONE, process.walk(BASE + i * HUGE + 5 * PAGE, true));
                final long page = memMap.page(process.page[0]);
                orders[i] = memMap.compoundOrder(memMap.pfn(memMap.head(page)));
            }
            assertEquals(List.of(0, 9, 0), List.of(orders[0], orders[1], orders[2]));
            assertEquals(1, process.get(BASE + HUGE, FOLL_WRITE));
            assertEquals(0, process.count(Counter.PGFAULT));
        }
    }

    @Test
    void shouldSayWhenHugePagesAreNotFound() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 512, "rw-p", "", RW, "Rss: 8 kB", "AnonHugePages: 4096 kB")
                .present(BASE, 2, 0x10010, false, true, ANON);
        try (Opened process = new Opened(files)) {
            assertTrue(process.space.notes().toString().contains("2 huge pages that smaps counts were not found"));
        }
    }

    @Test
    void shouldGuessWhatHiddenFramesDoNotTell() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 512, "rw-p", "", RW, "Rss: 2048 kB", "AnonHugePages: 2048 kB")
                .mapping(BASE + HUGE, 4, "rw-p", "", RW + "nh ", "Rss: 4 kB")
                .mapping(BASE + 2 * HUGE, 4, "rw-p", "", RW, "Rss: 8 kB")
                .present(BASE, 512, 0, false, true, 0)
                .present(BASE + HUGE, 1, 0, false, true, 0)
                .present(BASE + HUGE + PAGE, 1, 0, false, false, 0)
                .present(BASE + 2 * HUGE, 2, 0, false, false, 0);
        try (Opened process = new Opened(files)) {
            assertEquals(StopReason.NONE, process.walk(BASE + 7 * PAGE, true));
            final MemMap memMap = process.space.memory().memMap();
            assertEquals(9, memMap.compoundOrder(memMap.pfn(memMap.head(memMap.page(process.page[0])))));
            assertEquals(StopReason.SPECIAL, process.walk(BASE + HUGE + PAGE, false), "smaps counts one page fewer");
            assertEquals(StopReason.NONE, process.walk(BASE + 2 * HUGE, false), "shared with a process");
            assertEquals(StopReason.READ_ONLY, process.walk(BASE + 2 * HUGE, true), "shared with a process");
            assertTrue(process.space.notes().toString().contains("Frames are hidden"));
            assertEquals(0, process.space.snapshot().frameRuns());
        }
    }

    @ParameterizedTest
    @CsvSource({
        // perms, flags, pfn flags, errno of a read, of a write
        "rw-p, rd wr mr mw me ac, 0, 0",
        "r--p, rd mr mw me, 0, 14",
        "---p, mr mw me, 14, 14",
        "rwxp, rd wr ex mr mw me ac, 0, 0",
    })
    void shouldGiveMappingsTheirPermissions(
            final String perms, final String flags, final int readErrno, final int writeErrno) {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 2, perms, "", flags + " ", "Rss: 4 kB")
                .present(BASE, 1, 0x100, false, true, ANON);
        for (int page = 0; page < 2; page++) {
            try (Opened process = new Opened(files)) {
                assertEquals(readErrno == 0 ? 1 : -readErrno, process.get(BASE + page * PAGE, 0));
                assertEquals(writeErrno == 0 ? 1 : -writeErrno, process.get(BASE + page * PAGE, FOLL_WRITE));
                final boolean faults = page == 1 && readErrno == 0;
                assertEquals(faults, process.count(Counter.PGFAULT) > 0, perms + " page " + page);
            }
        }
    }

    @Test
    void shouldTellCleanPagesOfFilesFromWrittenOnes() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 4, "rw-s", "08:01 7 /data", "rd wr sh mr mw me ms ", "Rss: 8 kB")
                .mapping(BASE + HUGE, 4, "rw-p", "08:01 8 /bin/x", RW, "Rss: 8 kB")
                .mapping(BASE + 2 * HUGE, 2, "rw-s", "00:01 9 /dev/shm/x", "rd wr sh mr mw me ms ", "Rss: 4 kB")
                .present(BASE, 1, 0x100, true, true, CACHED | PageRun.KPF_DIRTY)
                .present(BASE + PAGE, 1, 0x101, true, true, CACHED)
                .present(BASE + HUGE, 1, 0x102, false, true, ANON)
                .present(BASE + HUGE + PAGE, 1, 0x103, true, false, CACHED)
                .present(BASE + 2 * HUGE, 1, 0x104, true, true, CACHED | PageRun.KPF_SWAPBACKED);
        try (Opened process = new Opened(files)) {
            assertEquals(StopReason.NONE, process.walk(BASE, true), "dirty");
            assertEquals(StopReason.READ_ONLY, process.walk(BASE + PAGE, true), "clean");
            assertEquals(StopReason.PTE_NONE, process.walk(BASE + 2 * PAGE, false), "not mapped");
            assertEquals(StopReason.NONE, process.walk(BASE + HUGE, true), "copied");
            assertEquals(StopReason.NONE, process.walk(BASE + HUGE + PAGE, false), "of the file");
            assertEquals(StopReason.READ_ONLY, process.walk(BASE + HUGE + PAGE, true), "of the file");
            assertEquals(StopReason.NONE, process.walk(BASE + 2 * HUGE, true), "shared memory");
            assertEquals(1, process.get(BASE + 3 * PAGE, FOLL_WRITE));
            assertEquals(1, process.get(BASE + HUGE + PAGE, FOLL_WRITE));
            assertEquals(1, process.count(Counter.COW_COPIES));
        }
    }

    @Test
    void shouldRefuseLongtermPinsOfADaxFileSystem() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 512, "rw-s", "fd:02 7 /pmem/data", "rd wr sh mr mw me ms ", "Rss: 8 kB")
                .present(BASE, 2, 0x100, true, true, CACHED | PageRun.KPF_DIRTY);
        files.devices = "device,kind\nfd:02,fs-dax\n";
        try (Opened process = new Opened(files)) {
            assertEquals(StopReason.NONE, process.walk(BASE, true));
            assertEquals(-Errno.EOPNOTSUPP, process.get(BASE, FOLL_WRITE | FOLL_LONGTERM));
            assertEquals(1, process.get(BASE, FOLL_WRITE));
        }
    }

    @Test
    void shouldTakeDeviceDaxOnlyTheSlowWayForLong() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 512, "rw-s", "00:06 7 /dev/dax0.0", "rd wr sh mr mw me ms ", "Rss: 0 kB")
                .present(BASE, 2, 0x100, true, true, 0);
        try (Opened process = new Opened(files)) {
            assertEquals(StopReason.NONE, process.walk(BASE, true));
            assertEquals(1, process.get(BASE, FOLL_WRITE | FOLL_LONGTERM));
            assertEquals(StopReason.DEVMAP_LONGTERM, GetUserPages.lastStop(process.task));
        }
    }

    @Test
    void shouldMakeHugetlbPagesAndFrames() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 1024, "rw-p", "00:0f 7 /anon_hugepage", RW + "ht ", "Private_Hugetlb: 2048 kB")
                .mapping(BASE + 4 * HUGE, 1, "r--p", "", "rd mr pf io de dd ")
                .mapping(BASE + 5 * HUGE, 1, "rw-s", "00:05 1 /dev/fb", "rd wr sh mr mw me ms pf io ")
                .present(BASE, 512, 0x200, true, true, 1L << 17)
                .present(BASE + 5 * HUGE, 1, 0, true, false, 0);
        try (Opened process = new Opened(files)) {
            assertEquals(StopReason.NONE, process.walk(BASE + 9 * PAGE, true));
            final MemMap memMap = process.space.memory().memMap();
            assertEquals(9, memMap.compoundOrder(memMap.pfn(memMap.head(memMap.page(process.page[0])))));
            assertEquals(StopReason.PMD_NONE, process.walk(BASE + HUGE, true));
            assertEquals(1, process.get(BASE + HUGE, FOLL_WRITE));
            assertEquals(StopReason.NONE, process.walk(BASE + HUGE, true));
            assertEquals(StopReason.SPECIAL, process.walk(BASE + 5 * HUGE, true));
            assertEquals(-Errno.EFAULT, process.get(BASE + 5 * HUGE, FOLL_WRITE));
            assertEquals(-Errno.EFAULT, process.get(BASE + 4 * HUGE, 0));
        }
    }

    /** Everything, or everything in the second 2 MiB, in contiguous memory. */
    private record Placed(long from, AtomicBoolean on) implements CmaPlacement {
        @Override
        public boolean isContiguous(final long address) {
            return address >= from;
        }

        @Override
        public void begin(final PhysicalMemory memory, final Task task) {
            on.set(true);
        }

        @Override
        public void end() {
            assertTrue(on.getAndSet(false));
        }
    }

    @Test
    void shouldPopulateInContiguousMemoryWhatIsToBeThereLast() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 1024, "rw-p", "", RW, "Rss: 4096 kB")
                .present(BASE, 1024, 0x100, false, true, ANON);
        final AtomicBoolean on = new AtomicBoolean();
        try (Opened process = new Opened(files, new Placed(BASE + HUGE, on))) {
            assertFalse(on.get());
            assertEquals(1, process.space.memory().cmaRanges().size());
            assertEquals(2048, process.space.memory().cmaRanges().get(0).pages());
            for (int i = 0; i < 1024; i++) {
                assertEquals(StopReason.NONE, process.walk(BASE + i * PAGE, true));
            }
        }
    }

    @Test
    void shouldStayInLimits() {
        final SnapshotLimits few = new SnapshotLimits(2, 100, 100, 100, 10_000);
        final ProcessFiles held = new ProcessFiles()
                .mapping(BASE, 200, "rw-p", "", RW, "Rss: 404 kB")
                .present(BASE, 101, 0x100, false, true, ANON);
        assertMessage("p.pagemap.csv:2: too many pages in memory and in swap: allowed 100", held, few);
        final ProcessFiles files = new ProcessFiles().mapping(BASE, 101, "r--p", "08:01 7 /x", "rd mr mw me ");
        assertMessage("p: too large: got 101 pages of mappings of files, allowed 100", files, few);
        final ProcessFiles hugetlb = new ProcessFiles().mapping(BASE, 512, "rw-p", "00:0f 7 /h", RW + "ht ");
        assertMessage("p: too large: got 512 pages of mappings of hugetlbfs, allowed 100", hugetlb, few);
        final ProcessFiles dax =
                new ProcessFiles().mapping(BASE, 512, "rw-s", "00:06 7 /dev/dax0.0", "rd wr sh mr mw me ms ");
        assertMessage("p: too large: got 512 pages of mappings of DAX, allowed 100", dax, few);
        final ProcessFiles unaligned = new ProcessFiles().mapping(BASE + PAGE, 512, "rw-p", "00:0f 7 /h", RW + "ht ");
        assertMessage("p: mapping 40001000-40201000 cannot be made: got -EINVAL", unaligned, SnapshotLimits.DEFAULTS);
    }

    private void assertMessage(final String message, final ProcessFiles files, final SnapshotLimits limits) {
        final SnapshotException refused = assertThrows(
                SnapshotException.class,
                () -> ProcessAddressSpace.open(files.load(folder, limits)).close());
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }

    @Test
    void shouldNotPopulateAReservationOfAllMemory() {
        final ProcessFiles files = new ProcessFiles()
                .mapping(BASE, 1L << 32, "---p", "", "mr mw me nr ", "Rss: 0 kB")
                .mapping(BASE + (1L << 44), 1L << 32, "rw-p", "", RW, "Rss: 4 kB")
                .present(BASE + (1L << 44) + (1L << 40), 1, 0x100, false, true, ANON);
        try (Opened process = new Opened(files)) {
            assertEquals(-Errno.EFAULT, process.get(BASE + (1L << 43), 0));
            assertEquals(StopReason.NONE, process.walk(BASE + (1L << 44) + (1L << 40), true));
            assertEquals(3, process.space.snapshot().stretches(1).size());
            assertNotEquals(0, process.space.memory().freePages());
        }
    }
}
