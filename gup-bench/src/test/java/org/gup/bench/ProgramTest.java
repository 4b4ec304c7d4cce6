package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.gup.bench.run.ForkArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Starts the program as its users do: in a JVM of its own. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ProgramTest {
    private static final int SIGINT = 2;

    @TempDir
    private Path temp;

    private ProcessBuilder program(final String... arguments) {
        final List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                ForkArguments.EXPORTS,
                "-Djmh.ignoreLock=true",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    /** The next line that the program itself says: a JVM of 24 or later warns of libraries that use sun.misc.Unsafe. */
    private static String nextLine(final BufferedReader err) throws IOException {
        String line = err.readLine();
        while (line != null && line.startsWith("WARNING: ")) {
            line = err.readLine();
        }
        return String.valueOf(line);
    }

    @Test
    void shouldEndWithTheStatusOfTheCommand() throws IOException, InterruptedException {
        final Process process = program("--no-such-option").start();
        final String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitStatus.USAGE, process.waitFor());
        assertEquals(1, err.lines().count(), err);
    }

    @Test
    void shouldHandItsArgumentsToJmhUntouched() throws IOException, InterruptedException {
        final Process process =
                program("jmh", "-l", ".*AtomicAdd.*").redirectErrorStream(true).start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitStatus.DONE, process.waitFor());
        assertTrue(output.contains("org.gup.bench.jmh.AtomicAdd.onePerPage"), output);
        assertTrue(!output.contains("FastVersusSlow"), output);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldEndWith130AndLeaveNothingWhenItIsInterrupted() throws IOException, InterruptedException {
        assumeTrue(!isIgnored(SIGINT), "this JVM was started with SIGINT ignored, and so would be its children");
        final Process process = program(
                        "run",
                        "--profile",
                        "full",
                        "--layout",
                        "synthetic",
                        "--results",
                        temp.resolve("r/s").toString())
                .start();
        try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            // The plan, then the first fork.
            assertTrue(nextLine(err).contains("profile full"));
            assertTrue(nextLine(err).startsWith("[1/"));
            final Process kill = new ProcessBuilder("kill", "-" + SIGINT, Long.toString(process.pid())).start();
            assertEquals(0, kill.waitFor());
            assertEquals(ExitStatus.INTERRUPTED, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
        try (Stream<Path> left = Files.list(temp)) {
            assertEquals(
                    List.of(), left.map(Path::getFileName).map(Path::toString).toList());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldKeepWhatWasFinishedAndGoOn() throws IOException, InterruptedException {
        final Path results = temp.resolve("results");
        final Process process = program(
                        "run",
                        "--profile",
                        "smoke",
                        "--layout",
                        "synthetic",
                        "--seed",
                        "1",
                        "--only",
                        "=atomic-add",
                        "--only",
                        "=put/4K/512",
                        "--results",
                        results.toString())
                .start();
        final String told;
        try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
            assertTrue(nextLine(err).contains("2 forks"));
            assertTrue(nextLine(err).startsWith("[1/2]"));
            assertTrue(nextLine(err).startsWith("[2/2]"));
            process.toHandle().destroy();
            told = err.lines().reduce("", String::concat);
            process.waitFor();
        } finally {
            process.destroyForcibly();
        }
        final Path kept = onlyFolder(results);
        assertTrue(kept.toString().endsWith(".interrupted"), kept::toString);
        assertTrue(told.contains("run --resume '" + kept.toAbsolutePath()), told);
        final Run interrupted = RunReader.read(kept);
        assertEquals(Run.Status.INTERRUPTED, interrupted.status());
        assertEquals(1, interrupted.forks().size());
        assertEquals(2, interrupted.planned().size());

        final Process resumed = program("run", "--resume", kept.toString(), "-q")
                .redirectErrorStream(true)
                .start();
        final String output = new String(resumed.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitStatus.DONE, resumed.waitFor(), output);
        final Path complete = onlyFolder(results);
        final Run run = RunReader.read(complete);
        assertEquals(Run.Status.COMPLETE, run.status());
        assertEquals(2, run.forks().size());
        assertTrue(run.forks().containsAll(interrupted.forks()), "what was measured before is kept");
        assertTrue(Files.exists(complete.resolve("report.html")));
        assertFalse(Files.exists(complete.resolve("plan.json")) || Files.exists(complete.resolve("fork-0.json")));
    }

    private static Path onlyFolder(final Path parent) throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            final List<Path> folders = entries.toList();
            assertEquals(1, folders.size(), folders::toString);
            return folders.get(0);
        }
    }

    @Test
    void shouldColourNothingThatNobodyWantsColoured() throws IOException, InterruptedException {
        final ProcessBuilder plain = program("help", "run");
        plain.environment().put("NO_COLOR", "1");
        plain.environment().remove("CLICOLOR_FORCE");
        final Process process = plain.redirectErrorStream(true).start();
        final String help = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(ExitStatus.DONE, process.waitFor());
        assertFalse(help.contains("\033["), help);
        final ProcessBuilder forced = program("help", "run");
        forced.environment().remove("NO_COLOR");
        forced.environment().put("CLICOLOR_FORCE", "1");
        final Process colourful = forced.redirectErrorStream(true).start();
        assertTrue(new String(colourful.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains("\033["));
    }

    /** Reads the mask of ignored signals. */
    private static boolean isIgnored(final int signal) throws IOException {
        final String mask = Files.readAllLines(new File("/proc/self/status").toPath()).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .map(line -> line.substring("SigIgn:".length()).strip())
                .findFirst()
                .orElse("0");
        return (Long.parseUnsignedLong(mask, 16) & 1L << (signal - 1)) != 0;
    }
}
