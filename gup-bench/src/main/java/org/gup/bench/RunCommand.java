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
import org.gup.bench.plan.Profile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Runs the main job. */
@Command(
        name = RunCommand.NAME,
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Runs the main job: getUserPagesFast against getUserPages, get and put apart.",
        footer = {
            "",
            "Leaves one folder under the results folder, or nothing: jmh.json, rounds.json, pages.json,",
            "environment.json, summary.md, cost.svg, jmh.log. Paths, host and user names are scrubbed."
        })
final class RunCommand implements Callable<Integer> {
    static final String NAME = "run";

    private static final String VERBOSE = "--verbose";
    private static final String SYNTHETIC = "synthetic";
    private static final Pattern RESULT_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final int SEEDS = 1_000_000_000;

    @Option(
            names = "--profile",
            paramLabel = "PROFILE",
            defaultValue = "default",
            description = "smoke (under a minute), default (two minutes) or full (under an hour).")
    private String profile = "";

    @Option(
            names = "--layout",
            paramLabel = "LAYOUT",
            description = "Address space: synthetic, tables:bundled (the dump that comes along) or tables:DIR/NAME"
                    + " (pagetables-NAME.bin.gz, NAME.cr3, ... in DIR). Repeatable. Without it: synthetic and"
                    + " tables:bundled.")
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

    @Option(names = "--dry-run", description = "Print the plan, measure and write nothing.")
    private boolean dryRun;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress.")
    private boolean quiet;

    @Option(
            names = {"-v", VERBOSE},
            description = "What JMH says, and stack traces.")
    private boolean verbose;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        final MainJob.Request request = new MainJob.Request(
                Profile.named(profile)
                        .orElseThrow(() -> new BadInputException(
                                "bad profile '" + profile + "': expected smoke, default or full")),
                parsedLayouts(),
                results,
                Optional.ofNullable(name),
                seed == null ? ThreadLocalRandom.current().nextInt(SEEDS) : seed,
                spec.commandLine().getParseResult().originalArgs());
        if (name != null && !RESULT_NAME.matcher(name).matches()) {
            throw new BadInputException(
                    "bad name '" + name + "': expected letters, digits, dots, dashes and underscores, at most 64");
        }
        final Console console =
                new Console(spec.commandLine().getOut(), spec.commandLine().getErr(), quiet, verbose);
        final MainJob job = new MainJob(request, console);
        return dryRun ? job.printPlan() : job.run();
    }

    private List<Layout> parsedLayouts() {
        final Set<Layout> parsed = new LinkedHashSet<>();
        for (final String layout : layouts.isEmpty() ? List.of(SYNTHETIC, Layout.BUNDLED.name()) : layouts) {
            if (layout.equals(SYNTHETIC)) {
                parsed.add(Layout.BASE_PAGES);
                parsed.add(Layout.HUGE_PAGE);
            } else if (new Layout(layout).isDump()) {
                parsed.add(new Layout(layout).absolute());
            } else {
                throw new BadInputException(
                        "bad layout '" + layout + "': expected synthetic, tables:bundled or tables:DIR/NAME");
            }
        }
        return List.copyOf(parsed);
    }

    /** Whether the command that failed was asked for stack traces. */
    static boolean isVerbose(final ParseResult parsed) {
        return parsed.hasMatchedOption(VERBOSE)
                || (parsed.hasSubcommand() && parsed.subcommand().hasMatchedOption(VERBOSE));
    }
}
