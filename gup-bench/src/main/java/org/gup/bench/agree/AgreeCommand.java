package org.gup.bench.agree;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.gup.bench.agree.scene.Scenes;
import org.gup.bench.agree.truth.RecordedCall;
import org.gup.bench.agree.truth.RecordedCalls;
import org.gup.bench.agree.truth.RecordedCsv;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes the calls that were recorded on a real 5.2.1 kernel on the model, and says where the two differ. */
@Command(
        name = "agree",
        mixinStandardHelpOptions = true,
        description = {
            "Compares the model with a real kernel: 40,697 calls recorded on Linux 5.2.1 are made again, each on its scene.",
            "Compared are results, pages held, fast and slow legs, faults, drains, migrations, warnings, locks, and every",
            "page's entry and counts before and after."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:all agree, or the difference is explained",
            "1:something differs",
            "2:wrong usage or bad input"
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench agree                                     everything, about a minute",
            "  gup-bench agree --boot k52cma --setup 'thp_.*'      huge pages that lie in CMA",
            "  gup-bench agree --call get_user_pages_fast --json   for a program to read"
        })
public final class AgreeCommand implements Callable<Integer> {
    @Option(names = "--setup", paramLabel = "REGEX", description = "Only setups of this name.")
    private @Nullable String setup;

    @Option(names = "--call", paramLabel = "REGEX", description = "Only calls of this name.")
    private @Nullable String call;

    @Option(names = "--boot", paramLabel = "REGEX", description = "Only boots of this name, such as k52cma.")
    private @Nullable String boot;

    @Option(names = "--id", paramLabel = "REGEX", description = "Only rows of this id, such as k52cma-00021.")
    private @Nullable String id;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "40",
            description = "Kinds of disagreement to print (${DEFAULT-VALUE}).")
    private int limit;

    @Option(names = "--threads", paramLabel = "N", description = "Calls at a time (default: one for each processor).")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Option(names = "--json", description = "Prints JSON.")
    private boolean json;

    @Option(
            names = "--import",
            paramLabel = "DIR",
            description =
                    "Instead: makes the bundled recording from truth.csv and truth-pages-*.csv, plain or gzipped.")
    private @Nullable Path importFrom;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            defaultValue = "recorded-5.2.1.txt.gz",
            description = "Where --import writes (${DEFAULT-VALUE}).")
    private Path output = Path.of("recorded-5.2.1.txt.gz");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    /** A command without options yet. */
    public AgreeCommand() {}

    @Override
    public Integer call() throws IOException {
        final PrintWriter out = spec.commandLine().getOut();
        if (importFrom != null) {
            return importRecording(importFrom, out);
        }
        if (threads < 1) {
            throw new BadInputException("bad --threads: expected at least 1: " + threads);
        }
        final List<RecordedCall> all = RecordedCalls.bundled();
        final List<RecordedCall> asked = all.stream()
                .filter(row -> isAsked("--setup", setup, row.setup())
                        && isAsked("--call", call, row.call())
                        && isAsked("--boot", boot, row.boot())
                        && isAsked("--id", id, row.id()))
                .toList();
        if (asked.isEmpty()) {
            throw new BadInputException("no recorded call matches the options");
        }
        final List<RecordedCall> made = asked.stream()
                .filter(row -> row.wasMade() && Scenes.of(row.setup()) != null)
                .toList();
        final Map<String, String> notSet = new TreeMap<>();
        asked.stream()
                .filter(row -> Scenes.of(row.setup()) == null)
                .forEach(row -> notSet.put(row.setup(), Scenes.whyNot(row.setup())));
        final AgreementReport report = new AgreementReport(
                Agreement.of(made, threads),
                notSet,
                (int) asked.stream().filter(row -> !row.wasMade()).count(),
                Explanations.bundled(),
                asked.size() == all.size());
        if (json) {
            report.printJson(out);
        } else {
            report.print(out, limit);
        }
        return report.isGood() ? ExitStatus.DONE : ExitStatus.FAILURE;
    }

    private int importRecording(final Path directory, final PrintWriter out) throws IOException {
        final Path unfinished = Path.of(output + ".unfinished");
        try {
            final int rows;
            try (OutputStream file = Files.newOutputStream(unfinished)) {
                rows = RecordedCsv.convert(directory, file);
            }
            Files.move(unfinished, output, StandardCopyOption.REPLACE_EXISTING);
            out.printf("%s: %,d calls%n", output, rows);
        } catch (final NoSuchFileException missing) {
            throw new BadInputException("no such file or folder: '" + missing.getMessage() + "'");
        } catch (final IOException wrong) {
            throw new BadInputException("cannot import '" + directory + "': " + wrong.getMessage());
        } finally {
            Files.deleteIfExists(unfinished);
        }
        out.flush();
        return ExitStatus.DONE;
    }

    private static boolean isAsked(final String option, final @Nullable String regex, final String text) {
        try {
            return regex == null || Pattern.matches(regex, text);
        } catch (final PatternSyntaxException bad) {
            throw new BadInputException("bad " + option + ": not a regular expression: '" + regex + "'");
        }
    }
}
