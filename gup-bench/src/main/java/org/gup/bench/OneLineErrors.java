package org.gup.bench;

import java.io.PrintWriter;
import java.util.List;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.BenchmarkFailedException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.error.NotComparableException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Every error is one line on stderr, and an exit status. */
final class OneLineErrors {
    private OneLineErrors() {}

    /** What the command line does not allow. */
    static int usage(final ParameterException wrong, final String[] arguments) {
        final CommandLine command = wrong.getCommandLine();
        final List<String> suggestions =
                wrong instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        print(
                command.getErr(),
                firstLine(wrong)
                        + (suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?")
                        + " (see " + command.getCommandSpec().qualifiedName() + " --help)");
        return ExitStatus.USAGE;
    }

    /** What went wrong later. */
    static int failure(final Exception failed, final CommandLine command, final ParseResult parsed) {
        if (failed instanceof BadInputException) {
            print(command.getErr(), firstLine(failed));
            return ExitStatus.USAGE;
        }
        if (failed instanceof NotComparableException) {
            print(command.getErr(), firstLine(failed));
            return ExitStatus.NOT_COMPARABLE;
        }
        print(
                command.getErr(),
                failed instanceof BenchmarkFailedException
                        ? "benchmark failed: " + firstLine(failed) + "; nothing was written"
                        : failed.getClass().getSimpleName() + ": " + firstLine(failed));
        if (isVerbose(parsed)) {
            failed.printStackTrace(command.getErr());
        }
        return ExitStatus.FAILURE;
    }

    /** Whether the command that failed was asked for stack traces. */
    private static boolean isVerbose(final ParseResult parsed) {
        return parsed.hasMatchedOption(Verbosity.VERBOSE)
                || (parsed.hasSubcommand() && parsed.subcommand().hasMatchedOption(Verbosity.VERBOSE));
    }

    private static void print(final PrintWriter err, final String message) {
        err.println("gup-bench: " + message);
        err.flush();
    }

    private static String firstLine(final Throwable throwable) {
        return String.valueOf(throwable.getMessage())
                .lines()
                .findFirst()
                .orElse("")
                .strip();
    }
}
