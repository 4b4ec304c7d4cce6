package org.gup.bench.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogProcessor;
import org.HdrHistogram.HistogramLogReader;
import org.gup.bench.fork.ExtraForks;
import org.gup.bench.results.ForkRow;
import org.gup.bench.run.ForkArguments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The readers check every answer themselves; here, that what they recorded is what is reported and what the logs hold. */
@Timeout(120)
class LatencyForkTest {
    private static final int ROUNDS = 3;
    private static final int ROUND_MILLIS = 20;
    private static final long CALLS = ROUNDS * ROUND_MILLIS * 1_000_000L / LatencyScene.CALL_PERIOD_NANOS;

    @TempDir
    private Path temp;

    @Test
    void shouldMeasureEveryScenario() {
        final long seed = Long.getLong("gup.seed", System.nanoTime());
        System.out.println("LatencyForkTest: -Dgup.seed=" + seed);
        final LatencyFork.Result result = LatencyFork.measure(ROUNDS, ROUND_MILLIS, seed);
        assertEquals(Scenario.all().size(), result.rows().size());
        result.rows().forEach((id, row) -> {
            final Map<String, Double> counters = row.counters();
            assertEquals(CALLS, counters.get("calls"), id);
            assertEquals(counters.get("corrected/p50"), row.score(), id);
            assertTrue(row.score() > 0, id);
            double last = 0;
            for (final double percentile : Percentiles.kept()) {
                final String name = Percentiles.name(percentile);
                final double corrected = counters.get(Percentiles.CORRECTED + name);
                assertTrue(corrected >= last, id + " " + name);
                assertTrue(corrected >= counters.get(Percentiles.SERVICE + name), id + " " + name);
                last = corrected;
            }
            assertReads(id, row);
        });
        final LatencyFork.Row alone = result.rows().get("alone");
        assertEquals(0.0, alone.counters().get("fellBack"), "nothing makes a call fall back");
        assertEquals(0.0, alone.counters().get("refused"));
        assertEquals("", alone.mutatorLog());
        for (final Scenario scenario : Scenario.all()) {
            final Map<String, Double> counters =
                    result.rows().get(scenario.id()).counters();
            if (scenario.mutation().isPresent()) {
                assertTrue(counters.get("operations") >= ROUNDS, scenario.id());
                assertTrue(counters.get("changedPages") > 0, scenario.id());
            }
            if (!scenario.mutation().map(m -> m.isRefusing()).orElse(false)) {
                assertEquals(0.0, counters.get("refused") + counters.get("cutShort"), scenario.id());
            }
        }
        assertTrue(
                result.rows().get("fork").counters().get("fellBack") > 0,
                "a fork write-protects every page: the calls after it must fall back");
    }

    /** HdrHistogram reads the log, and finds what the row says. */
    private static void assertReads(final String id, final LatencyFork.Row row) {
        final Histogram latency = LatencyLog.histogram();
        final Histogram service = LatencyLog.histogram();
        int intervals = 0;
        final HistogramLogReader reader =
                new HistogramLogReader(new ByteArrayInputStream(row.readerLog().getBytes(StandardCharsets.UTF_8)));
        for (EncodableHistogram next = reader.nextIntervalHistogram();
                next != null;
                next = reader.nextIntervalHistogram()) {
            final AbstractHistogram interval = (AbstractHistogram) next;
            assertTrue(interval.getEndTimeStamp() > interval.getStartTimeStamp(), id);
            if (LatencyScene.SERVICE.equals(interval.getTag())) {
                service.add(interval);
            } else {
                latency.add(interval);
                intervals++;
            }
        }
        assertEquals(ROUNDS, intervals, id);
        assertAgree(id, Percentiles.CORRECTED, row.counters(), latency);
        assertAgree(id, Percentiles.SERVICE, row.counters(), service);
        if (!row.mutatorLog().isEmpty()) {
            final EncodableHistogram changes = new HistogramLogReader(
                            new ByteArrayInputStream(row.mutatorLog().getBytes(StandardCharsets.UTF_8)))
                    .nextIntervalHistogram();
            assertEquals(row.counters().get("operations"), (double) ((AbstractHistogram) changes).getTotalCount(), id);
        }
    }

    private static void assertAgree(
            final String id, final String prefix, final Map<String, Double> counters, final Histogram read) {
        assertEquals(counters.get("calls"), (double) read.getTotalCount(), id);
        for (final double percentile : Percentiles.kept()) {
            assertEquals(
                    counters.get(prefix + Percentiles.name(percentile)),
                    (double) read.getValueAtPercentile(percentile),
                    id + " " + prefix + percentile);
        }
        assertEquals(counters.get(prefix + Percentiles.MAX), (double) read.getMaxValue(), id);
    }

    @Test
    void shouldLeaveLogsThatTheToolReads() throws IOException {
        final ExtraForks forks = new LatencyForks(2, 10);
        final ExtraForks.Outcome outcome = forks.run(ForkArguments.forThisJdk(), 5, 1, 3, 2);
        assertEquals(forks.cases(1).size(), outcome.rows().size());
        for (int i = 0; i < outcome.rows().size(); i++) {
            final ForkRow row = outcome.rows().get(i);
            assertEquals(forks.cases(1).get(i).id(), row.caseId());
            assertEquals(1, row.round());
            final String scenario = row.caseId().substring(LatencyForks.PREFIX.length());
            final String log = outcome.files().get("hlog/latency-" + scenario + "-fork1-t0.hlog");
            assertTrue(log.length() < 32_768, () -> scenario + ": " + log.length() + " bytes");
            assertTrue(
                    process(log).contains("#[Max     = ") && process(log).contains("Total count    = "),
                    () -> "of " + scenario);
            assertTrue(
                    process(log).contains("Total count    = " + padded(row.counter("calls"))),
                    () -> scenario + ": " + row.counter("calls") + " calls wanted");
            assertTrue(process(log, "-tag", LatencyScene.SERVICE)
                    .contains("Total count    = " + padded(row.counter("calls"))));
        }
        assertFalse(outcome.files().containsKey("hlog/latency-alone-fork1-t1.hlog"));
        assertTrue(outcome.files().containsKey("hlog/latency-fork-fork1-t1.hlog"));
    }

    private static String padded(final long count) {
        return String.format(java.util.Locale.ROOT, "%12d", count);
    }

    /** What HdrHistogram's own program prints of a log. */
    private String process(final String log, final String... options) {
        final PrintStream before = System.out;
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try {
            final Path file = Files.writeString(temp.resolve("a.hlog"), log);
            final java.util.List<String> arguments =
                    new java.util.ArrayList<>(java.util.List.of("-i", file.toString(), "-outputValueUnitRatio", "1"));
            arguments.addAll(java.util.List.of(options));
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            final HistogramLogProcessor processor = new HistogramLogProcessor(arguments.toArray(String[]::new));
            processor.start();
            processor.join();
        } catch (final IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        } catch (final InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
