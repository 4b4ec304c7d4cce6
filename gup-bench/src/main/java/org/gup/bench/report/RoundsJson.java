package org.gup.bench.report;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import org.gup.bench.env.MachineState;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.RunPlan;
import org.gup.bench.run.ForkResult;

/** {@code rounds.json}: every fork in the order it ran, with its scores and the state of the machine around it. */
public final class RoundsJson {
    /** Name and version of the format. */
    public static final String SCHEMA = "gup-bench-rounds/1";

    private static final List<String> COUNTERS =
            List.of("fastPages", "slowPages", "fastWalks", "stoppedWalks", "pagesPut");

    private RoundsJson() {}

    /**
     * All forks.
     *
     * @param plan what was run
     * @param results in the order they ran; element i is element i of {@code jmh.json}
     * @param cpus processors of the machine
     * @return an object to be scrubbed and written
     */
    public static JsonObject of(final RunPlan plan, final List<ForkResult> results, final int cpus) {
        final JsonObject json = new JsonObject();
        json.addProperty("schema", SCHEMA);
        json.addProperty("profile", plan.profile().name());
        json.addProperty("seed", plan.seed());
        final JsonArray forks = new JsonArray();
        results.forEach(result -> forks.add(fork(result, cpus)));
        json.add("forks", forks);
        return json;
    }

    private static JsonObject fork(final ForkResult result, final int cpus) {
        final BenchCase benchCase = result.forkRun().benchCase();
        final JsonObject json = new JsonObject();
        json.addProperty("order", result.forkRun().order());
        json.addProperty("round", result.forkRun().round());
        json.addProperty("case", benchCase.id());
        json.addProperty("benchmark", benchCase.subject().benchmark());
        json.addProperty("startedUtc", result.started().toString());
        json.addProperty("tookMillis", result.took().toMillis());
        json.add("nsPerPage", finite(result.mean()));
        final JsonArray iterations = new JsonArray();
        for (final double score : result.iterations()) {
            iterations.add(finite(score));
        }
        json.add("iterationsNsPerPage", iterations);
        final JsonObject counters = new JsonObject();
        COUNTERS.forEach(counter -> counters.addProperty(counter, result.counter(counter)));
        json.add("counters", counters);
        final MachineState before = result.before();
        json.add("load1Before", finite(before.load1()));
        json.add("load1After", finite(result.after().load1()));
        json.add("stealShare", finite(result.after().stealSince(before)));
        json.add("cpusKeptBusyByOthers", finite(result.after().othersSince(before, cpus)));
        final JsonArray disturbances = new JsonArray();
        result.disturbances(cpus).forEach(disturbances::add);
        json.add("disturbances", disturbances);
        return json;
    }

    /** JSON has no NaN: what is unknown is null. */
    private static JsonElement finite(final double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }
}
