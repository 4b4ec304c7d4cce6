package org.gup.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.gup.bench.run.Progress;
import picocli.CommandLine.Help.Ansi;

/**
 * Where a command talks to its user.
 *
 * @param out answers
 * @param err progress and errors
 * @param quiet no progress
 * @param verbose what JMH says, too
 */
record Console(PrintWriter out, PrintWriter err, boolean quiet, boolean verbose) {
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    /** How progress is to be shown. */
    Progress.Style progressStyle() {
        if (quiet) {
            return Progress.Style.SILENT;
        }
        return !verbose && isTerminal() ? Progress.Style.ONE_LINE : Progress.Style.LINES;
    }

    private static boolean isTerminal() {
        final String term = System.getenv("TERM");
        if (term == null || term.equals("dumb")) {
            return false;
        }
        try {
            final String target = Files.readSymbolicLink(STDERR).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (final IOException | UnsupportedOperationException noProc) {
            return false;
        }
    }

    /** Stressed, where the terminal can and NO_COLOR does not forbid it. */
    String bold(final String text) {
        return Ansi.AUTO.enabled() ? Ansi.ON.string("@|bold " + text + "|@") : text;
    }

    /** The raw stream for what changes a line in place or comes in great quantity. */
    PrintStream rawErr() {
        return System.err;
    }
}
