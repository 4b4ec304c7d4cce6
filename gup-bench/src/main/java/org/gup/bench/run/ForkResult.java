package org.gup.bench.run;

import com.google.gson.JsonElement;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.env.MachineState;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.JmhJson;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * What one JVM measured.
 *
 * @param row its scores and the state of the machine
 * @param jmh what JMH makes of it
 */
public record ForkResult(ForkRow row, JsonElement jmh) {
    /**
     * Takes a result of JMH over.
     *
     * @param forkRun what was to be measured
     * @param jmh what JMH makes of it
     * @param startedUtc when it was started
     * @param tookMillis how long it took
     * @param before the machine before
     * @param after the machine after
     * @param cpus processors of the machine
     * @return the fork's result
     */
    static ForkResult of(
            final ForkRun forkRun,
            final RunResult jmh,
            final String startedUtc,
            final long tookMillis,
            final MachineState before,
            final MachineState after,
            final int cpus) {
        final List<IterationResult> iterations = jmh.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection::stream)
                .toList();
        final SortedMap<String, Double> counters = new TreeMap<>();
        iterations.forEach(iteration -> iteration
                .getSecondaryResults()
                .forEach((name, counter) -> counters.merge(name, counter.getScore(), Double::sum)));
        return new ForkResult(
                new ForkRow(
                        forkRun.benchCase().id(),
                        forkRun.order(),
                        forkRun.round(),
                        0,
                        startedUtc,
                        tookMillis,
                        Arrays.stream(iterations.stream()
                                        .mapToDouble(iteration ->
                                                iteration.getPrimaryResult().getScore())
                                        .toArray())
                                .boxed()
                                .toList(),
                        counters,
                        before.load1(),
                        after.load1(),
                        after.stealSince(before),
                        after.othersSince(before, cpus),
                        after.disturbancesSince(before, cpus)),
                JmhJson.of(jmh));
    }
}
