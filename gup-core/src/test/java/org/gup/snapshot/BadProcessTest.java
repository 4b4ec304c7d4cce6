package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A recorded process that cannot be one: one line that names the file, the place and the value. */
@Timeout(60)
final class BadProcessTest {
    private static final String ANON_LINE = "0x10000,4,0x500,1,0,0,1,0,0x5828,1,rw-p,";

    @TempDir
    private Path folder;

    private static Arguments bad(final String message, final Consumer<ProcessFiles> damage) {
        return Arguments.of(message, damage);
    }

    /** The first line of pages, replaced. */
    private static Arguments line(final String line, final String message) {
        return bad("p.pagemap.csv:2: " + message, files -> files.pagemap = files.pagemap.replace(ANON_LINE, line));
    }

    /** Part of smaps, replaced. */
    private static Arguments smaps(final String from, final String to, final String message) {
        return bad(message, files -> files.smaps = files.smaps.replace(from, to));
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                line("0x10000,4,0x500", "bad line: got 3 fields, allowed 12"),
                line("", "bad line: got 1 fields"),
                line("10000,4,0x500,1,0,0,1,0,0x5828,1,rw-p,", "bad vaddr: got \"10000\", allowed 0x"),
                line("0x1g000,4,0x500,1,0,0,1,0,0x5828,1,rw-p,", "bad vaddr: got \"1g000\", allowed 1 to 16"),
                line("0x10010,4,0x500,1,0,0,1,0,0x5828,1,rw-p,", "vaddr not page-aligned: got \"0x10010\""),
                line(
                        "0xffffffffff600000,1,0x5,1,0,0,1,0,0x0,1,rw-p,",
                        "npages out of range: got 1 from 0xffffffffff600000"),
                line("0x10000,0,0x500,1,0,0,1,0,0x5828,1,rw-p,", "npages out of range: got 0"),
                line("0x10000,-4,0x500,1,0,0,1,0,0x5828,1,rw-p,", "bad npages: got \"-4\""),
                line("0x10000,4.0,0x500,1,0,0,1,0,0x5828,1,rw-p,", "bad npages: got \"4.0\""),
                line("0x10000,99999999999999999999,0x500,1,0,0,1,0,,,rw-p,", "bad npages: got \"9999999999999999"),
                line("0x10000,999999999999999,0x500,1,0,0,1,0,,,rw-p,", "too many pages in memory and in swap"),
                line(
                        "0x10000,9999999,0x500,1,0,0,1,0,,,rw-p,",
                        "too many pages in memory and in swap: allowed 4194304"),
                line("0x10000,4,500,1,0,0,1,0,0x5828,1,rw-p,", "bad pfn: got \"500\""),
                line(
                        "0x10000,4,0xffffffffffffffff,1,0,0,1,0,0x5828,1,rw-p,",
                        "pfn out of range: got 0xffffffffffffffff"),
                line("0x10000,4,0x500,2,0,0,1,0,0x5828,1,rw-p,", "bad present: got \"2\", allowed 0 or 1"),
                line("0x10000,4,0x500,1,,0,1,0,0x5828,1,rw-p,", "bad swap: got \"\""),
                line("0x10000,4,0x500,1,0,x,1,0,0x5828,1,rw-p,", "bad file_or_shared: got \"x\""),
                line("0x10000,4,0x500,1,0,0,-1,0,0x5828,1,rw-p,", "bad exclusive: got \"-1\""),
                line("0x10000,4,0x500,1,0,0,1,7,0x5828,1,rw-p,", "bad softdirty: got \"7\""),
                line("0x10000,4,0x500,1,1,0,1,0,0x5828,1,rw-p,", "present and in swap at once"),
                line("0x10000,4,0x500,1,0,0,1,0,5828,1,rw-p,", "bad kpageflags: got \"5828\""),
                line("0x10000,4,0x500,1,0,0,1,0,0x5828,-1,rw-p,", "bad kpagecount: got \"-1\""),
                line("0x10000,4,0x\u001b[31m,1,0,0,1,0,0x5828,1,rw-p,", "bad pfn: got \"\\\\u001b\\[31m\""),
                line("0x10000,4,0x5\0,1,0,0,1,0,0x5828,1,rw-p,", "NUL byte, allowed text"),
                line("0x10000," + "4".repeat(70_000), "line too long: allowed 65536 bytes"),
                bad(
                        "p.pagemap.csv:3: not ascending: got 0x11000 after pages up to 0x14000",
                        files -> files.pagemap = files.pagemap.replace("0x40000", "0x11000")),
                bad(
                        "p.pagemap.csv:3: not ascending",
                        files -> files.pagemap = files.pagemap.replace("0x40000", "0xf000")),
                bad(
                        "p.pagemap.csv: bad header: got \"vaddr,npages\", allowed vaddr",
                        files -> files.pagemap = "vaddr,npages\n"),
                bad("p.pagemap.csv: bad header: got \"\"", files -> files.pagemap = ""),
                bad("p.maps: no mappings: got an empty file", files -> files.maps = ""),
                bad(
                        "p.maps:2: overlaps the mapping before: got 17000-",
                        files -> files.maps = files.maps.replace("40000-42000", "17000-42000")),
                bad(
                        "p.maps:2: not ascending: got 1000-2000",
                        files -> files.maps = files.maps.replace("40000-42000", "1000-2000")),
                bad(
                        "p.maps:1: bad start address: got \"1x000\"",
                        files -> files.maps = files.maps.replace("10000-18000", "1x000-18000")),
                bad(
                        "p.maps:1: end not above start",
                        files -> files.maps = files.maps.replace("10000-18000", "18000-10000")),
                bad(
                        "p.maps:1: not page-aligned",
                        files -> files.maps = files.maps.replace("10000-18000", "10001-18000")),
                bad(
                        "p.maps:1: bad permissions: got \"rwzp\"",
                        files -> files.maps = files.maps.replace("rw-p", "rwzp")),
                bad("p.maps:3: bad mapping: got \"10000\"", files -> files.maps += "10000"),
                bad(
                        "p.maps:2: outside user space",
                        files -> files.maps = files.maps.replace("40000-42000", "8000000000000000-8000000000002000")),
                smaps(
                        "VmFlags: rd wr mr mw me ac \n",
                        "",
                        "p.smaps:\\d+: no VmFlags: line for the mapping 10000-18000 rw-p"),
                smaps("Rss: 16 kB", "Rss: -16 kB", "p.smaps:3: bad Rss: got \"-16\", allowed 1 to 15 decimal digits"),
                smaps("Rss: 16 kB", "Rss: 16", "p.smaps:3: bad Rss: got \"16\", allowed a number and kB"),
                smaps("Rss: 16 kB", "THPeligible: yes", "p.smaps:3: bad THPeligible: got \"yes\""),
                smaps("40000-42000", "40000-43000", "p.smaps:\\d+: not the mapping that maps has"),
                bad(
                        "p.smaps:\\d+: fewer mappings than maps: got 1, allowed 2",
                        files -> files.smaps = files.smaps.substring(0, files.smaps.indexOf("40000-"))),
                bad("p.devices.csv: bad header: got \"x\", allowed device,kind", files -> files.devices = "x\n"),
                bad(
                        "p.devices.csv:2: bad device: got \"08:01,tape\"",
                        files -> files.devices = "device,kind\n08:01,tape\n"),
                bad("p.devices.csv:2: bad device: got \"08:01\"", files -> files.devices = "device,kind\n08:01\n"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void shouldSayInOneLineWhatIsWrong(final String message, final Consumer<ProcessFiles> damage) {
        final ProcessFiles files = ProcessFiles.small();
        assertDoesNotThrow(() -> files.load(folder), "undamaged");
        damage.accept(files);
        assertRefused(message, () -> files.load(folder));
    }

    private static void assertRefused(final String message, final Executable load) {
        final String got = assertThrows(SnapshotException.class, load).getMessage();
        assertTrue(Pattern.compile(message).matcher(got).find(), () -> "got: " + got);
        assertTrue(got.chars().allMatch(c -> c >= ' ' && c <= '~'), got);
        assertTrue(got.length() < 700, got);
    }

    @ParameterizedTest
    @ValueSource(strings = {".maps", ".smaps", ".pagemap.csv"})
    void shouldMissAFile(final String suffix) throws IOException {
        ProcessFiles.small().write(folder);
        Files.delete(folder.resolve("p" + suffix));
        assertRefused(
                "p\\" + suffix + ": no such file, nor with .gz",
                () -> ProcessSnapshot.load(folder, "p", SnapshotLimits.DEFAULTS));
        Files.createDirectory(folder.resolve("p" + suffix));
        assertRefused(
                "p\\" + suffix + ": is a directory, allowed a file",
                () -> ProcessSnapshot.load(folder, "p", SnapshotLimits.DEFAULTS));
    }

    @Test
    void shouldRefuseDamagedPacking() throws IOException {
        final ProcessFiles files = ProcessFiles.small();
        files.packed = true;
        files.write(folder);
        final Path pagemap = folder.resolve("p.pagemap.csv.gz");
        final byte[] good = Files.readAllBytes(pagemap);
        Files.write(pagemap, Arrays.copyOf(good, good.length / 2));
        assertRefused(
                "p.pagemap.csv.gz@\\d+: truncated gzip data",
                () -> ProcessSnapshot.load(folder, "p", SnapshotLimits.DEFAULTS));
        Files.writeString(pagemap, "not packed");
        assertRefused(
                "p.pagemap.csv.gz: not gzip data: got first bytes 6e 6f, allowed 1f 8b",
                () -> ProcessSnapshot.load(folder, "p", SnapshotLimits.DEFAULTS));
        Files.write(pagemap, new byte[0]);
        assertRefused("p.pagemap.csv.gz: empty file", () -> ProcessSnapshot.load(folder, "p", SnapshotLimits.DEFAULTS));
    }

    @Test
    void shouldNotUnpackMoreThanItsLimit() {
        final ProcessFiles files = ProcessFiles.small();
        files.packed = true;
        for (int i = 0; i < 1000; i++) {
            files.pagemap += "0x" + Integer.toHexString(0x50000 + i * 4096) + ",1,,0,0,0,0,0,,,rw-p,\n";
        }
        assertRefused(
                "p.pagemap.csv.gz: too large when unpacked: got more than 9999 bytes",
                () -> files.load(folder, new SnapshotLimits(9, 99, 99, 99, 9999)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../p", "a/p", "a\\p"})
    void shouldRefuseANameThatIsAPath(final String name) {
        assertRefused("bad name of a snapshot", () -> ProcessSnapshot.load(folder, name, SnapshotLimits.DEFAULTS));
    }

    @Test
    void shouldCheckItsLimits() {
        assertThrows(IllegalArgumentException.class, () -> new SnapshotLimits(0, 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new SnapshotLimits(65_531, 1, 1, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new SnapshotLimits(1, 1, -1, 1, 1));
        assertEquals(1, new SnapshotLimits(1, 1, 1, 1, 1).maxTextBytes());
    }

    /** Whatever a byte of a good file becomes, it is read and modelled, or refused in one line. */
    @Test
    void shouldBearAnyChangedByte() {
        final long seed = 20190328;
        final Random random = new Random(seed);
        final SnapshotLimits few = new SnapshotLimits(16, 1 << 20, 1 << 12, 1 << 12, 1 << 20);
        int refused = 0;
        for (int round = 0; round < 200; round++) {
            final ProcessFiles files = ProcessFiles.small();
            final StringBuilder text =
                    new StringBuilder(round % 3 == 0 ? files.maps : round % 3 == 1 ? files.smaps : files.pagemap);
            final int at = random.nextInt(text.length());
            text.setCharAt(at, (char) (' ' + random.nextInt(95)));
            if (round % 3 == 0) {
                files.maps = text.toString();
                files.smaps = files.smaps.replaceAll("(?m)^[0-9a-f]+-.*$", "@");
                for (final String line : files.maps.lines().toList()) {
                    files.smaps = files.smaps.replaceFirst("@", Matcher.quoteReplacement(line));
                }
            } else if (round % 3 == 1) {
                files.smaps = text.toString();
            } else {
                files.pagemap = text.toString();
            }
            try (ProcessAddressSpace space = ProcessAddressSpace.open(files.load(folder, few))) {
                assertTrue(space.memory().audit().balanced(), "seed " + seed + ", round " + round);
            } catch (final SnapshotException why) {
                refused++;
                assertTrue(why.getMessage().length() < 700, why::getMessage);
            } catch (final RuntimeException other) {
                throw new AssertionError("seed " + seed + ", round " + round, other);
            }
        }
        assertTrue(refused > 50 && refused < 195, "seed " + seed + ", refused " + refused);
    }
}
