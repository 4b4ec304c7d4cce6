package org.gup.bench.run;

import java.io.PrintStream;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.gup.bench.plan.ForkRun;
import org.gup.bench.plan.RunPlan;

/** How far a run is: on a terminal one line that changes, elsewhere a line for each fork. */
public final class Progress {
    /** How progress is shown. */
    public enum Style {
        /** Not at all. */
        SILENT,
        /** A line for each fork. */
        LINES,
        /** One line that is overwritten. */
        ONE_LINE
    }

    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream out;
    private final Style style;
    private final int total;
    private final Duration forkEstimate;
    private int done;
    private Duration spent = Duration.ZERO;

    /**
     * Progress of a plan.
     *
     * @param out where it is shown
     * @param style how
     * @param plan the plan
     */
    public Progress(final PrintStream out, final Style style, final RunPlan plan) {
        this.out = out;
        this.style = style;
        this.total = plan.forkRuns().size();
        this.forkEstimate = plan.profile().forkTime();
    }

    /**
     * A fork is about to start.
     *
     * @param forkRun which
     */
    public void starting(final ForkRun forkRun) {
        final String line = line(forkRun, LocalTime.now(ZoneId.systemDefault()));
        switch (style) {
            case SILENT -> {}
            case LINES -> out.println(line);
            case ONE_LINE -> out.print(ERASE_LINE + line);
        }
        out.flush();
    }

    String line(final ForkRun forkRun, final LocalTime now) {
        final Duration left = remaining();
        return String.format(
                Locale.ROOT,
                "[%d/%d] %s left, done at %s: %s",
                done + 1,
                total,
                text(left),
                CLOCK.format(now.plus(left)),
                forkRun.benchCase().id());
    }

    /**
     * A fork has ended.
     *
     * @param took how long it took
     */
    public void finished(final Duration took) {
        done++;
        spent = spent.plus(took);
    }

    /** No more forks: takes the changing line away. */
    public void end() {
        if (style == Style.ONE_LINE) {
            out.print(ERASE_LINE);
            out.flush();
        }
    }

    /** What the forks so far took on average, once there are some; the plan's guess before. */
    private Duration remaining() {
        final Duration each = done == 0 ? forkEstimate : spent.dividedBy(done);
        return each.multipliedBy((long) total - done);
    }

    /**
     * A duration for people.
     *
     * @param duration the duration
     * @return such as {@code 1 min 20 s}
     */
    public static String text(final Duration duration) {
        final long seconds = Math.max(0, duration.plusMillis(500).toSeconds());
        return seconds < 60 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
    }
}
