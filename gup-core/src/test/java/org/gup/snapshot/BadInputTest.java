package org.gup.snapshot;

import static org.gup.snapshot.DumpFiles.PTE_TABLE;
import static org.gup.snapshot.DumpFiles.TOP_TABLE;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of bad input has its message: one printable line that names the place, what was found and what is allowed. */
@Timeout(60)
final class BadInputTest {
    private static final String MIXED = "k612l4-mixed4k";

    @ParameterizedTest
    @MethodSource({"org.gup.snapshot.BadTables#all", "org.gup.snapshot.BadTexts#all", "org.gup.snapshot.BadFiles#all"})
    void shouldSayInOneLineWhatIsWrong(final BadInput bad, @TempDir final Path folder) {
        final DumpFiles dump = DumpFiles.small();
        assertDoesNotThrow(() -> dump.load(), "undamaged");
        bad.damage().accept(dump);
        final SnapshotException refused = assertThrows(
                SnapshotException.class, () -> PageTableDump.load(dump.writeTo(folder), dump.name, bad.options()));
        assertLine(bad.message(), refused);
    }

    private static void assertLine(final String pattern, final SnapshotException refused) {
        final String message = refused.getMessage();
        assertTrue(
                Pattern.compile(pattern).matcher(message).find(), () -> "got: " + message + "\nexpected: " + pattern);
        assertTrue(message.chars().allMatch(c -> c >= ' ' && c <= '~'), message);
        assertTrue(message.length() < 600, message);
        assertEquals(null, refused.getCause());
    }

    @Test
    void shouldHaveAsManyCasesAsPromised() {
        final long cases = BadTables.all().count()
                + BadTexts.all().count()
                + BadFiles.all().count();
        assertTrue(cases >= 110, () -> "cases: " + cases);
    }

    @Test
    void shouldRefuseATableOf512PointersToItself(@TempDir final Path folder) {
        final DumpFiles dump = DumpFiles.small();
        dump.tables = new byte[0];
        dump.addTable(TOP_TABLE << 12);
        for (int i = 0; i < 512; i++) {
            dump.entry(TOP_TABLE, i, TOP_TABLE << 12 | 0x67);
        }
        dump.writeTo(folder);
        for (final int levels : new int[] {4, 5, DumpOptions.DETECT_LEVELS}) {
            assertLine(
                    "entry 0 of the level . table 0x13000: loop or table at two levels",
                    assertThrows(
                            SnapshotException.class,
                            () -> PageTableDump.load(folder, dump.name, DumpOptions.DEFAULTS.withLevels(levels))));
        }
    }

    @Test
    void shouldSayWithHowManyLevelsItReadWhatFitsNeither() {
        final DumpFiles dump = DumpFiles.small().entry(PTE_TABLE, 7, 0x80);
        assertLine(
                "entry 7 of the level 1 table .*bit 7 is set: got 0x80 \\(read with 4 levels; 5 do not fit either\\)$",
                assertThrows(SnapshotException.class, dump::load));
        assertLine(
                "\\(read with 5 levels; 4 do not fit either\\)$",
                assertThrows(
                        SnapshotException.class, () -> dump.renamed("x-l5-y").load()));
    }

    @Test
    void shouldNotLookAtTheKernelHalf() {
        final DumpFiles dump = DumpFiles.small();
        for (int i = 256; i < 512; i++) {
            dump.entry(TOP_TABLE, i, TOP_TABLE << 12 | 0x67);
        }
        assertEquals(4, dump.load().geometry().levels());
    }

    @ParameterizedTest
    @ValueSource(strings = {"k612l4-mixed4k", "k612l4-huge", "k612l5-forkparent", "k612l5-mixed4k"})
    void shouldRefuseARealDumpThatIsCutAnywhere(final String name) {
        final DumpFiles dump = DumpFiles.of(name);
        final byte[] whole = dump.tables;
        int cuts = 0;
        for (int length = 0; length < whole.length; length += cuts % 3 == 0 ? 4104 - cuts : 977) {
            dump.tables = Arrays.copyOf(whole, length);
            assertLine(
                    "truncated table|no tables|not in the file|not among the tables",
                    assertThrows(SnapshotException.class, dump::load, "length " + length));
            cuts++;
        }
        assertTrue(cuts > 20, "cuts: " + cuts);
    }

    @Test
    void shouldRefusePackedFilesThatAreCutAnywhere() {
        final DumpFiles good = DumpFiles.of(MIXED);
        for (final String fileName : List.of(good.tablesName(), good.smapsName())) {
            final byte[] packed = good.bytes(fileName);
            for (int length = 0; length < packed.length; length += 1 + length / 8) {
                final DumpFiles dump = DumpFiles.of(MIXED).file(fileName, Arrays.copyOf(packed, length));
                assertLine(
                        fileName.replace(".", "\\.")
                                + "(@\\d+)?: (empty file|not gzip data|corrupt or truncated gzip header|truncated gzip data)",
                        assertThrows(SnapshotException.class, dump::load, fileName + " of length " + length));
            }
        }
    }

    @Test
    void shouldAcceptWhatOnlyLooksBad() {
        final DumpFiles dump = DumpFiles.small();
        dump.vma("50000000-50001000 r--s 00000000 08:01 77   /a b\\012\u00e9 (deleted)", "rd mr me ms ?? zz ");
        dump.vma("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0      [vsyscall]", "ex ");
        // No newline at the end, a byte order mark, carriage returns.
        dump.cr3 = dump.cr3.strip();
        dump.maps = ("\ufeff" + dump.maps).replace("\n", "\r\n").stripTrailing();
        dump.smaps = dump.smaps.replace("\n", "\r\n");
        final PageTableDump loaded = dump.load();
        assertEquals(2, loaded.vmas().size());
        assertEquals("/a b\\012\u00e9 (deleted)", loaded.vmas().get(1).path());
        assertEquals(
                List.of("rd", "mr", "me", "ms", "??", "zz"),
                loaded.vmas().get(1).vmFlagCodes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "../x", ".hidden", "a b", "a\u0000b", "\u001b[2J"})
    void shouldRefuseNamesThatAreNotNames(final String name, @TempDir final Path folder) {
        assertLine(
                "bad name of a dump: got \".*\", allowed letters",
                assertThrows(SnapshotException.class, () -> PageTableDump.load(folder, name)));
    }

    @Test
    void shouldRefuseFoldersAndDevicesAndUnreadableFiles(@TempDir final Path folder) throws Exception {
        final DumpFiles dump = DumpFiles.small();
        assertLine("/nowhere: no such directory", refused(folder.resolve("nowhere"), dump));
        dump.writeTo(folder);
        assertLine("/small.cr3: not a directory", refused(folder.resolve("small.cr3"), dump));

        final Path cr3 = folder.resolve("small.cr3");
        Files.delete(cr3);
        Files.createDirectory(cr3);
        assertLine("/small.cr3: is a directory, allowed a file", refused(folder, dump));
        Files.delete(cr3);
        if (isUnix()) {
            Files.createSymbolicLink(cr3, Path.of("/dev/zero"));
            assertLine("/small.cr3: is a device, pipe or socket, allowed a regular file", refused(folder, dump));
            Files.delete(cr3);
            Files.createSymbolicLink(cr3, cr3);
            assertLine("/small.cr3: cannot be read", refused(folder, dump));
            Files.delete(cr3);
        }
        assertLine("/small.cr3: no such file", refused(folder, dump));
    }

    @Test
    void shouldNotWaitForAPipe(@TempDir final Path folder) throws Exception {
        Assumptions.assumeTrue(isUnix());
        final DumpFiles dump = DumpFiles.small();
        dump.writeTo(folder);
        final Path maps = folder.resolve("small.maps.txt");
        Files.delete(maps);
        final Process mkfifo = new ProcessBuilder("mkfifo", maps.toString()).start();
        Assumptions.assumeTrue(mkfifo.waitFor(10, TimeUnit.SECONDS) && mkfifo.exitValue() == 0);
        assertLine("/small.maps.txt: is a device, pipe or socket, allowed a regular file", refused(folder, dump));
    }

    @Test
    void shouldSayThatAFileMayNotBeRead(@TempDir final Path folder) throws IOException {
        final DumpFiles dump = DumpFiles.small();
        dump.writeTo(folder);
        final Path cr3 = folder.resolve("small.cr3");
        Assumptions.assumeTrue(cr3.toFile().setReadable(false) && !Files.isReadable(cr3), "root reads everything");
        assertLine("/small.cr3: permission denied", refused(folder, dump));
    }

    private static boolean isUnix() {
        return Files.exists(Path.of("/dev/zero"));
    }

    private static SnapshotException refused(final Path folder, final DumpFiles dump) {
        return assertThrows(SnapshotException.class, () -> PageTableDump.load(folder, dump.name));
    }

    @Test
    void shouldRefuseOptionsOutOfRange() {
        final DumpOptions defaults = DumpOptions.DEFAULTS;
        assertEquals(
                "levels must be 4, 5 or 0 to detect: levels=3",
                assertThrows(IllegalArgumentException.class, () -> defaults.withLevels(3))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> defaults.withMaxTables(0));
        assertThrows(IllegalArgumentException.class, () -> defaults.withMaxPages((1L << 29) + 1));
        assertThrows(IllegalArgumentException.class, () -> defaults.withMaxLeafPages(0));
        assertThrows(IllegalArgumentException.class, () -> defaults.withMaxVmas(-1));
        assertThrows(IllegalArgumentException.class, () -> defaults.withMaxTextBytes(0));
    }
}
