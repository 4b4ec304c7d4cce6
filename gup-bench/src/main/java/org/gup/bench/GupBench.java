package org.gup.bench;

import org.gup.bench.agree.AgreeCommand;
import org.gup.bench.env.Environment;
import org.openjdk.jmh.util.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The top command: a name for the others. */
@Command(
        name = "gup-bench",
        mixinStandardHelpOptions = true,
        versionProvider = GupBench.VersionText.class,
        description = "What each path of the get_user_pages model costs. Without a command: run.",
        synopsisSubcommandLabel = "[COMMAND]",
        subcommands = {
            RunCommand.class,
            CompareCommand.class,
            ReportCommand.class,
            ListCommand.class,
            LayoutCommand.class,
            MergeCommand.class,
            AgreeCommand.class,
            GupTestCommand.class,
            SoakCommand.class,
            CompletionCommand.class,
            JmhCommand.class,
            HelpCommand.class
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:a benchmark failed: its answer was wrong, or its JVM died",
            "2:wrong usage, bad input, a limit or the environment",
            "3:a regression (compare --fail-on)",
            "4:not comparable (compare, merge, run --resume)",
            "5:inconclusive (compare --fail-on-inconclusive)",
            "130:interrupted"
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench                                  the main job, about two minutes",
            "  gup-bench run --profile smoke              the smallest set",
            "  gup-bench run --layout tables:DIR/NAME     a dumped address space",
            "  gup-bench layout proc:PID --write --longterm   what pinning a process takes",
            "  gup-bench jmh -l                           JMH itself"
        })
final class GupBench implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command");
    }

    /** Asks the jar. */
    static final class VersionText implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                "gup-bench " + Environment.gupVersion(),
                "JDK " + Environment.jdkVersion() + ", JMH " + Version.getPlainVersion(),
                "picocli " + CommandLine.VERSION
            };
        }
    }
}
