package org.gup.bench.run;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.gup.bench.env.MachineState;
import org.gup.bench.plan.ForkRun;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What one JVM measured.
 *
 * @param forkRun what it was to measure
 * @param jmh what JMH makes of it
 * @param started when it was started
 * @param took how long it took, start and end of the JVM included
 * @param before the machine before
 * @param after the machine after
 */
public record ForkResult(
        ForkRun forkRun, RunResult jmh, Instant started, Duration took, MachineState before, MachineState after) {
    /**
     * The scores of the iterations.
     *
     * @return nanoseconds per page
     */
    public double[] iterations() {
        return iterationResults()
                .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                .toArray();
    }

    /**
     * The fork's score.
     *
     * @return the mean of its iterations, in nanoseconds per page
     */
    public double mean() {
        return Arrays.stream(iterations()).average().orElseThrow();
    }

    /**
     * A counter of the benchmark, summed over the measured iterations.
     *
     * @param name such as {@code fastPages}
     * @return the sum; 0 if there is no such counter
     */
    @SuppressWarnings("rawtypes") // as JMH declares it
    public long counter(final String name) {
        return (long) iterationResults()
                .mapToDouble(iteration -> {
                    final Map<String, Result> counters = iteration.getSecondaryResults();
                    final Result counter = counters.get(name);
                    return counter == null ? 0 : counter.getScore();
                })
                .sum();
    }

    /**
     * What may have disturbed it.
     *
     * @param cpus processors of the machine
     * @return sentences; empty if nothing did
     */
    public List<String> disturbances(final int cpus) {
        return after.disturbancesSince(before, cpus);
    }

    private Stream<IterationResult> iterationResults() {
        return jmh.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection::stream);
    }
}
