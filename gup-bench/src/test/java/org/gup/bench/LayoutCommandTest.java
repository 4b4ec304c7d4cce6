package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.layout.ProcessLayouts;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LayoutCommandTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String web = "";

    @BeforeEach
    void record() {
        web = ProcessLayouts.write(temp).name();
    }

    private int execute(final String... arguments) {
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private void run(final String... arguments) {
        assertEquals(ExitStatus.DONE, execute(arguments), err::toString);
    }

    private List<String> cells(final String firstCell) {
        return out.toString()
                .lines()
                .filter(line -> line.startsWith(firstCell))
                .map(line -> Arrays.asList(line.split(" {2,}")))
                .findFirst()
                .orElseThrow(() -> new AssertionError(out.toString()));
    }

    @Test
    void shouldAnswerInOneSentenceFirst() {
        run("layout", web);
        assertEquals(
                "Of the 4,174 pages (16 MiB) of file:web, pinned for reading: 1,004 (24.1 %) go by the lock-free walk, 0 fall"
                        + " back to the slow path, 3,104 (74.4 %) need a fault, 0 are moved out of contiguous memory, 66 (1.6 %)"
                        + " are refused.",
                out.toString().lines().findFirst().orElseThrow());
        assertTrue(out.toString()
                .contains("Of the 1,006 pages (3 MiB) in memory or in swap, 1,004 (99.8 %) go by the walk."));
        assertEquals(List.of("kind", "pages", "held", "fast", "slow", "fault", "migrate", "refused"), cells("kind"));
        assertEquals(
                List.of("anonymous rw-p", "4,096", "1,002", "1,000", "0", "3,096", "0", "0"), cells("anonymous rw-p"));
        assertEquals(List.of("all", "4,174", "1,006", "1,004", "0", "3,104", "0", "66"), cells("all"));
        assertTrue(out.toString().contains("1,004 pages in memory lie in 2 runs of consecutive frames"), out::toString);
        assertFalse(out.toString().contains("demo"), out::toString);
    }

    @Test
    void shouldSayWhyForWritingForLong() {
        run("layout", web, "--write", "--longterm", "-q");
        assertTrue(out.toString().contains("pinned for writing, for long: 1,000 "), out::toString);
        assertTrue(
                out.toString().contains("Refused with -EOPNOTSUPP, DAX file system, longterm: 4 pages."),
                out::toString);
        assertTrue(out.toString().contains("Refused with -EFAULT, mapping is not writable: 8 pages."), out::toString);
        assertFalse(out.toString().contains("asked for by itself"), out::toString);
    }

    @Test
    void shouldAskWhatIfMemoryWereContiguous() {
        run("layout", web, "--write", "--longterm", "--cma-percent", "100", "--call", "checked");
        assertTrue(out.toString().contains(" 1,000 (24.0 %) are moved out of contiguous memory"), out::toString);
        assertTrue(out.toString().contains("What if: 100 of 100 ranges"), out::toString);
        run("layout", web, "--write", "--longterm", "--cma-percent", "100");
        assertTrue(
                out.toString().contains("1,000 pages were pinned where they are, in contiguous memory"), out::toString);
    }

    @Test
    void shouldShowTheMappingsThatAreWanted() {
        run("layout", web, "--mappings", "--only", "libx", "--only", "=anonymous ---p");
        assertEquals(
                List.of("50000000-50008000 r-xp libx.so", "8", "4", "4", "0", "4", "0", "0"),
                cells("50000000-50008000"));
        assertEquals("72", cells("all").get(1));
    }

    @Test
    void shouldWriteTables() throws IOException {
        final Path csv = temp.resolve("out.csv");
        final Path json = temp.resolve("out.json");
        run("layout", web, "--csv", csv.toString(), "--json", json.toString());
        final List<String> lines = Files.readAllLines(csv);
        assertEquals("layout,kind,mapping,way,stop_reason,errno,why,pages,held,contiguous", lines.get(0));
        final long pages = lines.stream()
                .skip(1)
                .map(line -> line.split(","))
                .mapToLong(cells -> Long.parseLong(cells[cells.length - 3]))
                .sum();
        assertEquals(ProcessLayouts.PAGES, pages);
        final JsonObject root = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertEquals("gup-bench-layout/1", root.get("schema").getAsString());
        assertEquals(ProcessLayouts.PAGES, root.get("pages").getAsLong());
        assertEquals(lines.size() - 1, root.getAsJsonArray("rows").size());
        assertFalse(Files.readString(json).contains("demo"));
    }

    @Test
    void shouldSaveAndReadAgain() {
        run("layout", web, "--save", temp.resolve("saved/copy").toString(), "-q");
        final String first = out.toString().replace("file:web", "file:copy");
        out.getBuffer().setLength(0);
        run("layout", "file:" + temp.resolve("saved/copy"), "-q");
        assertEquals(first, out.toString());
    }

    @Test
    void shouldTakeOtherLayouts() {
        run("layout", "2M", "--write", "-q");
        assertTrue(out.toString().startsWith("Of the 512 pages (2 MiB) of 2M, pinned for writing: 512 (100.0 %)"));
        assertEquals(List.of("all", "512", "512", "0", "0", "0", "0"), cells("all"));
        run("layout", "tables:bundled", "--call", "slow", "-q");
        assertTrue(out.toString().contains("of tables:bundled, pinned for reading: 0 go by"), out::toString);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldLookAtALiveProcess() {
        run("layout", "proc:self", "--only", "=[heap]*", "--only", "=[stack]*");
        assertEquals("0", cells("all").get(7), out::toString);
        assertTrue(out.toString().contains("of proc:self, pinned for reading"), out::toString);
    }

    static Stream<Arguments> bad() {
        return Stream.of(
                Arguments.of("bad layout 'synthetic': expected proc:PID", List.of("synthetic")),
                Arguments.of("bad layout 'web'", List.of("web")),
                Arguments.of("bad layout 'file:web'", List.of("file:web")),
                Arguments.of("bad process: got \"-1\"", List.of("proc:-1")),
                Arguments.of("no such file, nor with .gz", List.of("file:DIR/none")),
                Arguments.of("bad --call 'quick': expected fast, checked or slow", List.of("WEB", "--call", "quick")),
                Arguments.of("bad --cma-percent '101': expected 0 to 100", List.of("WEB", "--cma-percent", "101")),
                Arguments.of("bad --cma-percent '-1'", List.of("WEB", "--cma-percent=-1")),
                Arguments.of("are for proc: and file:, got layout '4K'", List.of("4K", "--only", "x")),
                Arguments.of("no such mapping", List.of("WEB", "--only", "nothing-like-it")),
                Arguments.of("cannot be written", List.of("WEB", "--save", "/proc/none/x")),
                Arguments.of("cannot write '/proc/none'", List.of("WEB", "--csv", "/proc/none")),
                Arguments.of("LAYOUT", List.of()));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void shouldRefuseBadUsageInOneLine(final String message, final List<String> arguments) {
        final String[] all = Stream.concat(Stream.of("layout"), arguments.stream())
                .map(word -> word.equals("WEB") ? web : word.replace("DIR", temp.toString()))
                .toArray(String[]::new);
        assertEquals(ExitStatus.USAGE, execute(all), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
        assertEquals("", out.toString());
        assertFalse(err.toString().contains("\tat "), err::toString);
    }

    @Test
    void shouldMeasureARecordedProcess() {
        assertEquals(
                ExitStatus.DONE,
                execute("run", "--dry-run", "--profile", "smoke", "--layout", web, "--only", "get-*/file*"),
                err::toString);
        assertTrue(out.toString().contains("get-fast/file:web/"), out::toString);
    }
}
