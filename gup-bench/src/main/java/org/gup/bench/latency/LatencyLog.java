package org.gup.bench.latency;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;

/**
 * The latencies of one thread as a text in HdrHistogram's log format. An interval is one round of the scenario; between its rounds
 * others are measured.
 */
final class LatencyLog {
    /** Latencies are recorded with three digits, up to a minute. */
    static final int DIGITS = 3;

    static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final HistogramLogWriter writer = new HistogramLogWriter(bytes);

    /**
     * An empty log.
     *
     * @param what the thread does
     * @param startMillis when it started, in milliseconds since 1970
     */
    LatencyLog(final String what, final long startMillis) {
        writer.outputComment("[" + what + "; values in nanoseconds, three digits]");
        writer.outputLogFormatVersion();
        writer.outputStartTime(startMillis);
        writer.setBaseTime(startMillis);
        writer.outputLegend();
    }

    /** A histogram as all here are. */
    static Histogram histogram() {
        return new Histogram(LONGEST_NANOS, DIGITS);
    }

    /**
     * Adds an interval.
     *
     * @param interval with its time stamps, and a tag if it has one
     */
    void add(final Histogram interval) {
        writer.outputIntervalHistogram(interval);
    }

    /** The log so far. */
    String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
