package org.gup.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.gup.bench.error.BadInputException;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.Experiment;
import org.gup.bench.results.UnfinishedRun;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the main job. */
@Command(
        name = RunCommand.NAME,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs the main job: fast or slow, what migration costs, what a check costs.",
        footer = {
            "",
            "Leaves one folder under the results folder, or nothing: report.html and summary.md with the answers, cost.svg,",
            "cases.csv, forks.csv; jmh.json, rounds.json, pages.json, environment.json, jmh.log. Paths, host and user names",
            "are scrubbed. When it is interrupted, what was finished is kept as NAME.interrupted, and --resume goes on.",
            "",
            "Examples:",
            "  gup-bench run --profile full --name nightly",
            "  gup-bench run --only 'get-*/4K/*'             some cases; 'list' shows their names",
            "  gup-bench run --experiment june-2019          the mails' measurement once more, theirs beside ours",
            "  gup-bench run --shard 2/8                     one of eight parts, to be put together by 'merge'",
            "  gup-bench run --resume results/local/X.interrupted"
        })
final class RunCommand implements Callable<Integer> {
    static final String NAME = "run";

    private static final String SYNTHETIC = "synthetic";
    static final Pattern RESULT_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int MOST_PAIRS = 100;
    private static final int SEEDS = 1_000_000_000;

    @Mixin
    private CaseOptions chosen = new CaseOptions();

    @Option(
            names = "--layout",
            paramLabel = "LAYOUT",
            description = "Address space: synthetic, tables:bundled (the dump that comes along), tables:DIR/NAME"
                    + " (pagetables-NAME.bin.gz, NAME.cr3, ... in DIR), proc:PID (a live process, recorded once for all"
                    + " JVMs) or file:DIR/NAME (one that 'layout --save' has recorded). Repeatable. Without it: synthetic"
                    + " and tables:bundled.")
    private List<String> layouts = new ArrayList<>();

    @Option(
            names = "--results",
            paramLabel = "DIR",
            defaultValue = "results/local",
            description = "Where the folder goes (${DEFAULT-VALUE}).")
    private Path results = Path.of(".");

    @Option(names = "--name", paramLabel = "NAME", description = "Added to the folder's name.")
    private @Nullable String name;

    @Option(names = "--seed", paramLabel = "N", description = "Order of the forks; random without it. Printed.")
    private @Nullable Long seed;

    @Option(
            names = "--aa",
            paramLabel = "N",
            description = "Measure the same code as N pairs (1 to 100) in place of the profile's cases: how different"
                    + " they look is what noise looks like here.")
    private int sameCodePairs;

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            description = "Run the I-th of N parts, as one job of a batch system; give all of them the same --seed."
                    + " 'merge' puts them together.")
    private @Nullable String shard;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Go on with an interrupted run. Everything else is as it was then.")
    private @Nullable Path resume;

    @Option(
            names = "--allow-different",
            description = "With --resume: go on although the program, the JDK or the machine is another one.")
    private boolean allowDifferent;

    @Option(names = "--dry-run", description = "Print the plan, measure and write nothing.")
    private boolean dryRun;

    @Mixin
    private WhatIfOptions supposed = new WhatIfOptions();

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final Console console = verbosity.console(spec);
        final List<String> arguments = spec.commandLine().getParseResult().originalArgs();
        if (resume != null) {
            return resume(resume, arguments, console);
        }
        if (name != null && !RESULT_NAME.matcher(name).matches()) {
            throw new BadInputException(
                    "bad name '" + name + "': expected letters, digits, dots, dashes and underscores, at most 64");
        }
        if (spec.commandLine().getParseResult().hasMatchedOption("--aa")
                && (sameCodePairs < 1 || sameCodePairs > MOST_PAIRS)) {
            throw new BadInputException("bad --aa '" + sameCodePairs + "': expected 1 to " + MOST_PAIRS);
        }
        final Optional<Experiment> asked = chosen.experiment();
        if (asked.isPresent() && sameCodePairs > 0) {
            throw new BadInputException("--experiment and --aa ask for different things: give one of them");
        }
        if (shard != null && seed == null && !dryRun) {
            throw new BadInputException("--shard needs --seed: all parts must shuffle alike");
        }
        final MainJob.Request request = new MainJob.Request(
                chosen.profile(),
                asked.isPresent() ? List.of() : parsedLayouts(),
                results,
                Optional.ofNullable(name),
                seed == null ? ThreadLocalRandom.current().nextInt(SEEDS) : seed,
                arguments,
                new MainJob.Scope(
                        chosen.only(),
                        sameCodePairs,
                        asked,
                        Optional.ofNullable(shard).map(Resumption::shard)));
        final MainJob job = new MainJob(request, console, supposed.whatIf());
        return dryRun ? job.printPlan() : job.run();
    }

    private int resume(final Path folder, final List<String> arguments, final Console console) {
        final UnfinishedRun unfinished = UnfinishedRun.open(folder);
        if (!allowDifferent) {
            Resumption.checkSameWorld(unfinished);
        }
        final MainJob job = new MainJob(Resumption.request(unfinished, arguments), console, supposed.whatIf());
        return dryRun ? job.printPlan() : job.resume(unfinished);
    }

    private List<Layout> parsedLayouts() {
        final Set<Layout> parsed = new LinkedHashSet<>();
        for (final String layout : layouts.isEmpty() ? List.of(SYNTHETIC, Layout.BUNDLED.name()) : layouts) {
            if (layout.equals(SYNTHETIC)) {
                parsed.add(Layout.BASE_PAGES);
                parsed.add(Layout.HUGE_PAGE);
            } else if (new Layout(layout).isDump()) {
                parsed.add(new Layout(layout).frozen());
            } else {
                throw new BadInputException("bad layout '" + layout + "': expected " + Layout.FORMS);
            }
        }
        return List.copyOf(parsed);
    }
}
