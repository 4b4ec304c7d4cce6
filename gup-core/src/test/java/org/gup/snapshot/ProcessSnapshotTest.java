package org.gup.snapshot;

import static org.gup.snapshot.ProcessFiles.ANON;
import static org.gup.snapshot.ProcessFiles.PAGE;
import static org.gup.snapshot.ProcessFiles.RW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes in files and in a {@code /proc} of our own. */
@Timeout(60)
final class ProcessSnapshotTest {
    private static final long START = 0x10000;

    @TempDir
    private Path folder;

    @Test
    void shouldReadPlainAndPackedAlike() {
        final ProcessFiles files = ProcessFiles.small();
        final List<PageStretch> plain = files.load(folder).stretches(0);
        files.packed = true;
        files.maps = files.maps.replace("\n", "\r\n");
        final ProcessSnapshot packed = files.load(folder);
        assertEquals(List.of(new PageStretch(START, 4, true), new PageStretch(START + 4 * PAGE, 4, false)), plain);
        assertEquals(plain, packed.stretches(0));
        assertEquals(5, packed.presentPages());
        assertEquals(10, packed.mappedPages());
        assertEquals(2, packed.frameRuns());
    }

    @Test
    void shouldSaveWhatItReads() throws IOException {
        final ProcessFiles files = ProcessFiles.small()
                .mapping(0x50000, 4, "rw-p", "", RW + "hg ", "Swap: 8 kB", "AnonHugePages: 0 kB", "THPeligible: 1")
                .mapping(0x60000, 1, "r-xp", "08:01 9                       /opt/demo/bin/tool", "rd ex mr mw me ")
                .swapped(0x51000, 2)
                .present(0x60000, 1, 0, true, false, 0);
        files.devices = "device,kind\n08:01,fs-dax\n";
        final ProcessSnapshot snapshot = files.load(folder);
        snapshot.save(folder.resolve("a/b"), "again");
        final ProcessSnapshot again = ProcessSnapshot.load(folder.resolve("a/b"), "again", SnapshotLimits.DEFAULTS);
        assertEquals(snapshot.vmas().size(), again.vmas().size());
        for (int i = 0; i < snapshot.vmas().size(); i++) {
            assertEquals(
                    snapshot.mappings().get(i).runs(), again.mappings().get(i).runs());
            assertEquals(
                    snapshot.mappings().get(i).details(),
                    again.mappings().get(i).details());
            assertEquals(snapshot.vmas().get(i).vmFlags(), again.vmas().get(i).vmFlags());
        }
        assertEquals(snapshot.devices(), again.devices());
        assertEquals("/tool", again.vmas().get(3).path());
        try (var written = Files.list(folder.resolve("a/b"))) {
            for (final Path file : written.toList()) {
                try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
                    assertFalse(
                            new String(in.readAllBytes(), StandardCharsets.UTF_8).contains("demo"), file.toString());
                }
            }
        }
    }

    @Test
    void shouldLeaveOutWhatIsInNoMapping() {
        final ProcessFiles files = ProcessFiles.small();
        files.pagemap = PagemapCsv.HEADER + "\n";
        files.present(START - PAGE, 3, 0x100, false, true, ANON).present(0x17000, 3, 0x200, false, true, ANON);
        final ProcessSnapshot snapshot = files.load(folder);
        assertEquals(3, snapshot.presentPages());
        assertTrue(snapshot.notes().get(0).startsWith("3 pages are in no mapping"), snapshot.notes()::toString);
        assertEquals(
                List.of(
                        new PageStretch(START, 2, true),
                        new PageStretch(START + 2 * PAGE, 5, false),
                        new PageStretch(START + 7 * PAGE, 1, true)),
                snapshot.stretches(0));
        assertEquals(0x101, snapshot.mappings().get(0).runs().get(0).pfn());
    }

    @Test
    void shouldLeaveTheVsyscallPageOut() {
        final String line = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";
        final ProcessFiles files = ProcessFiles.small();
        files.maps += line;
        files.smaps += line + "Rss: 0 kB\nVmFlags: ex \n";
        final ProcessSnapshot snapshot = files.load(folder);
        assertEquals(2, snapshot.vmas().size());
        assertTrue(snapshot.notes().toString().contains("vsyscall"), snapshot.notes()::toString);
    }

    @Test
    void shouldKeepTheMappingsThatAreWanted() {
        final ProcessSnapshot all = ProcessFiles.small().load(folder);
        final ProcessSnapshot some = all.only(vma -> !vma.isAnonymous());
        assertEquals(1, some.presentPages());
        assertEquals(1, some.vmas().size());
        assertThrows(SnapshotException.class, () -> all.only(vma -> false));
    }

    /** Entries of a page table as pagemap shows them, from an address on. */
    private static void pagemap(final Path proc, final long start, final long... entries) throws IOException {
        final ByteBuffer bytes =
                ByteBuffer.allocate(entries.length * Long.BYTES).order(ByteOrder.nativeOrder());
        for (final long entry : entries) {
            bytes.putLong(entry);
        }
        bytes.flip();
        try (FileChannel file =
                FileChannel.open(proc.resolve("7/pagemap"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(bytes, start / PAGE * Long.BYTES);
        }
    }

    private Path proc(final ProcessFiles files) throws IOException {
        Files.createDirectories(folder.resolve("7"));
        Files.writeString(folder.resolve("7/smaps"), files.smaps);
        return folder;
    }

    @Test
    void shouldReadTheBitsOfPagemap() throws IOException {
        final Path proc = proc(ProcessFiles.small());
        final long present = 1L << 63;
        final long exclusive = 1L << 56;
        pagemap(
                proc,
                START,
                present | exclusive | 0x500,
                present | exclusive | 0x501,
                present | exclusive | 1L << 55 | 0x700,
                1L << 62 | 0x1234,
                0,
                1L << 57,
                0,
                0);
        pagemap(proc, 0x40000, present | 1L << 61 | 0x900, 0);
        Files.writeString(proc.resolve("7/mountinfo"), """
                22 1 253:18 / /pmem rw,relatime shared:1 - ext4 /dev/pmem0 rw,dax=always
                broken line
                23 1 0:26 / /dev/shm rw - tmpfs tmpfs rw
                24 1 8:1 / / rw - ext4 /dev/sda1 rw
                """);
        final ProcessSnapshot snapshot = new LiveProcess(proc, "7", SnapshotLimits.DEFAULTS).read();
        final List<PageRun> runs = new ArrayList<>();
        snapshot.mappings().forEach(mapping -> runs.addAll(mapping.runs()));
        assertEquals(
                List.of(
                        new PageRun(START, 2, 0x500, true, false, false, true, 0, -1),
                        new PageRun(START + 2 * PAGE, 1, 0x700, true, false, false, true, 0, -1),
                        new PageRun(START + 3 * PAGE, 1, PageRun.NO_PFN, false, true, false, false, 0, -1),
                        new PageRun(0x40000, 1, 0x900, true, false, true, false, 0, -1)),
                runs);
        assertEquals("{00:1a=MEMORY, fd:12=FS_DAX}", snapshot.devices().toString());
        assertEquals("7", snapshot.name());
    }

    @Test
    void shouldReadFlagsAndCountsWhereItMay() throws IOException {
        final Path proc = proc(ProcessFiles.small());
        pagemap(proc, START, 1L << 63 | 2, 0, 0, 0, 0, 0, 0, 0);
        final ByteBuffer words = ByteBuffer.allocate(24).order(ByteOrder.nativeOrder());
        Files.write(proc.resolve("kpageflags"), words.putLong(16, ANON).array());
        Files.write(proc.resolve("kpagecount"), words.putLong(16, 3).array());
        final PageRun run = new LiveProcess(proc, "7", SnapshotLimits.DEFAULTS)
                .read()
                .mappings()
                .get(0)
                .runs()
                .get(0);
        assertEquals(new PageRun(START, 1, 2, true, false, false, false, ANON, 3), run);
    }

    @Test
    void shouldBearThatMemoryGoesWhileItIsRead() throws IOException {
        final Path proc = proc(ProcessFiles.small());
        // The file ends before the second mapping's entries.
        pagemap(proc, START, 1L << 63 | 0x500, 0, 0, 0, 0, 0, 0, 0);
        final ProcessSnapshot snapshot = new LiveProcess(proc, "7", SnapshotLimits.DEFAULTS).read();
        assertEquals(1, snapshot.presentPages());
        assertEquals(2, snapshot.vmas().size());
    }

    @Test
    void shouldStopAtTheLimits() throws IOException {
        final Path proc = proc(ProcessFiles.small());
        pagemap(proc, START, 1L << 63 | 0x500, 1L << 63 | 0x501, 0, 0, 0, 0, 0, 0);
        assertLive(proc, "7", new SnapshotLimits(9, 9, 9, 9, 9999), "too large: got more than 9 pages in mappings");
        assertLive(proc, "7", new SnapshotLimits(9, 99, 1, 9, 9999), "too large: got more than 1 pages in memory");
        assertLive(proc, "7", new SnapshotLimits(1, 99, 9, 9, 9999), "too many mappings: allowed 1");
    }

    private static void assertLive(
            final Path proc, final String pid, final SnapshotLimits limits, final String message) {
        final SnapshotException refused =
                assertThrows(SnapshotException.class, () -> new LiveProcess(proc, pid, limits).read());
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }

    @Test
    void shouldSayThatMappingsChangedMeanwhile() throws IOException {
        final ProcessFiles torn = ProcessFiles.small().mapping(START, 8, "rw-p", "", RW);
        assertLive(
                proc(torn), "7", SnapshotLimits.DEFAULTS, "process 7 changed its mappings during each of 3 attempts: ");
        Files.writeString(folder.resolve("7/smaps"), "");
        assertLive(folder, "7", SnapshotLimits.DEFAULTS, "empty: a kernel thread, or a process that has ended");
        assertLive(folder, "8", SnapshotLimits.DEFAULTS, "smaps: no such process");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "0", "1x", "../1", "99999999999", "Self"})
    void shouldRefuseWhatIsNoProcessNumber(final String pid) {
        assertLive(folder, pid, SnapshotLimits.DEFAULTS, "bad process: got \"");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldReadItself() {
        final ProcessSnapshot self = ProcessSnapshot.ofProcess("self", SnapshotLimits.DEFAULTS);
        assertTrue(self.presentPages() > 1000, () -> self.presentPages() + " pages");
        assertTrue(self.vmas().stream().anyMatch(vma -> vma.path().endsWith("libjvm.so")));
        try (ProcessAddressSpace space = ProcessAddressSpace.open(self)) {
            assertTrue(space.memory().audit().balanced());
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "elsewhere it is what is said")
    void shouldSayThatThereIsNoSuchProcess() {
        final SnapshotException none = assertThrows(
                SnapshotException.class,
                () -> ProcessSnapshot.ofProcess(Integer.toString(Integer.MAX_VALUE), SnapshotLimits.DEFAULTS));
        assertTrue(none.getMessage().endsWith("no such process"), none::getMessage);
    }
}
