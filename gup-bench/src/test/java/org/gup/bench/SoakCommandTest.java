package org.gup.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.run.ForkArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class SoakCommandTest {
    private static final int SIGTERM_STATUS = 143;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(final String... arguments) {
        final List<String> command = new ArrayList<>(List.of(SoakCommand.NAME));
        command.addAll(List.of(arguments));
        return new picocli.CommandLine(new SoakCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .setParameterExceptionHandler(OneLineErrors::usage)
                .setExecutionExceptionHandler(OneLineErrors::failure)
                .execute(command.subList(1, command.size()).toArray(String[]::new));
    }

    @Test
    void shouldSayWhatItHasDone() {
        assertEquals(ExitStatus.DONE, execute("--for", "1s", "--seed", "7", "--threads", "2"), err::toString);
        assertTrue(err.toString().startsWith("gup-bench: soak, seed 7, 2 threads, 1s"), err::toString);
        assertTrue(out.toString().contains("change: munmap"), out::toString);
        assertTrue(out.toString().contains("Nothing was violated in "), out::toString);
        assertTrue(out.toString().contains("seed 7, 2 threads."), out::toString);
    }

    @ParameterizedTest
    @CsvSource({
        "--for 0s, bad --for '0s'",
        "--for 10, bad --for '10'",
        "--for 200h, bad --for '200h'",
        "--for soon, bad --for 'soon'",
        "--threads 1, bad --threads '1': expected 2 to 64",
        "--threads 65, bad --threads '65'",
        "--seed x, Invalid value for option '--seed'"
    })
    void shouldRefuseWhatItCannotDo(final String arguments, final String message) {
        assertEquals(ExitStatus.USAGE, execute(arguments.split(" ")));
        assertTrue(err.toString().contains(message), err::toString);
        assertEquals("", out.toString());
    }

    /** As a user would interrupt it; a signal that a shell may have had ignored is not used. */
    @Test
    void shouldEndCleanlyWhenTold() throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(ForkArguments.forThisJdk());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), SoakCommand.NAME));
        command.addAll(List.of("--for", "1h", "--threads", "2"));
        final Process process = new ProcessBuilder(command).start();
        try (BufferedReader progress = process.errorReader(StandardCharsets.UTF_8);
                BufferedReader summary = process.inputReader(StandardCharsets.UTF_8)) {
            assertTrue(progress.readLine().startsWith("gup-bench: soak, seed "));
            assertTrue(progress.readLine().contains(" calls ("));
            // Not Process.destroy, which closes the streams as well.
            process.toHandle().destroy();
            final String text = summary.lines().reduce("", (before, line) -> before + line + '\n');
            assertTrue(text.contains(" s, interrupted: seed "), text);
            assertEquals(SIGTERM_STATUS, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
