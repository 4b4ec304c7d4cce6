package org.gup.bench.results;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one JVM measured, and how disturbed the machine was meanwhile.
 *
 * @param caseId what it measured
 * @param order position in the run, from 0
 * @param round the round it belongs to, from 0
 * @param machine which of the run's machines it ran on, from 0
 * @param startedUtc when it was started
 * @param tookMillis how long it took, start and end of the JVM included
 * @param iterations scores of the measured iterations, in nanoseconds per page
 * @param counters secondary results, summed over the iterations
 * @param load1Before load average of the last minute before; NaN if unknown
 * @param load1After the same after
 * @param stealShare share of the CPU time that was stolen; NaN if unknown
 * @param othersBusy CPUs that others kept busy; NaN if unknown
 * @param disturbances a sentence for each; empty if nothing disturbed it
 */
public record ForkRow(
        String caseId,
        int order,
        int round,
        int machine,
        String startedUtc,
        long tookMillis,
        List<Double> iterations,
        SortedMap<String, Double> counters,
        double load1Before,
        double load1After,
        double stealShare,
        double othersBusy,
        List<String> disturbances) {
    /** Copies the collections. */
    public ForkRow {
        if (iterations.isEmpty()) {
            throw new IllegalArgumentException("a fork without iterations: " + caseId);
        }
        iterations = List.copyOf(iterations);
        counters = new TreeMap<>(counters);
        disturbances = List.copyOf(disturbances);
    }

    /**
     * The scores.
     *
     * @return nanoseconds per page
     */
    public double[] scores() {
        return iterations.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /**
     * The fork's score.
     *
     * @return the mean of its iterations, in nanoseconds per page
     */
    public double mean() {
        return iterations.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /**
     * Whether something disturbed it.
     *
     * @return false if nothing is known to have
     */
    public boolean disturbed() {
        return !disturbances.isEmpty();
    }

    /**
     * A counter of the benchmark.
     *
     * @param name such as {@code fastPages}
     * @return the sum over the iterations; 0 if there is no such counter
     */
    public long counter(final String name) {
        return Math.round(counters.getOrDefault(name, 0.0));
    }

    /**
     * The same fork on another of the run's machines.
     *
     * @param other the machine
     * @return a copy
     */
    public ForkRow onMachine(final int other) {
        return new ForkRow(
                caseId,
                order,
                round,
                other,
                startedUtc,
                tookMillis,
                iterations,
                counters,
                load1Before,
                load1After,
                stealShare,
                othersBusy,
                disturbances);
    }

    /**
     * As it is written.
     *
     * @return an object to be scrubbed
     */
    public JsonObject json() {
        final JsonObject json = new JsonObject();
        json.addProperty("case", caseId);
        json.addProperty("order", order);
        json.addProperty("round", round);
        json.addProperty("machine", machine);
        json.addProperty("startedUtc", startedUtc);
        json.addProperty("tookMillis", tookMillis);
        json.add("nsPerPage", finite(mean()));
        json.add("iterationsNsPerPage", array(iterations));
        final JsonObject sums = new JsonObject();
        counters.forEach((name, sum) -> sums.add(name, finite(sum)));
        json.add("counters", sums);
        json.add("load1Before", finite(load1Before));
        json.add("load1After", finite(load1After));
        json.add("stealShare", finite(stealShare));
        json.add("cpusKeptBusyByOthers", finite(othersBusy));
        json.addProperty("disturbed", disturbed());
        final JsonArray sentences = new JsonArray();
        disturbances.forEach(sentences::add);
        json.add("disturbances", sentences);
        return json;
    }

    /**
     * Reads what {@link #json} wrote, and what version 1 of the format wrote.
     *
     * @param json the object
     * @return the fork
     */
    public static ForkRow of(final JsonObject json) {
        final List<Double> iterations = new ArrayList<>();
        json.getAsJsonArray("iterationsNsPerPage").forEach(score -> iterations.add(score.getAsDouble()));
        final SortedMap<String, Double> counters = new TreeMap<>();
        json.getAsJsonObject("counters")
                .entrySet()
                .forEach(counter -> counters.put(counter.getKey(), number(counter.getValue())));
        final List<String> disturbances = new ArrayList<>();
        json.getAsJsonArray("disturbances").forEach(sentence -> disturbances.add(sentence.getAsString()));
        return new ForkRow(
                json.get("case").getAsString(),
                json.get("order").getAsInt(),
                json.get("round").getAsInt(),
                json.has("machine") ? json.get("machine").getAsInt() : 0,
                json.get("startedUtc").getAsString(),
                json.get("tookMillis").getAsLong(),
                iterations,
                counters,
                number(json.get("load1Before")),
                number(json.get("load1After")),
                number(json.get("stealShare")),
                number(json.get("cpusKeptBusyByOthers")),
                disturbances);
    }

    /** What was not a number is not written. */
    private static double number(final @Nullable JsonElement value) {
        return value == null || value.isJsonNull() ? Double.NaN : value.getAsDouble();
    }

    private static JsonArray array(final Collection<Double> values) {
        final JsonArray array = new JsonArray();
        values.forEach(value -> array.add(finite(value)));
        return array;
    }

    /** JSON has no NaN: what is unknown is null. A whole number is written as one. */
    private static JsonElement finite(final double value) {
        if (!Double.isFinite(value)) {
            return JsonNull.INSTANCE;
        }
        return value == Math.rint(value) && Math.abs(value) < 1L << 53
                ? new JsonPrimitive((long) value)
                : new JsonPrimitive(value);
    }
}
