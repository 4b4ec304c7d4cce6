package org.gup.bench.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * A run as its folder tells it: everything that is said about a run, a comparison or a report comes from here, never from the
 * JVM that happened to measure it.
 *
 * @param name of the folder
 * @param status how it ended
 * @param profile how much time it was given
 * @param seed of the order
 * @param cases what was measured, in the order of the tables
 * @param planned cases that were planned, measured or not
 * @param environments of each machine; never empty
 * @param layouts which way the pages of each address space go, as in {@code pages.json}
 */
public record Run(
        String name,
        Status status,
        String profile,
        long seed,
        List<CaseRows> cases,
        List<CaseInfo> planned,
        List<JsonObject> environments,
        List<JsonObject> layouts) {
    /** Name and version of the format of {@code rounds.json}. */
    public static final String SCHEMA = "gup-bench-rounds/2";

    /** The version before: no list of cases, parameters in {@code jmh.json} alone. */
    static final String SCHEMA_1 = "gup-bench-rounds/1";

    /** How a run ended. */
    public enum Status {
        /** Every planned fork was measured. */
        COMPLETE,
        /** A part of a run, by {@code --shard}; every fork of that part was measured. */
        SHARD,
        /** Told to end in the middle. */
        INTERRUPTED,
        /** A fork failed. */
        FAILED;

        /**
         * As it is written.
         *
         * @return a word
         */
        public String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        static Status of(final String word) {
            return valueOf(word.toUpperCase(java.util.Locale.ROOT));
        }
    }

    /** Copies the lists. */
    public Run {
        cases = List.copyOf(cases);
        planned = List.copyOf(planned);
        environments = List.copyOf(environments);
        layouts = List.copyOf(layouts);
        if (environments.isEmpty()) {
            throw new IllegalArgumentException("no environment: " + name);
        }
    }

    /**
     * Puts forks under their cases.
     *
     * @param planned the cases, in the order of the tables
     * @param forks in any order
     * @return a row for each case that has a fork
     */
    public static List<CaseRows> rows(final List<CaseInfo> planned, final List<ForkRow> forks) {
        final Map<String, List<ForkRow>> byCase = new LinkedHashMap<>();
        planned.forEach(info -> byCase.put(info.id(), new ArrayList<>()));
        forks.stream().sorted(Comparator.comparingInt(ForkRow::order)).forEach(fork -> {
            final List<ForkRow> ofCase = byCase.get(fork.caseId());
            if (ofCase == null) {
                throw new IllegalArgumentException("not planned: " + fork.caseId());
            }
            ofCase.add(fork);
        });
        final List<CaseRows> rows = new ArrayList<>();
        for (final CaseInfo info : planned) {
            final List<ForkRow> ofCase = byCase.getOrDefault(info.id(), List.of());
            if (!ofCase.isEmpty()) {
                rows.add(new CaseRows(info, ofCase));
            }
        }
        return rows;
    }

    /**
     * The environment of its first machine.
     *
     * @return the content of {@code environment.json}
     */
    public JsonObject environment() {
        return environments.get(0);
    }

    /**
     * A fact of the environment.
     *
     * @param path names, from the outermost, such as {@code cpu}, {@code model}
     * @return its text, or "unknown"
     */
    public String fact(final String... path) {
        return fact(environment(), path);
    }

    /**
     * A fact of an environment.
     *
     * @param environment of one machine
     * @param path names, from the outermost
     * @return its text, or "unknown"
     */
    public static String fact(final JsonObject environment, final String... path) {
        JsonElement at = environment;
        for (final String name : path) {
            if (!at.isJsonObject() || !at.getAsJsonObject().has(name)) {
                return "unknown";
            }
            at = at.getAsJsonObject().get(name);
        }
        return at.isJsonPrimitive() ? at.getAsString() : at.toString();
    }

    /**
     * Processors of the first machine.
     *
     * @return at least 1
     */
    public int cpus() {
        final JsonElement cpu = environment().get("cpu");
        return cpu == null ? 1 : cpu.getAsJsonObject().get("logicalCpus").getAsInt();
    }

    /**
     * A measured case.
     *
     * @param id its name
     * @return the case, if it was measured
     */
    public Optional<CaseRows> find(final String id) {
        return cases.stream().filter(row -> row.info().id().equals(id)).findFirst();
    }

    /**
     * All forks.
     *
     * @return in the order in which they ran
     */
    public List<ForkRow> forks() {
        return cases.stream()
                .flatMap(row -> row.forks().stream())
                .sorted(Comparator.comparingInt(ForkRow::order))
                .toList();
    }

    /**
     * JVMs that measured it.
     *
     * @return how many; one that measured many cases counts once
     */
    public int jvms() {
        return count(fork -> true);
    }

    /**
     * JVMs that something disturbed.
     *
     * @return how many
     */
    public int disturbedJvms() {
        return count(ForkRow::disturbed);
    }

    private int count(final Predicate<ForkRow> chosen) {
        record Jvm(int machine, int order) {}

        return (int) forks().stream()
                .filter(chosen)
                .map(fork -> new Jvm(fork.machine(), fork.order()))
                .distinct()
                .count();
    }

    /**
     * Names of all counters.
     *
     * @return each once
     */
    public Set<String> counters() {
        final Set<String> names = new LinkedHashSet<>();
        cases.forEach(
                row -> row.forks().forEach(fork -> names.addAll(fork.counters().keySet())));
        return names;
    }

    /**
     * The same without what says whose machine it came from: the same as reading back what was written.
     *
     * @param scrub what to do to a text
     * @return a copy
     */
    public Run scrubbed(final UnaryOperator<String> scrub) {
        final List<CaseInfo> infos = planned.stream()
                .map(info -> CaseInfo.of(object(info.json(), scrub)))
                .toList();
        return new Run(
                name,
                status,
                profile,
                seed,
                rows(
                        infos,
                        forks().stream()
                                .map(fork -> ForkRow.of(object(fork.json(), scrub)))
                                .toList()),
                infos,
                environments.stream().map(one -> object(one, scrub)).toList(),
                layouts.stream().map(one -> object(one, scrub)).toList());
    }

    private static JsonObject object(final JsonObject json, final UnaryOperator<String> scrub) {
        return JmhJson.scrubbed(json, scrub).getAsJsonObject();
    }

    /**
     * {@code rounds.json}: every fork in the order it ran.
     *
     * @return an object to be scrubbed and written
     */
    public JsonObject roundsJson() {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", SCHEMA);
        json.addProperty("status", status.word());
        json.addProperty("profile", profile);
        json.addProperty("seed", seed);
        final JsonArray infos = new JsonArray();
        planned.forEach(info -> infos.add(info.json()));
        json.add("cases", infos);
        final JsonArray rows = new JsonArray();
        forks().forEach(fork -> rows.add(fork.json()));
        json.add("forks", rows);
        return json;
    }
}
