package org.gup.bench;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.gup.bench.error.BadInputException;
import org.gup.bench.error.ExitStatus;
import org.gup.bench.soak.Soak;
import org.gup.bench.soak.SoakCounts;
import org.gup.bench.soak.SoakPlan;
import org.gup.bench.soak.ViolationException;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs {@link Soak}. */
@Command(
        name = SoakCommand.NAME,
        sortOptions = false,
        description = {
            "Random calls against random changes of the same address spaces, checked all the while.",
            "",
            "Half of the threads get pages (fast, slow, for long), hold them, write through them and put them; the others"
                    + " unmap, protect, discard, fork, migrate, allocate contiguous memory, swap out, take access away and map"
                    + " huge pages. A held page must keep its contents and its place; five times a second everybody pauses, and"
                    + " every reference must be accounted for; at the end nothing may be left."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:nothing was violated", "1:an invariant was violated", "2:wrong usage", "130:interrupted"},
        footer = {
            "",
            "Examples:",
            "  gup-bench soak                       30 seconds",
            "  gup-bench soak --for 2h --threads 8",
            "  gup-bench soak --seed 42             the same choices as before; the timing does not repeat"
        })
final class SoakCommand implements Callable<Integer> {
    static final String NAME = "soak";

    private static final Pattern LENGTH = Pattern.compile("(\\d{1,9})(s|m|h)");
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final Duration PROGRESS = Duration.ofSeconds(1);
    private static final long GRACE_SECONDS = 70;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "How long: 10s, 5m, 2h (${DEFAULT-VALUE}).")
    private String length = "";

    @Option(names = "--seed", paramLabel = "N", description = "Seed of all choices (default: a new one).")
    private @Nullable Long seed;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "4",
            description =
                    "Threads, " + SoakPlan.LEAST_THREADS + " to " + SoakPlan.MOST_THREADS + " (${DEFAULT-VALUE}).")
    private int threads;

    @Option(names = "--quiet", description = "No progress.")
    private boolean quiet;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    private volatile boolean interrupted;

    @Override
    public Integer call() {
        final SoakPlan plan = plan();
        final Soak soak = new Soak(plan);
        final CountDownLatch done = new CountDownLatch(1);
        final Thread hook = new Thread(() -> interrupt(soak, done), "gup-bench-soak-interrupted");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run(plan, soak);
        } finally {
            done.countDown();
            removeHook(hook);
        }
    }

    /** Lets the soak end as always, with its last checks. */
    private void interrupt(final Soak soak, final CountDownLatch done) {
        interrupted = true;
        soak.stop();
        try {
            done.await(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (final InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    private static void removeHook(final Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException ending) {
            // The JVM is ending: the hook runs.
        }
    }

    private int run(final SoakPlan plan, final Soak soak) {
        final PrintWriter out = spec.commandLine().getOut();
        final PrintWriter err = spec.commandLine().getErr();
        if (!quiet) {
            err.println("gup-bench: soak, seed " + plan.seed() + ", " + plan.threads() + " threads, " + length);
            err.flush();
        }
        final SoakCounts counts;
        try {
            counts = soak.run(new Progress(err));
        } catch (final ViolationException violated) {
            out.println("violated: " + violated.getMessage());
            out.flush();
            err.println(
                    "gup-bench: an invariant was violated; repeat the choices, though not the timing, with: gup-bench soak"
                            + " --seed " + plan.seed() + " --threads " + plan.threads() + " --for " + length);
            err.flush();
            return ExitStatus.FAILURE;
        }
        summary(out, plan, counts);
        out.flush();
        return interrupted ? ExitStatus.INTERRUPTED : ExitStatus.DONE;
    }

    /** A line now and then. */
    private final class Progress implements java.util.function.Consumer<SoakCounts> {
        private final PrintWriter err;
        private Duration next = PROGRESS;

        Progress(final PrintWriter err) {
            this.err = err;
        }

        @Override
        public void accept(final SoakCounts counts) {
            if (quiet || counts.elapsed().compareTo(next) < 0) {
                return;
            }
            // Often in the beginning, then less and less: a long run must not fill the screen.
            next = counts.elapsed().plus(PROGRESS).plus(counts.elapsed().dividedBy(10));
            err.println("gup-bench: " + counts.elapsed().toSeconds() + " s: " + line(counts));
            err.flush();
        }
    }

    private static String line(final SoakCounts counts) {
        return Numbers.count(counts.allCalls()) + " calls (" + Numbers.count(counts.pages()) + " pages, "
                + Numbers.count(counts.fellBack()) + " fell back, " + Numbers.count(counts.refused()) + " refused), "
                + Numbers.count(counts.allChanges()) + " changes, " + Numbers.count(counts.checks()) + " pauses";
    }

    private void summary(final PrintWriter out, final SoakPlan plan, final SoakCounts counts) {
        final TextTable table = new TextTable(1, "what", "times", "pages");
        counts.calls().forEach((name, count) -> table.row("get: " + name, Numbers.count(count), ""));
        for (final Map.Entry<String, Long> change : counts.changes().entrySet()) {
            table.row(
                    "change: " + change.getKey(),
                    Numbers.count(change.getValue()),
                    Numbers.count(counts.changedPages().getOrDefault(change.getKey(), 0L)));
        }
        table.plain().forEach(out::println);
        out.println();
        out.println(line(counts) + "; " + Numbers.count(counts.heldPages()) + " held pages looked at in the pauses.");
        if (counts.reclaimed() > 0) {
            out.println(Numbers.count(counts.reclaimed())
                    + " pages had stayed in the swap cache for reclaim: they were locked"
                    + " when their last mapping went.");
        }
        if (!counts.missing().isEmpty()) {
            out.println("Never happened, so nothing is known about it: " + String.join(", ", counts.missing()) + ".");
        }
        out.println("Nothing was violated in "
                + String.format(Locale.ROOT, "%.1f", counts.elapsed().toMillis() / 1000.0)
                + " s" + (interrupted ? ", interrupted" : "") + ": seed " + plan.seed() + ", " + plan.threads()
                + " threads.");
    }

    private SoakPlan plan() {
        if (threads < SoakPlan.LEAST_THREADS || threads > SoakPlan.MOST_THREADS) {
            throw new BadInputException("bad --threads '" + threads + "': expected " + SoakPlan.LEAST_THREADS + " to "
                    + SoakPlan.MOST_THREADS);
        }
        return new SoakPlan(
                seed == null ? ThreadLocalRandom.current().nextLong(1L << 32) : seed, threads, length(length));
    }

    private static Duration length(final String text) {
        final Matcher matcher = LENGTH.matcher(text);
        if (matcher.matches()) {
            final long number = Long.parseLong(matcher.group(1));
            final Duration length = switch (matcher.group(2)) {
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                default -> Duration.ofHours(number);
            };
            if (!length.isZero() && length.compareTo(LONGEST) <= 0) {
                return length;
            }
        }
        throw new BadInputException("bad --for '" + text + "': expected a time such as 10s, 5m or 2h, at most 7 days");
    }
}
