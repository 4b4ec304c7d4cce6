package org.gup.bench.fork;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.gup.bench.error.BenchmarkFailedException;

/** A program of this jar, run in a JVM of its own, that answers with one marked line. */
public final class ForkedProgram {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final String name;
    private final List<String> command = new ArrayList<>();

    /**
     * A program.
     *
     * @param name what messages call it
     * @param main its main class
     * @param jvmArguments arguments of its JVM
     */
    public ForkedProgram(final String name, final Class<?> main, final List<String> jvmArguments) {
        this.name = name;
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(jvmArguments);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    }

    /**
     * Runs it to its end.
     *
     * @param mark what the line begins with
     * @param arguments what it is given
     * @return the line, without the mark
     * @throws BenchmarkFailedException if its JVM failed, took too long, or gave no such line
     */
    public String run(final String mark, final List<String> arguments) {
        final List<String> whole = new ArrayList<>(command);
        whole.addAll(arguments);
        final String output = outputOf(whole);
        return output.lines()
                .filter(text -> text.startsWith(mark))
                .findFirst()
                .map(text -> text.substring(mark.length()))
                .orElseThrow(() -> failed("gave no result", output));
    }

    private String outputOf(final List<String> whole) {
        try {
            final Process process =
                    new ProcessBuilder(whole).redirectErrorStream(true).start();
            final Thread timeout = killAfterTimeout(process);
            try {
                process.getOutputStream().close();
                final String output;
                try (InputStream in = process.getInputStream()) {
                    output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
                final int status = process.waitFor();
                if (status != 0) {
                    throw failed("ended with status " + status, output);
                }
                return output;
            } finally {
                timeout.interrupt();
                process.destroyForcibly();
            }
        } catch (final IOException failed) {
            throw new BenchmarkFailedException(
                    "a fork of " + name + " could not be run: " + failed.getMessage(), failed);
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new BenchmarkFailedException("a fork of " + name + " was interrupted", interrupted);
        }
    }

    /** Reading its output ends when the process does. */
    private Thread killAfterTimeout(final Process process) {
        final Thread timeout = new Thread(
                () -> {
                    try {
                        if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                            process.destroyForcibly();
                        }
                    } catch (final InterruptedException ended) {
                        // It came to its end in time.
                    }
                },
                "timeout of " + name);
        timeout.setDaemon(true);
        timeout.start();
        return timeout;
    }

    private BenchmarkFailedException failed(final String what, final String output) {
        final String last = output.lines().reduce((one, next) -> next).orElse("no output");
        return new BenchmarkFailedException(
                "a fork of " + name + " " + what + ": " + last, new IllegalStateException(output));
    }
}
