package org.gup.bench.results;

import com.google.gson.JsonObject;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a row of results is about, whatever the question: a benchmark with its parameters, under a name.
 *
 * @param id stable name; the same case has the same one in every run
 * @param label what a reader calls it
 * @param benchmark class and method
 * @param params the benchmark's parameters
 * @param operations pages of one invocation, if they are not those of the annotation; else 0
 * @param forks how many JVMs were planned for it
 */
public record CaseInfo(
        String id, String label, String benchmark, SortedMap<String, String> params, int operations, int forks) {
    /** Copies the parameters. */
    public CaseInfo {
        params = new TreeMap<>(params);
    }

    /**
     * What two rows must share to be compared: the benchmark and its parameters; their name does not matter.
     *
     * @return a key
     */
    public String key() {
        final boolean twin = id.contains("#");
        return benchmark
                + params
                + (operations == 0 ? "" : "/" + operations)
                + (twin ? id.substring(id.indexOf('#')) : "");
    }

    /**
     * As it is written.
     *
     * @return an object to be scrubbed
     */
    public JsonObject json() {
        final JsonObject json = new JsonObject();
        json.addProperty("case", id);
        json.addProperty("label", label);
        json.addProperty("benchmark", benchmark);
        final JsonObject parameters = new JsonObject();
        params.forEach(parameters::addProperty);
        json.add("params", parameters);
        json.addProperty("operations", operations);
        json.addProperty("plannedForks", forks);
        return json;
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @param json the object
     * @return the case
     */
    public static CaseInfo of(final JsonObject json) {
        final SortedMap<String, String> params = new TreeMap<>();
        json.getAsJsonObject("params").entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(param -> params.put(param.getKey(), param.getValue().getAsString()));
        return new CaseInfo(
                json.get("case").getAsString(),
                json.get("label").getAsString(),
                json.get("benchmark").getAsString(),
                params,
                json.get("operations").getAsInt(),
                json.get("plannedForks").getAsInt());
    }
}
