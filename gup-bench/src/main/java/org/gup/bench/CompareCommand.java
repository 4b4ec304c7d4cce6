package org.gup.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.gup.bench.compare.Comparability.Level;
import org.gup.bench.compare.CompareData;
import org.gup.bench.compare.CompareText;
import org.gup.bench.compare.FailOn;
import org.gup.bench.compare.Measure;
import org.gup.bench.compare.RunComparison;
import org.gup.bench.compare.RunPair;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.error.NotComparableException;
import org.gup.bench.report.ComparePage;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.RunReader;
import org.gup.bench.text.Glob;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares runs. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Compares runs with the first one, case by case.",
            "",
            "Cases are matched by benchmark and parameters. What was measured side by side in one process is compared as a"
                    + " ratio, latencies by their tail as well, and what was counted must be equal. A difference must be significant (95 %% interval off zero,"
                    + " Holm's correction over all comparisons) and larger than the threshold; otherwise the verdict is"
                    + " 'no difference found', with the smallest difference that these runs could have shown."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:compared",
            "2:wrong usage, or not a results folder",
            "3:a rule of --fail-on was broken; every broken rule is listed",
            "4:not comparable: another machine, JDK or flags, or no case in common",
            "5:a rule could not be decided (with --fail-on-inconclusive)"
        },
        footer = {
            "",
            "Examples:",
            "  gup-bench compare before=results/local/A after=results/local/B",
            "  gup-bench compare A B --fail-on 'get-fast*:p50>5%%'",
            "  gup-bench compare A B C --format markdown --changed     to be pasted into an issue",
            "  gup-bench compare A B --html compare.html --only 'check/*'"
        })
final class CompareCommand implements Callable<Integer> {
    /** How the comparison is printed. */
    enum Format {
        TEXT,
        MARKDOWN,
        CSV,
        JSON
    }

    @Parameters(
            arity = "1..*",
            paramLabel = "[LABEL=]DIR",
            description = "Results folders; the first is the base. A label names a run in the output.")
    private List<String> folders = new ArrayList<>();

    @Option(
            names = "--threshold",
            paramLabel = "PERCENT",
            defaultValue = "1",
            description =
                    "Smaller differences don't matter (${DEFAULT-VALUE} %%). Raised to what the same code differed by"
                            + " from itself, where the runs measured that.")
    private double thresholdPercent;

    @Option(
            names = "--measure",
            paramLabel = "MEASURE",
            defaultValue = "MEAN",
            description = "What stands for a JVM: the mean, median (p50) or minimum (min) of its iterations"
                    + " (${DEFAULT-VALUE}).")
    private Measure measure = Measure.MEAN;

    @Option(
            names = "--fail-on",
            paramLabel = "RULE",
            description =
                    "[CASES:][mean|p50|min]>N%%: end with status 3 if a case that matches got significantly slower by"
                            + " more than N %%. CASES is a part of a name, or a pattern with stars. Repeatable.")
    private List<String> failOn = new ArrayList<>();

    @Option(
            names = "--fail-on-inconclusive",
            description = "End with status 5 if a rule of --fail-on can be neither broken nor kept.")
    private boolean failOnInconclusive;

    @Option(
            names = "--allow-different",
            description = "Compare what should not be: another CPU, JDK or other flags. The output is stamped.")
    private boolean allowDifferent;

    @Option(
            names = "--only",
            paramLabel = "CASES",
            description = "Only cases whose name has this in it, or fits it if there is a star. Fewer comparisons show"
                    + " smaller differences. Repeatable.")
    private List<String> only = new ArrayList<>();

    @Option(names = "--changed", description = "Show only rows that differ.")
    private boolean changedOnly;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "TEXT",
            description = "text, markdown, csv or json (${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "Write a page, too: one file that opens without a network.")
    private @Nullable Path html;

    @Option(names = "--json", paramLabel = "FILE", description = "Write what programs read, too.")
    private @Nullable Path json;

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (folders.size() < 2) {
            throw new BadInputException(
                    "compare needs two folders at least, the base first: got '" + folders.get(0) + "'");
        }
        if (!(thresholdPercent >= 0 && thresholdPercent <= 100)) {
            throw new BadInputException("bad threshold '" + thresholdPercent + "': expected 0 to 100 percent");
        }
        final List<FailOn> rules = failOn.stream().map(FailOn::parse).toList();
        final RunComparison comparison = RunComparison.of(
                named(),
                new RunComparison.Wanted(
                        measure,
                        thresholdPercent / 100,
                        rules,
                        only.stream().map(Glob::new).toList()));
        final Console console = verbosity.console(spec);
        check(comparison, console);
        if (html != null) {
            AtomicFile.write(html, new ComparePage(comparison).html());
        }
        if (json != null) {
            AtomicFile.write(json, JmhJson.pretty(CompareData.json(comparison)));
        }
        switch (format) {
            case TEXT ->
                new CompareText(comparison, changedOnly).terminal(console::bold).forEach(console.out()::println);
            case MARKDOWN -> new CompareText(comparison, changedOnly).markdown().forEach(console.out()::println);
            case CSV -> console.out().print(CompareData.csv(comparison));
            case JSON -> console.out().print(JmhJson.pretty(CompareData.json(comparison)));
        }
        console.out().flush();
        comparison.failures().forEach(failure -> console.err().println("gup-bench: regression: " + failure));
        if (!comparison.failures().isEmpty()) {
            return ExitStatus.REGRESSION;
        }
        if (failOnInconclusive && !comparison.undecided().isEmpty()) {
            comparison.undecided().forEach(rule -> console.err().println("gup-bench: inconclusive: " + rule));
            return ExitStatus.INCONCLUSIVE;
        }
        return ExitStatus.DONE;
    }

    /** Refuses what may not be compared; says on stderr what is odd, so that a file of results stays clean. */
    private void check(final RunComparison comparison, final Console console) {
        for (final RunPair pair : comparison.pairs()) {
            if (pair.comparability().level() == Level.REFUSED && !allowDifferent) {
                throw new NotComparableException("'" + comparison.baseLabel() + "' and '" + pair.label()
                        + "' are not comparable: "
                        + String.join("; ", pair.comparability().refusals())
                        + " (--allow-different compares them all the same)");
            }
            if (pair.rows().isEmpty() && pair.counts().isEmpty()) {
                throw new NotComparableException("'" + comparison.baseLabel() + "' and '" + pair.label()
                        + "' have no case in common" + (only.isEmpty() ? "" : " that matches " + only));
            }
            if (!console.quiet()) {
                pair.comparability()
                        .flags()
                        .forEach(flag -> console.err().println("gup-bench: " + pair.label() + ": " + flag));
            }
        }
    }

    /** Labels are those given, else the folders' names, made different by a number if need be. */
    private List<RunComparison.Named> named() {
        final List<RunComparison.Named> runs = new ArrayList<>();
        final Set<String> taken = new HashSet<>();
        for (final String argument : folders) {
            final int equals = argument.indexOf('=');
            final boolean labelled =
                    equals > 0 && !argument.substring(0, equals).contains("/");
            final Path folder = Path.of(labelled ? argument.substring(equals + 1) : argument);
            final var run = RunReader.read(folder);
            final String wanted = labelled ? argument.substring(0, equals) : run.name();
            String label = wanted;
            for (int twin = 2; !taken.add(label); twin++) {
                label = wanted + "-" + twin;
            }
            runs.add(new RunComparison.Named(label, run));
        }
        return runs;
    }
}
