package org.gup.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.report.OtherQuestions;
import org.gup.bench.report.ReadmeMarkers;
import org.gup.bench.report.ReadmePictures;
import org.gup.bench.report.ReadmeText;
import org.gup.bench.report.ReportFiles;
import org.gup.bench.report.ReportPage;
import org.gup.bench.report.Summary;
import org.gup.bench.report.WhatIf;
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
            "Makes report.html, summary.md, the pictures (cost.svg and others), cases.csv and forks.csv from a run's raw"
                    + " results.",
            "",
            "Every run writes them already; this is for a later version of them, or for another place. report.html is one"
                    + " file that opens without a network."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:written",
            "2:wrong usage, not a results folder, no markers in the README, or a file that cannot be written"
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench report results/local/20261125T163337Z-default",
            "  gup-bench report results/reference --into /tmp/report",
            "  gup-bench report results/reference --into /tmp/what-if --ipi-ns 2000",
            "  gup-bench report results/reference --readme README.md    how the project's README is made"
        })
final class ReportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "A results folder.")
    private Path folder = Path.of(".");

    @Option(
            names = "--into",
            paramLabel = "DIR",
            description = "Where the files go; existing ones are replaced. Without it: into the results folder itself.")
    private @Nullable Path into;

    @Option(
            names = "--readme",
            paramLabel = "FILE",
            description =
                    "Put the answers, the table and the pictures into this Markdown file, too, between its lines '"
                            + ReadmeMarkers.BEGIN + "' and '" + ReadmeMarkers.END + "'. Nothing else in it changes.")
    private @Nullable Path readme;

    @Mixin
    private WhatIfOptions supposed = new WhatIfOptions();

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (readme != null && into != null) {
            throw new BadInputException(
                    "--readme and --into: a README links to the run's own folder, so that is where the files must go");
        }
        final WhatIf whatIf = supposed.whatIf();
        if (readme != null && whatIf.isSupposed()) {
            throw new BadInputException("--readme tells what was measured: give no --ipi-ns or --drain-ns with it");
        }
        final Run run = RunReader.read(folder);
        // Nothing is scrubbed again: the raw results were, and the same rows give the same files on every machine.
        final Map<String, String> files = files(run, whatIf);
        // Refused before anything is written.
        final byte[] newReadme = readme == null ? new byte[0] : readme(readme, folder, run);
        final Path target = into == null ? folder : into;
        try {
            Files.createDirectories(target);
        } catch (final IOException refused) {
            throw new BadInputException(
                    "cannot write into '" + target + "': " + refused.getClass().getSimpleName());
        }
        files.forEach((file, content) -> AtomicFile.write(target.resolve(file), content));
        if (readme != null) {
            AtomicFile.write(readme, newReadme);
        }
        final Console console = verbosity.console(spec);
        if (!console.quiet()) {
            console.out().println(target.resolve("report.html"));
            if (readme != null) {
                console.out().println(readme);
            }
            console.out().flush();
        }
        return ExitStatus.DONE;
    }

    /** A README as it is, but for what a run says in it. */
    static byte[] readme(final Path readme, final Path folder, final Run run) {
        final byte[] old;
        try {
            old = Files.readAllBytes(readme);
        } catch (final IOException refused) {
            throw new BadInputException(
                    "cannot read '" + readme + "': " + refused.getClass().getSimpleName());
        }
        final String text = new ReadmeText(run, new ReportPage(run).sections(), link(readme, folder)).markdown();
        return ReadmeMarkers.replaced(readme.toString(), old, text);
    }

    /** The folder as the README's links have it: relative, with slashes on every system. */
    private static String link(final Path readme, final Path folder) {
        final Path from = readme.toAbsolutePath().normalize().resolveSibling("");
        final Path relative = from.relativize(folder.toAbsolutePath().normalize());
        return StreamSupport.stream(relative.spliterator(), false)
                .map(Path::toString)
                .collect(Collectors.joining("/"));
    }

    /** Everything that is made from a run's raw results, by file name. */
    static Map<String, String> files(final Run run) {
        return files(run, WhatIf.NOTHING);
    }

    /** The same with what the reader supposes. */
    static Map<String, String> files(final Run run, final WhatIf whatIf) {
        final Map<String, String> files = new LinkedHashMap<>();
        final ReportPage page = new ReportPage(run, whatIf);
        files.put("summary.md", new Summary(run).markdown() + new OtherQuestions(run, whatIf).markdown());
        files.put("report.html", page.html());
        files.putAll(ReadmePictures.of(page.sections()));
        files.put("cases.csv", ReportFiles.casesCsv(run));
        files.put("forks.csv", ReportFiles.forksCsv(run));
        return files;
    }
}
