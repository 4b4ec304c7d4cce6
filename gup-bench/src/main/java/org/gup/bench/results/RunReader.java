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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.error.BadInputException;

/** Reads the folder of a run, of this version of the format or the one before. */
public final class RunReader {
    private static final String ROUNDS = "rounds.json";
    private static final String ENVIRONMENT = "environment.json";

    private RunReader() {}

    /**
     * Reads a folder.
     *
     * @param folder as a run left it
     * @return the run
     * @throws BadInputException if it is none
     */
    public static Run read(final Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new BadInputException("'" + folder + "' is not a results folder: "
                    + (Files.exists(folder) ? "not a folder" : "there is none"));
        }
        if (Files.exists(folder.resolve(UnfinishedRun.PLAN)) && !Files.exists(folder.resolve(ROUNDS))) {
            return UnfinishedRun.open(folder).asRun();
        }
        final JsonObject rounds = object(folder, ROUNDS);
        final String schema = text(folder, rounds, "schema");
        try {
            return switch (schema) {
                case Run.SCHEMA -> version2(folder, rounds);
                case Run.SCHEMA_1 -> version1(folder, rounds);
                default ->
                    throw new BadInputException("'" + folder.resolve(ROUNDS) + "': schema '" + schema + "' is none of "
                            + Run.SCHEMA + ", " + Run.SCHEMA_1);
            };
        } catch (final JsonParseException
                | IllegalStateException
                | NullPointerException
                | IllegalArgumentException wrong) {
            throw new BadInputException("'" + folder + "' is damaged: " + wrong.getMessage());
        }
    }

    private static Run version2(final Path folder, final JsonObject rounds) {
        final List<CaseInfo> planned = new ArrayList<>();
        rounds.getAsJsonArray("cases").forEach(info -> planned.add(CaseInfo.of(info.getAsJsonObject())));
        return new Run(
                nameOf(folder),
                Run.Status.of(text(folder, rounds, "status")),
                text(folder, rounds, "profile"),
                rounds.get("seed").getAsLong(),
                Run.rows(planned, forks(rounds)),
                planned,
                environments(folder),
                layouts(folder));
    }

    /** The parameters stand in jmh.json alone, whose element i is fork i. The order of the tables is that of the rounds. */
    private static Run version1(final Path folder, final JsonObject rounds) {
        final JsonArray jmh = array(folder, "jmh.json");
        final List<ForkRow> forks = forks(rounds);
        final Map<String, CaseInfo> planned = new LinkedHashMap<>();
        final Map<String, Integer> counts = new TreeMap<>();
        forks.forEach(fork -> counts.merge(fork.caseId(), 1, Integer::sum));
        for (int i = 0; i < forks.size(); i++) {
            final String id = forks.get(i).caseId();
            final JsonObject result = jmh.get(i).getAsJsonObject();
            final SortedMap<String, String> params = new TreeMap<>();
            if (result.has("params")) {
                result.getAsJsonObject("params")
                        .entrySet()
                        .forEach(param ->
                                params.put(param.getKey(), param.getValue().getAsString()));
            }
            planned.computeIfAbsent(
                    id,
                    first -> new CaseInfo(
                            id, id, result.get("benchmark").getAsString(), params, 0, counts.getOrDefault(id, 1)));
        }
        final List<CaseInfo> ordered = planned.values().stream()
                .sorted(Comparator.comparingInt(RunReader::layoutRank)
                        .thenComparing(info -> -Integer.parseInt(info.params().getOrDefault("pagesPerCall", "0")))
                        .thenComparing(CaseInfo::id))
                .toList();
        return new Run(
                nameOf(folder),
                Run.Status.COMPLETE,
                text(folder, rounds, "profile"),
                rounds.get("seed").getAsLong(),
                Run.rows(ordered, forks),
                ordered,
                environments(folder),
                layouts(folder));
    }

    private static int layoutRank(final CaseInfo info) {
        return List.of("none", "4K", "2M").indexOf(info.params().getOrDefault("layout", "none")) & Integer.MAX_VALUE;
    }

    private static List<ForkRow> forks(final JsonObject rounds) {
        final List<ForkRow> forks = new ArrayList<>();
        rounds.getAsJsonArray("forks").forEach(fork -> forks.add(ForkRow.of(fork.getAsJsonObject())));
        return forks;
    }

    /** One, or those of a merged run. */
    private static List<JsonObject> environments(final Path folder) {
        final JsonObject environment = object(folder, ENVIRONMENT);
        if (!environment.has("machines")) {
            return List.of(environment);
        }
        final List<JsonObject> machines = new ArrayList<>();
        environment.getAsJsonArray("machines").forEach(machine -> machines.add(machine.getAsJsonObject()));
        return machines;
    }

    private static List<JsonObject> layouts(final Path folder) {
        if (!Files.exists(folder.resolve("pages.json"))) {
            return List.of();
        }
        final List<JsonObject> layouts = new ArrayList<>();
        object(folder, "pages.json").getAsJsonArray("layouts").forEach(layout -> layouts.add(layout.getAsJsonObject()));
        return layouts;
    }

    private static String nameOf(final Path folder) {
        final Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    private static String text(final Path folder, final JsonObject json, final String member) {
        if (!json.has(member)) {
            throw new BadInputException("'" + folder + "' is damaged: " + ROUNDS + " has no " + member);
        }
        return json.get(member).getAsString();
    }

    static JsonObject object(final Path folder, final String file) {
        final JsonElement json = json(folder, file);
        if (!json.isJsonObject()) {
            throw new BadInputException("'" + folder.resolve(file) + "' is damaged: not an object");
        }
        return json.getAsJsonObject();
    }

    private static JsonArray array(final Path folder, final String file) {
        final JsonElement json = json(folder, file);
        if (!json.isJsonArray()) {
            throw new BadInputException("'" + folder.resolve(file) + "' is damaged: not an array");
        }
        return json.getAsJsonArray();
    }

    private static JsonElement json(final Path folder, final String file) {
        final Path path = folder.resolve(file);
        try {
            return JsonParser.parseString(Files.readString(path));
        } catch (final IOException absent) {
            throw new BadInputException("'" + folder + "' is not a results folder: cannot read " + file);
        } catch (final JsonParseException damaged) {
            throw new BadInputException("'" + path + "' is damaged: not JSON");
        }
    }
}
