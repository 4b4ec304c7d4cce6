package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
            assertTrue(err.readLine().contains("profile full"));
            assertTrue(err.readLine().startsWith("[1/"));
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
