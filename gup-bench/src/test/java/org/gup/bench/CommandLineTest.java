package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.snapshot.PageTableDump;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CommandLineTest {
    @TempDir
    private Path temp;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(final String... arguments) {
        return Main.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    /** One line on stderr, nothing on stdout, status 2. */
    private void assertUsage(final String message, final String... arguments) {
        assertEquals(ExitStatus.USAGE, execute(arguments), () -> Arrays.toString(arguments) + "\n" + err);
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().startsWith("gup-bench: "), err::toString);
        assertTrue(err.toString().contains(message), err::toString);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("Unknown option: '--no-such-option'", List.of("--no-such-option")),
                Arguments.of("Unknown option: '--no-such-option'", List.of("run", "--no-such-option")),
                Arguments.of("did you mean --profile?", List.of("run", "--profil=smoke")),
                Arguments.of("'no-such-command'", List.of("no-such-command")),
                Arguments.of("bad profile 'quick'", List.of("run", "--profile", "quick")),
                Arguments.of("bad profile 'quick'", List.of("list", "--profile", "quick")),
                Arguments.of("bad layout 'nonsense'", List.of("run", "--layout", "nonsense")),
                Arguments.of("bad layout 'tables:'", List.of("run", "--layout", "tables:")),
                Arguments.of("bad layout 'tables:name'", List.of("run", "--layout", "tables:name")),
                Arguments.of("bad name 'a/b'", List.of("run", "--name", "a/b")),
                Arguments.of("'abc' is not a long", List.of("run", "--seed", "abc")),
                Arguments.of("'--layout'", List.of("run", "--layout")),
                Arguments.of("bad shard '3/2'", List.of("run", "--seed", "1", "--shard", "3/2")),
                Arguments.of("bad shard '0/2'", List.of("run", "--seed", "1", "--shard", "0/2")),
                Arguments.of("bad shard 'x'", List.of("run", "--seed", "1", "--shard", "x")),
                Arguments.of("--shard needs --seed", List.of("run", "--shard", "1/2")),
                Arguments.of("no case matches [nonsense]", List.of("run", "--only", "nonsense", "--dry-run")),
                Arguments.of("bad --aa '0'", List.of("run", "--aa", "0")),
                Arguments.of("is not an unfinished run", List.of("run", "--resume", "/no/such/folder")),
                Arguments.of("is not a results folder", List.of("merge", "/no/such/a", "/no/such/b")));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void shouldAnswerWrongUsageWithOneLine(final String message, final List<String> arguments) {
        assertUsage(message, arguments.toArray(String[]::new));
    }

    @Test
    void shouldRefuseADumpThatIsNotThere() {
        assertUsage("no such directory", "run", "--layout", "tables:" + temp.resolve("none") + "/web");
        err.getBuffer().setLength(0);
        assertUsage("web.cr3: no such file", "run", "--layout", "tables:" + temp + "/web");
    }

    @ParameterizedTest
    @MethodSource("damage")
    void shouldRefuseADamagedDump(final String file, final int length) throws IOException {
        for (final String copied : dumpFiles()) {
            try (InputStream in = PageTableDump.class.getResourceAsStream(copied)) {
                final byte[] bytes = in.readAllBytes();
                Files.write(temp.resolve(copied), copied.equals(file) ? Arrays.copyOf(bytes, length) : bytes);
            }
        }
        assertUsage(
                file,
                "run",
                "--results",
                temp.resolve("results").toString(),
                "--layout",
                "tables:" + temp.resolve(PageTableDump.BUNDLED));
        assertFalse(Files.exists(temp.resolve("results")));
    }

    static Stream<Arguments> damage() {
        return Stream.of(
                Arguments.of("pagetables-" + PageTableDump.BUNDLED + ".bin.gz", 1000),
                Arguments.of("pagetables-" + PageTableDump.BUNDLED + ".bin.gz", 0),
                Arguments.of(PageTableDump.BUNDLED + ".cr3", 0),
                Arguments.of(PageTableDump.BUNDLED + ".maps.txt", 100),
                Arguments.of(PageTableDump.BUNDLED + ".smaps.txt.gz", 40));
    }

    private static List<String> dumpFiles() {
        return Stream.of("%s.cr3", "%s.maps.txt", "%s.smaps.txt.gz", "%s.layout.csv", "pagetables-%s.bin.gz")
                .map(pattern -> pattern.formatted(PageTableDump.BUNDLED))
                .toList();
    }

    @Test
    void shouldRefuseAResultsFolderThatIsAFile() throws IOException {
        final Path file = Files.writeString(temp.resolve("file"), "x");
        assertUsage("'" + file + "': not a folder", "run", "--layout", "synthetic", "--results", file.toString());
        assertEquals("x", Files.readString(file));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldRefuseAResultsFolderThatNobodyCanWrite() {
        assertUsage("'/proc/results'", "run", "--layout", "synthetic", "--results", "/proc/results");
    }

    @Test
    void shouldPrintThePlanAndWriteNothing() {
        final Path results = temp.resolve("results");
        assertEquals(ExitStatus.DONE, execute("run", "--dry-run", "--seed", "42", "--results", results.toString()));
        assertEquals("", err.toString());
        assertTrue(out.toString().contains("seed 42"), out::toString);
        assertTrue(out.toString().matches("(?s).*: (3[5-9]|40) forks, about .*"), out::toString);
        assertTrue(out.toString().contains("3 x get-fast/4K/512"), out::toString);
        assertTrue(out.toString().contains("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED"), out::toString);
        assertFalse(Files.exists(results));
    }

    @Test
    void shouldPlanAnExperimentInPlaceOfTheProfilesQuestions() {
        assertEquals(ExitStatus.DONE, execute("run", "--dry-run", "--experiment", "june-2019"));
        assertTrue(out.toString().contains("20 forks, about "), out::toString);
        assertTrue(out.toString().contains("5 x paired walks over ordinary pages, 256 pages a call"), out::toString);
        assertFalse(out.toString().contains("get-fast"), out::toString);
    }

    @Test
    void shouldRefuseAnExperimentThatThereIsNot() {
        assertUsage("bad experiment 'july-2019': expected june-2019", "run", "--experiment", "july-2019");
    }

    @Test
    void shouldRefuseAnExperimentAndPairsAtOnce() {
        assertUsage("give one of them", "run", "--experiment", "june-2019", "--aa", "3");
    }

    @Test
    void shouldPlanAPartOfTheCases() {
        assertEquals(
                ExitStatus.DONE, execute("run", "--dry-run", "--layout", "synthetic", "--only", "=get-fast/4K/512"));
        assertTrue(out.toString().contains(": 3 forks"), out::toString);
        out.getBuffer().setLength(0);
        assertEquals(ExitStatus.DONE, execute("run", "--dry-run", "--layout", "synthetic", "--aa", "20"));
        assertTrue(out.toString().contains(": 120 forks"), out::toString);
        assertTrue(out.toString().contains("3 x get-fast/4K/512#20b"), out::toString);
        out.getBuffer().setLength(0);
        assertEquals(
                ExitStatus.DONE, execute("run", "--dry-run", "--layout", "synthetic", "--seed", "1", "--shard", "2/3"));
        assertTrue(out.toString().contains(", shard 2/3: "), out::toString);
    }

    @Test
    void shouldPrintACompletionScript() {
        assertEquals(ExitStatus.DONE, execute("completion"));
        assertTrue(out.toString().contains("complete -F _complete_gup-bench"), out::toString);
        assertTrue(out.toString().contains("--fail-on"), "options of the commands");
    }

    @Test
    void shouldRunTheMainJobWithoutACommand() {
        assertEquals(ExitStatus.DONE, execute("--dry-run", "--profile", "smoke", "--layout", "synthetic"));
        assertTrue(out.toString().startsWith("profile smoke"), out::toString);
    }

    @Test
    void shouldListCasesAndBenchmarks() {
        assertEquals(ExitStatus.DONE, execute("list", "--profile", "smoke"));
        assertTrue(out.toString().contains("1 x get-slow/4K/512"), out::toString);
        assertTrue(out.toString().contains("org.gup.bench.jmh.FastVersusSlow.getFast"), out::toString);
    }

    @Test
    void shouldHelpOnStdout() {
        for (final String[] arguments : new String[][] {{"-h"}, {"help"}, {"help", "run"}, {"run", "--help"}}) {
            out.getBuffer().setLength(0);
            assertEquals(ExitStatus.DONE, execute(arguments));
            assertTrue(out.toString().startsWith("Usage: gup-bench"), out::toString);
        }
        assertTrue(out.toString().contains("--layout=LAYOUT"), out::toString);
        assertEquals("", err.toString());
    }

    @Test
    void shouldTellItsVersion() {
        assertEquals(ExitStatus.DONE, execute("--version"));
        assertTrue(out.toString().contains("JMH 1."), out::toString);
    }
}
