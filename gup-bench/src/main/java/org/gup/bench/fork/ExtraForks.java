package org.gup.bench.fork;

import com.google.gson.Gson;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.env.MachineState;
import org.gup.bench.results.CaseInfo;
import org.gup.bench.results.ForkRow;

/**
 * Forks that measure many cases at once, in a program of their own: differences too small for cases that run one after the
 * other, and calls that must be set up anew each time. Their rows stand beside those of JMH.
 */
public interface ExtraForks {
    /**
     * What progress calls it.
     *
     * @return a few words
     */
    String name();

    /**
     * Whether it runs in a JVM of its own.
     *
     * @return false for what is counted, not timed, in this one
     */
    default boolean isForked() {
        return true;
    }

    /**
     * What one fork measures.
     *
     * @param forks how many forks are planned
     * @return every case, in the order of the tables
     */
    List<CaseInfo> cases(int forks);

    /**
     * Runs one fork.
     *
     * @param jvmArguments arguments of its JVM
     * @param order position of the fork in the run
     * @param round which of its forks it is, from 0
     * @param seed of its own order
     * @param cpus processors of the machine
     * @return a row for each case, and files
     */
    Outcome run(List<String> jvmArguments, int order, int round, long seed, int cpus);

    /**
     * What one fork leaves.
     *
     * @param rows one for each case
     * @param files texts to be kept beside the results as they are, by name: letters, digits, dashes, dots, and slashes for
     *     folders; a name is used by one fork of a run alone
     */
    record Outcome(List<ForkRow> rows, Map<String, String> files) {
        /** Copies both. */
        public Outcome {
            rows = List.copyOf(rows);
            files = Map.copyOf(files);
        }

        /**
         * Rows alone.
         *
         * @param rows one for each case
         * @return an outcome without files
         */
        public static Outcome of(final List<ForkRow> rows) {
            return new Outcome(rows, Map.of());
        }
    }

    /**
     * What a case measured in one fork.
     *
     * @param score in the unit of the case
     * @param counters by name
     */
    record Measured(double score, Map<String, Double> counters) {}

    /** Takes what a program says, and makes rows of it. */
    interface Reader<T> {
        /**
         * Makes rows.
         *
         * @param result what the program found
         * @return by case
         */
        Map<String, Measured> read(T result);
    }

    /**
     * Runs a program and makes a row of each of its cases.
     *
     * @param program the program
     * @param mark what its line begins with
     * @param arguments what it is given
     * @param type of its answer
     * @param reader of its answer
     * @param order position of the fork in the run
     * @param round which of its forks it is
     * @param cpus processors of the machine
     * @param <T> type of its answer
     * @return a row for each case
     */
    static <T> List<ForkRow> rows(
            final ForkedProgram program,
            final String mark,
            final List<String> arguments,
            final Class<T> type,
            final Reader<T> reader,
            final int order,
            final int round,
            final int cpus) {
        final MachineState before = MachineState.now();
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final T result = new Gson().fromJson(program.run(mark, arguments), type);
        final long tookMillis = (System.nanoTime() - startNanos) / 1_000_000;
        final MachineState after = MachineState.now();
        return reader.read(result).entrySet().stream()
                .map(entry -> {
                    final SortedMap<String, Double> counters =
                            new TreeMap<>(entry.getValue().counters());
                    return new ForkRow(
                            entry.getKey(),
                            order,
                            round,
                            0,
                            started.toString(),
                            tookMillis,
                            List.of(entry.getValue().score()),
                            counters,
                            before.load1(),
                            after.load1(),
                            after.stealSince(before),
                            after.othersSince(before, cpus),
                            after.disturbancesSince(before, cpus));
                })
                .toList();
    }
}
