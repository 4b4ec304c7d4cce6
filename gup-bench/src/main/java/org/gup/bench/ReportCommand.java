package org.gup.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.gup.bench.env.Scrubber;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.report.OtherQuestions;
import org.gup.bench.report.ReportFiles;
import org.gup.bench.report.ReportPage;
import org.gup.bench.report.Summary;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes the report of a run again. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Makes report.html, summary.md, cost.svg, cases.csv and forks.csv from a run's raw results.",
            "",
            "Every run writes them already; this is for a later version of them, or for another place. report.html is one"
                    + " file that opens without a network."
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench report results/local/20261125T163337Z-default",
            "  gup-bench report results/reference --into /tmp/report"
        })
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "A results folder.")
    private Path folder = Path.of(".");

    @Option(
            names = "--into",
            paramLabel = "DIR",
            description = "Where the files go; existing ones are replaced. Without it: into the results folder itself.")
    private @Nullable Path into;

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final Run run = RunReader.read(folder);
        final Scrubber scrubber = Scrubber.ofThisMachine();
        final Map<String, String> files = new LinkedHashMap<>();
        files(run).forEach((file, content) -> files.put(file, scrubber.scrub(content)));
        final Path target = into == null ? folder : into;
        try {
            Files.createDirectories(target);
            for (final Map.Entry<String, String> file : files.entrySet()) {
                Files.writeString(target.resolve(file.getKey()), file.getValue());
            }
        } catch (final IOException refused) {
            throw new BadInputException(
                    "cannot write into '" + target + "': " + refused.getClass().getSimpleName());
        }
        final Console console = verbosity.console(spec);
        if (!console.quiet()) {
            console.out().println(target.resolve("report.html"));
            console.out().flush();
        }
        return ExitStatus.DONE;
    }

    /** Everything that is made from a run's raw results, by file name, before it is scrubbed. */
    static Map<String, String> files(final Run run) {
        final Map<String, String> files = new LinkedHashMap<>();
        files.put("summary.md", new Summary(run).markdown() + new OtherQuestions(run).markdown());
        files.put("report.html", new ReportPage(run).html());
        ReportFiles.costChart(run).ifPresent(chart -> files.put("cost.svg", chart));
        files.put("cases.csv", ReportFiles.casesCsv(run));
        files.put("forks.csv", ReportFiles.forksCsv(run));
        return files;
    }
}
