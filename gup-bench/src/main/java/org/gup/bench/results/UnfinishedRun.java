package org.gup.bench.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.gup.bench.error.BadInputException;

/**
 * What a run leaves that was told to end in the middle: the plan as it was at the start, and a file for each fork that was
 * finished. It can be compared and reported as it is, and {@code run --resume} goes on with it.
 *
 * @param folder where it is
 * @param plan what was to be done
 * @param forks what was done: the fork's row and JMH's result by position in the run
 * @param extras what forks did that measure many cases, by position in the run
 */
public record UnfinishedRun(
        Path folder, JsonObject plan, Map<Integer, Finished> forks, Map<Integer, FinishedExtra> extras) {
    /** Name of the file with the plan. */
    public static final String PLAN = "plan.json";
    /** Name and version of its format. */
    public static final String SCHEMA = "gup-bench-plan/1";

    private static final String FORK = "fork-";
    private static final String EXTRA = "extra-";

    /**
     * A fork that was finished.
     *
     * @param row what it measured
     * @param jmh what JMH makes of it
     */
    public record Finished(ForkRow row, JsonElement jmh) {}

    /**
     * A fork that was finished and measured many cases.
     *
     * @param rows what it measured
     * @param files what it left beside them, by name
     */
    public record FinishedExtra(List<ForkRow> rows, Map<String, String> files) {
        /** Copies both. */
        public FinishedExtra {
            rows = List.copyOf(rows);
            files = Map.copyOf(files);
        }
    }

    /**
     * The name of the file of a fork that measured many cases.
     *
     * @param order position in the run
     * @return a file name
     */
    public static String fileOfExtra(final int order) {
        return EXTRA + order + ".json";
    }

    /**
     * The name of a fork's file.
     *
     * @param order position in the run
     * @return a file name
     */
    public static String fileOf(final int order) {
        return FORK + order + ".json";
    }

    /**
     * Whether a file is part of an unfinished run only.
     *
     * @param file its name
     * @return true for the plan and the forks
     */
    public static boolean isScaffold(final String file) {
        return file.equals(PLAN) || isFork(file, FORK) || isFork(file, EXTRA);
    }

    private static boolean isFork(final String file, final String kind) {
        return file.startsWith(kind) && file.endsWith(".json");
    }

    /**
     * The content of a fork's file.
     *
     * @param finished the fork
     * @return an object to be scrubbed and written
     */
    public static JsonObject json(final Finished finished) {
        final JsonObject json = new JsonObject();
        json.add("row", finished.row().json());
        json.add("jmh", finished.jmh());
        return json;
    }

    /**
     * The content of the file of a fork that measured many cases.
     *
     * @param finished the fork
     * @return an object to be scrubbed and written
     */
    public static JsonObject json(final FinishedExtra finished) {
        final JsonObject json = new JsonObject();
        final JsonArray rows = new JsonArray();
        finished.rows().forEach(row -> rows.add(row.json()));
        json.add("rows", rows);
        final JsonObject files = new JsonObject();
        finished.files().forEach(files::addProperty);
        json.add("files", files);
        return json;
    }

    /**
     * Reads a folder. A file that was being written when everything ended counts as not finished.
     *
     * @param folder of an unfinished run
     * @return what is in it
     * @throws BadInputException if it is none
     */
    public static UnfinishedRun open(final Path folder) {
        if (!Files.exists(folder.resolve(PLAN))) {
            throw new BadInputException("'" + folder + "' is not an unfinished run: there is no " + PLAN + " in it");
        }
        final JsonObject plan = RunReader.object(folder, PLAN);
        if (!plan.has("schema") || !plan.get("schema").getAsString().equals(SCHEMA)) {
            throw new BadInputException("'" + folder.resolve(PLAN) + "': the schema is not " + SCHEMA);
        }
        final Map<Integer, Finished> forks = new TreeMap<>();
        final Map<Integer, FinishedExtra> extras = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (final Path file : files.toList()) {
                final String name = file.getFileName().toString();
                if (isFork(name, FORK)) {
                    read(file, forks);
                } else if (isFork(name, EXTRA)) {
                    readExtra(file, extras);
                }
            }
        } catch (final IOException unreadable) {
            throw new BadInputException("cannot read '" + folder + "'");
        }
        return new UnfinishedRun(folder, plan, forks, extras);
    }

    private static void read(final Path file, final Map<Integer, Finished> forks) throws IOException {
        try {
            final JsonObject fork =
                    JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            final ForkRow row = ForkRow.of(fork.getAsJsonObject("row"));
            forks.put(row.order(), new Finished(row, fork.get("jmh")));
        } catch (final JsonParseException | IllegalStateException | NullPointerException torn) {
            // Not finished: it is measured again.
        }
    }

    private static void readExtra(final Path file, final Map<Integer, FinishedExtra> extras) throws IOException {
        try {
            final JsonObject extra =
                    JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            final List<ForkRow> rows = new ArrayList<>();
            extra.getAsJsonArray("rows").forEach(row -> rows.add(ForkRow.of(row.getAsJsonObject())));
            final Map<String, String> files = new TreeMap<>();
            extra.getAsJsonObject("files")
                    .entrySet()
                    .forEach(each -> files.put(each.getKey(), each.getValue().getAsString()));
            if (!rows.isEmpty()) {
                extras.put(rows.get(0).order(), new FinishedExtra(rows, files));
            }
        } catch (final JsonParseException | IllegalStateException | NullPointerException torn) {
            // Not finished: it is measured again.
        }
    }

    /**
     * As a run like any other, marked as interrupted.
     *
     * @return the run
     */
    public Run asRun() {
        final List<CaseInfo> planned = new ArrayList<>();
        plan.getAsJsonArray("cases").forEach(info -> planned.add(CaseInfo.of(info.getAsJsonObject())));
        final List<JsonObject> layouts = new ArrayList<>();
        final JsonArray pages = plan.getAsJsonArray("layouts");
        pages.forEach(layout -> layouts.add(layout.getAsJsonObject()));
        final List<ForkRow> rows =
                new ArrayList<>(forks.values().stream().map(Finished::row).toList());
        extras.values().forEach(extra -> rows.addAll(extra.rows()));
        return new Run(
                plan.get("name").getAsString(),
                Run.Status.INTERRUPTED,
                plan.get("profile").getAsString(),
                plan.get("seed").getAsLong(),
                Run.rows(planned, rows),
                planned,
                List.of(plan.getAsJsonObject("environment")),
                layouts);
    }
}
