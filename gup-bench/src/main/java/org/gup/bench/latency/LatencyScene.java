package org.gup.bench.latency;

import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.gup.bench.mutate.Mutator;
import org.gup.bench.mutate.SharedMachine;
import org.gup.bench.mutate.SharedSpace;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * One scenario: a machine of its own, an address space, one thread that gets its pages and one that changes it. What was measured
 * is kept by round and as a whole.
 */
final class LatencyScene implements AutoCloseable {
    /** Pages of a call. */
    static final int PAGES_PER_CALL = 16;
    /** How far apart calls are due. */
    static final long CALL_PERIOD_NANOS = 10_000;
    /** How far apart changes are due. */
    static final long CHANGE_PERIOD_NANOS = 500_000;
    /** Pages of a change. */
    static final int CHANGED_PAGES = 32;
    /** Pages that calls and changes choose from. */
    static final int WINDOW_PAGES = 512;
    /** The tag of lines that hold times from when a call began. */
    static final String SERVICE = "service";

    private final SharedMachine machine = new SharedMachine();
    private final Task task;
    private final Task otherTask;
    private final SharedSpace space;
    private final Reader reader;
    private final OpenLoop loop;
    private final @Nullable PacedMutator mutator;

    private final Histogram corrected = LatencyLog.histogram();
    private final Histogram service = LatencyLog.histogram();
    private final Histogram changes = LatencyLog.histogram();
    private final Histogram correctedSum = LatencyLog.histogram();
    private final Histogram serviceSum = LatencyLog.histogram();
    private final Histogram changesSum = LatencyLog.histogram();
    private final LatencyLog readerLog;
    private final LatencyLog mutatorLog;
    private long lateBefore;
    private long nanos;

    LatencyScene(final Scenario scenario, final SplittableRandom random) {
        task = machine.memory().newTask(0);
        otherTask = machine.memory().newTask(1);
        space = new SharedSpace(machine, task, WINDOW_PAGES);
        reader = new Reader(scenario, space, task, random.split(), PAGES_PER_CALL);
        loop = new OpenLoop(System::nanoTime, reader);
        final SplittableRandom ofMutator = random.split();
        mutator = scenario.mutation()
                .map(mutation -> new PacedMutator(
                        new Mutator(machine, otherTask, ofMutator, true),
                        mutation,
                        space,
                        CHANGED_PAGES,
                        CHANGE_PERIOD_NANOS))
                .orElse(null);
        final long now = System.currentTimeMillis();
        readerLog = new LatencyLog(
                "get_user_pages_fast of " + PAGES_PER_CALL + " pages, meanwhile: " + scenario.label()
                        + "; lines without a tag: from when the call was due; tag " + SERVICE
                        + ": from when it began",
                now);
        mutatorLog = new LatencyLog("changes: " + scenario.label(), now);
    }

    /** Calls as fast as they come, and changes at their rate, of which nothing is kept. */
    void warmUp(final long roundNanos) {
        final long stop = System.nanoTime() + roundNanos;
        while (System.nanoTime() - stop < 0) {
            during(() -> loop.run(1000, 1, corrected, service));
        }
        forget();
    }

    private void forget() {
        corrected.reset();
        service.reset();
        changes.reset();
        reader.forgetCounts();
        lateBefore = loop.late();
        if (mutator != null) {
            mutator.forgetCounts();
        }
    }

    /** A round at the stated rates. */
    void round(final long roundNanos) {
        final long startMillis = System.currentTimeMillis();
        final long started = System.nanoTime();
        during(() -> loop.run(roundNanos / CALL_PERIOD_NANOS, CALL_PERIOD_NANOS, corrected, service));
        nanos += System.nanoTime() - started;
        final long endMillis = System.currentTimeMillis();
        keep(corrected, correctedSum, startMillis, endMillis);
        readerLog.add(corrected);
        keep(service, serviceSum, startMillis, endMillis);
        keep(changes, changesSum, startMillis, endMillis);
        corrected.reset();
        service.reset();
        changes.reset();
    }

    private void during(final Runnable work) {
        if (mutator == null) {
            work.run();
        } else {
            mutator.during(work, changes);
        }
    }

    private static void keep(
            final Histogram interval, final Histogram sum, final long startMillis, final long endMillis) {
        interval.setStartTimeStamp(startMillis);
        interval.setEndTimeStamp(endMillis);
        // The sum takes over the earliest start and the latest end.
        sum.add(interval);
    }

    /** Nanoseconds of a call from when it was due. */
    Histogram corrected() {
        return correctedSum;
    }

    /** Nanoseconds of a call from when it began. */
    Histogram service() {
        return serviceSum;
    }

    /** Nanoseconds of a change. */
    Histogram changes() {
        return changesSum;
    }

    Reader reader() {
        return reader;
    }

    /** Calls that began when the next one was due already. */
    long late() {
        return loop.late() - lateBefore;
    }

    /** Changes made. */
    long operations() {
        return mutator == null ? 0 : mutator.operations();
    }

    /** Pages changed. */
    long changedPages() {
        return mutator == null ? 0 : mutator.changedPages();
    }

    /** Nanoseconds of all rounds. */
    long nanos() {
        return nanos;
    }

    /** The log of the thread that calls: a line for each round, and one for all of them from when a call began. */
    String readerLog() {
        serviceSum.setTag(SERVICE);
        readerLog.add(serviceSum);
        return readerLog.text();
    }

    /** The log of the other thread: one line. */
    String mutatorLog() {
        mutatorLog.add(changesSum);
        return mutatorLog.text();
    }

    /** Every page is back, and the books balance. */
    @Override
    public void close() {
        space.close(task);
        machine.checkBooks(task);
        machine.memory().exitTask(task);
        machine.memory().exitTask(otherTask);
        machine.close();
    }
}
