package org.gup.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.gup.bench.compare.Comparability;
import org.gup.bench.env.Environment;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.error.NotComparableException;
import org.gup.bench.plan.Subject;
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

    /** A row of a fork. Forks that measure many cases have many. */
    private record Key(int order, String caseId) {}

    @Override
    public Integer call() {
        if (!RunCommand.RESULT_NAME.matcher(name).matches()) {
            throw new BadInputException("bad name '" + name + "'");
        }
        final List<Run> parts = folders.stream().map(RunReader::read).toList();
        final Run first = parts.get(0);
        final Map<Key, ForkRow> forks = new HashMap<>();
        final Map<Integer, JsonElement> jmh = new TreeMap<>();
        final Map<String, String> files = new TreeMap<>();
        final List<JsonObject> environments = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            final Run part = parts.get(i);
            check(first, part);
            for (final ForkRow row : part.forks()) {
                if (forks.put(new Key(row.order(), row.caseId()), row.onMachine(environments.size() + row.machine()))
                        != null) {
                    throw new BadInputException("fork " + row.order() + " is in two parts, one of them '"
                            + folders.get(i) + "': give every part once");
                }
            }
            jmh.putAll(jmh(folders.get(i), part));
            files.putAll(filesBeside(folders.get(i)));
            environments.addAll(part.environments());
        }
        final List<ForkRow> rows = List.copyOf(forks.values());
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
        write(merged, List.copyOf(jmh.values()), files);
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

    /** What JMH made of each of its forks, by the fork's position in the run. */
    private static Map<Integer, JsonElement> jmh(final Path folder, final Run part) {
        final List<ForkRow> ofJmh = part.cases().stream()
                .filter(rows -> Subject.of(rows.info().benchmark()).isPresent())
                .flatMap(rows -> rows.forks().stream())
                .sorted(Comparator.comparingInt(ForkRow::order))
                .toList();
        try {
            final JsonArray jmh = JsonParser.parseString(Files.readString(folder.resolve("jmh.json")))
                    .getAsJsonArray();
            if (jmh.size() == ofJmh.size()) {
                final Map<Integer, JsonElement> byOrder = new HashMap<>();
                for (int i = 0; i < jmh.size(); i++) {
                    byOrder.put(ofJmh.get(i).order(), jmh.get(i));
                }
                return byOrder;
            }
        } catch (final IOException | RuntimeException unusable) {
            // Said below.
        }
        throw new BadInputException("'" + folder.resolve("jmh.json") + "' does not fit rounds.json");
    }

    /** The files in the folders of a part: each belongs to one fork, and its name to that fork alone. */
    private static Map<String, String> filesBeside(final Path part) {
        final Map<String, String> files = new TreeMap<>();
        try (Stream<Path> inside = Files.walk(part)) {
            for (final Path file : inside.filter(Files::isRegularFile).toList()) {
                if (!part.equals(file.getParent())) {
                    files.put(part.relativize(file).toString().replace('\\', '/'), Files.readString(file));
                }
            }
        } catch (final IOException unreadable) {
            throw new BadInputException("cannot read what is in '" + part + "'");
        }
        return files;
    }

    private void write(final Run merged, final List<JsonElement> jmh, final Map<String, String> files) {
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
            files.forEach(folder::write);
            ReportCommand.files(merged).forEach(folder::write);
            final Path published = folder.publish();
            if (!console.quiet()) {
                new Summary(merged).terminal(console::bold).forEach(console.out()::println);
            }
            console.out().println("results: " + published);
            console.out().flush();
        }
    }
}
