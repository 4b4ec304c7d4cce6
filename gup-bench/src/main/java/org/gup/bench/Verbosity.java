package org.gup.bench;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How much a command says besides its answer. */
final class Verbosity {
    static final String VERBOSE = "--verbose";

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress, no remarks.")
    private boolean quiet;

    @Option(
            names = {"-v", VERBOSE},
            description = "What JMH says, and stack traces.")
    private boolean verbose;

    Console console(final CommandSpec spec) {
        return new Console(spec.commandLine().getOut(), spec.commandLine().getErr(), quiet, verbose);
    }
}
