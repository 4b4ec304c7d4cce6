package org.gup.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.gup.bench.error.ExitStatus;
import picocli.CommandLine;

/** The program. Without a command it runs the main job. */
public final class Main {
    private static final Set<String> ABOUT_ITSELF = Set.of("-h", "--help", "-V", "--version");

    private Main() {}

    /**
     * Runs a command and ends the JVM with its status.
     *
     * @param arguments the command line
     * @throws IOException if JMH, called raw, cannot write
     */
    public static void main(final String[] arguments) throws IOException {
        if (arguments.length > 0 && arguments[0].equals(JmhCommand.NAME)) {
            // Untouched: not even picocli's @file expansion sees them. JMH sets the exit status itself.
            org.openjdk.jmh.Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
            return;
        }
        final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        final PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(execute(out, err, arguments));
    }

    /**
     * Runs a command.
     *
     * @param out receives answers
     * @param err receives progress and errors
     * @param arguments the command line
     * @return an {@link ExitStatus}
     */
    static int execute(final PrintWriter out, final PrintWriter err, final String... arguments) {
        final CommandLine commandLine = new CommandLine(new GupBench())
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler(OneLineErrors::usage)
                .setExecutionExceptionHandler(OneLineErrors::failure)
                .setCaseInsensitiveEnumValuesAllowed(true);
        // The kernel's tool takes the last of several, as getopt does.
        Objects.requireNonNull(commandLine.getSubcommands().get(GupTestCommand.NAME))
                .setOverwrittenOptionsAllowed(true);
        return commandLine.execute(withCommand(arguments));
    }

    /** The command line with the default command in front of bare options. */
    private static String[] withCommand(final String[] arguments) {
        final boolean bare =
                arguments.length == 0 || (arguments[0].startsWith("-") && !ABOUT_ITSELF.contains(arguments[0]));
        if (!bare) {
            return arguments;
        }
        final List<String> completed = new ArrayList<>(List.of(RunCommand.NAME));
        completed.addAll(List.of(arguments));
        return completed.toArray(String[]::new);
    }
}
