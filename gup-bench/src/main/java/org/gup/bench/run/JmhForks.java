package org.gup.bench.run;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.gup.bench.env.Environment;
import org.gup.bench.env.MachineState;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.BenchmarkFailedException;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.Profile;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs forks by JMH, one fork for each of its runs: JMH itself would run all forks of one benchmark before the next. */
public final class JmhForks {
    private static final int TIMEOUT_SECONDS = 120;

    private final Profile profile;
    private final List<String> jvmArguments;
    private final PrintStream log;

    /**
     * A runner.
     *
     * @param profile the time given to each fork
     * @param jvmArguments arguments of the forks' JVMs
     * @param log receives what JMH says
     */
    public JmhForks(final Profile profile, final List<String> jvmArguments, final PrintStream log) {
        this.profile = profile;
        this.jvmArguments = List.copyOf(jvmArguments);
        this.log = log;
    }

    /**
     * Runs one fork to its end.
     *
     * @param forkRun what to measure
     * @return what was measured
     * @throws BenchmarkFailedException if its answer was wrong or its JVM died
     * @throws BadInputException if JMH cannot run here
     */
    public ForkResult run(final ForkRun forkRun) {
        final BenchCase benchCase = forkRun.benchCase();
        log.printf("%n# gup-bench: fork %d, round %d: %s%n", forkRun.order() + 1, forkRun.round() + 1, benchCase.id());
        final MachineState before = MachineState.now();
        final Instant started = Instant.now();
        final long startNanos = System.nanoTime();
        final RunResult result;
        try {
            result = new Runner(options(benchCase), OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL))
                    .runSingle();
        } catch (final RunnerException failed) {
            throw translate(benchCase, failed);
        }
        final Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
        if (result.getBenchmarkResults().isEmpty()) {
            throw new BenchmarkFailedException(benchCase.id() + ": no result", new IllegalStateException());
        }
        return ForkResult.of(
                forkRun, result, started.toString(), took.toMillis(), before, MachineState.now(), Environment.cpus());
    }

    private Options options(final BenchCase benchCase) {
        final TimeValue iterationTime =
                TimeValue.milliseconds(profile.iterationTime().toMillis());
        final ChainedOptionsBuilder builder = new OptionsBuilder()
                .include("^" + Pattern.quote(benchCase.subject().benchmark()) + "$")
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .threads(1)
                .forks(1)
                .warmupForks(0)
                .warmupIterations(profile.warmupIterations())
                .warmupTime(iterationTime)
                .measurementIterations(profile.iterations())
                .measurementTime(iterationTime)
                .timeout(TimeValue.seconds(TIMEOUT_SECONDS))
                .shouldFailOnError(true)
                .jvmArgsPrepend()
                .jvmArgsAppend()
                .jvmArgs(jvmArguments.toArray(String[]::new));
        for (final Map.Entry<String, String> param : benchCase.params().entrySet()) {
            builder.param(param.getKey(), param.getValue());
        }
        if (benchCase.operations() > 0) {
            builder.operationsPerInvocation(benchCase.operations());
        }
        return builder.build();
    }

    private static RuntimeException translate(final BenchCase benchCase, final RunnerException failed) {
        final Throwable root = rootOf(failed);
        final String message =
                String.valueOf(root.getMessage()).lines().findFirst().orElse("").strip();
        return failed.getCause() == null && message.contains("JMH lock")
                ? new BadInputException(message.replace("ERROR: ", ""))
                : new BenchmarkFailedException(benchCase.id() + ": " + message, failed);
    }

    /** The first cause: what the benchmark itself threw. JMH keeps the exceptions of a fork as suppressed ones. */
    private static Throwable rootOf(final Throwable failed) {
        Throwable root = failed;
        while (true) {
            if (root.getCause() != null) {
                root = root.getCause();
            } else if (root.getSuppressed().length > 0) {
                root = root.getSuppressed()[0];
            } else {
                return root;
            }
        }
    }
}
