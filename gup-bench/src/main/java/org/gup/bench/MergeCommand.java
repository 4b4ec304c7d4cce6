package org.gup.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.gup.bench.compare.Comparability;
import org.gup.bench.env.Environment;
import org.gup.bench.env.Scrubber;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.error.NotComparableException;
import org.gup.bench.report.Summary;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.gup.bench.results.ResultsFolder;
import org.gup.bench.results.Run;
import org.gup.bench.results.RunReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts the parts of a run together. */
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Puts the parts of a run, made by run --shard, together into one folder.",
            "",
            "Every row keeps its machine. Parts must come from one seed, profile and JDK, and none may be missing."
        },
        footer = {
            "",
            "Example, a Slurm array of eight jobs:",
            "  gup-bench run --profile full --seed 7 --shard $SLURM_ARRAY_TASK_ID/8 --results parts",
            "  gup-bench merge parts/* --name sweep"
        })
final class MergeCommand implements Callable<Integer> {
    @Parameters(arity = "2..*", paramLabel = "DIR", description = "Folders that run --shard left.")
    private List<Path> folders = new ArrayList<>();

    @Option(
            names = "--results",
            paramLabel = "DIR",
            defaultValue = "results/local",
            description = "Where the folder goes (${DEFAULT-VALUE}).")
    private Path results = Path.of(".");

    @Option(
            names = "--name",
            paramLabel = "NAME",
            defaultValue = "merged",
            description = "Its name (${DEFAULT-VALUE}).")
    private String name = "";

    @Option(names = "--partial", description = "Merge although parts are missing; the result is marked.")
    private boolean partial;

    @Option(names = "--allow-different", description = "Merge although JDKs or flags differ.")
    private boolean allowDifferent;

    @Mixin
    private Verbosity verbosity = new Verbosity();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    /** A fork and what JMH made of it. */
    private record Merged(ForkRow row, JsonElement jmh) {}

    @Override
    public Integer call() {
        if (!RunCommand.RESULT_NAME.matcher(name).matches()) {
            throw new BadInputException("bad name '" + name + "'");
        }
        final List<Run> parts = folders.stream().map(RunReader::read).toList();
        final Run first = parts.get(0);
        final Map<Integer, Merged> forks = new TreeMap<>();
        final List<JsonObject> environments = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            final Run part = parts.get(i);
            check(first, part);
            final JsonArray jmh = jmh(folders.get(i), part);
            final List<ForkRow> rows = part.forks();
            for (int fork = 0; fork < rows.size(); fork++) {
                final ForkRow row = rows.get(fork)
                        .onMachine(environments.size() + rows.get(fork).machine());
                if (forks.put(row.order(), new Merged(row, jmh.get(fork))) != null) {
                    throw new BadInputException("fork " + row.order() + " is in two parts, one of them '"
                            + folders.get(i) + "': give every part once");
                }
            }
            environments.addAll(part.environments());
        }
        final List<ForkRow> rows = forks.values().stream().map(Merged::row).toList();
        final long missing = missing(first.planned(), rows);
        if (missing > 0 && !partial) {
            throw new BadInputException(
                    missing + " forks are missing: give all parts (--partial merges what there is)");
        }
        final Run merged = new Run(
                name,
                missing > 0 ? Run.Status.INTERRUPTED : Run.Status.COMPLETE,
                first.profile(),
                first.seed(),
                Run.rows(first.planned(), rows),
                first.planned(),
                environments,
                first.layouts());
        write(merged, forks.values().stream().map(Merged::jmh).toList());
        return ExitStatus.DONE;
    }

    private void check(final Run first, final Run part) {
        if (part.seed() != first.seed()
                || !part.profile().equals(first.profile())
                || !part.planned().equals(first.planned())) {
            throw new NotComparableException("'" + first.name() + "' and '" + part.name()
                    + "' are not parts of one run: another seed, profile or set of cases");
        }
        final List<String> differences = Comparability.differences(first.environment(), part.environment(), false);
        if (!differences.isEmpty() && !allowDifferent) {
            throw new NotComparableException("'" + first.name() + "' and '" + part.name() + "' do not fit together: "
                    + String.join("; ", differences) + " (--allow-different merges them all the same)");
        }
    }

    private static long missing(final List<CaseInfo> planned, final List<ForkRow> rows) {
        return planned.stream()
                .mapToLong(info -> Math.max(
                        0,
                        info.forks()
                                - rows.stream()
                                        .filter(row -> row.caseId().equals(info.id()))
                                        .count()))
                .sum();
    }

    private static JsonArray jmh(final Path folder, final Run part) {
        try {
            final JsonArray jmh = JsonParser.parseString(Files.readString(folder.resolve("jmh.json")))
                    .getAsJsonArray();
            if (jmh.size() == part.forks().size()) {
                return jmh;
            }
        } catch (final IOException | RuntimeException unusable) {
            // Said below.
        }
        throw new BadInputException("'" + folder.resolve("jmh.json") + "' does not fit rounds.json");
    }

    private void write(final Run merged, final List<JsonElement> jmh) {
        final Scrubber scrubber = Scrubber.ofThisMachine();
        final Console console = verbosity.console(spec);
        try (ResultsFolder folder = ResultsFolder.open(results, name)) {
            folder.write("jmh.json", JmhJson.pretty(JmhJson.merge(jmh)));
            folder.write("rounds.json", JmhJson.pretty(merged.roundsJson()));
            folder.write("pages.json", JmhJson.pretty(MainJob.pages(merged.layouts())));
            final JsonObject environment = new JsonObject();
            environment.addProperty("schema", Environment.SCHEMA);
            final JsonArray machines = new JsonArray();
            merged.environments().forEach(machines::add);
            environment.add("machines", machines);
            folder.write("environment.json", JmhJson.pretty(environment));
            ReportCommand.files(merged).forEach((file, content) -> folder.write(file, scrubber.scrub(content)));
            final Path published = folder.publish();
            if (!console.quiet()) {
                new Summary(merged).terminal(console::bold).forEach(console.out()::println);
            }
            console.out().println("results: " + published);
            console.out().flush();
        }
    }
}
