package org.gup.bench.migration;

import java.util.Arrays;
import java.util.function.LongSupplier;
import org.gup.migrate.MigrationListener;
import org.gup.migrate.MigrationPhase;
import org.gup.task.Task;

/**
 * Sums up the time between the borders of phases: one time stamp at each. What comes before the first border, and what the
 * stamps themselves cost, is in the sums too; the caller shows both.
 */
@SuppressWarnings("EnumOrdinal") // indices into arrays of this class
final class PhaseClock implements MigrationListener, MigrationScene.Watch {
    private static final int PHASES = MigrationPhase.values().length;

    private final long[] nanos = new long[PHASES + 1];
    private final long[] entries = new long[PHASES];
    private int current = PHASES;
    private long since;
    private long whole;
    private boolean running;

    @Override
    public long around(final LongSupplier call) {
        running = true;
        current = PHASES;
        final long started = System.nanoTime();
        since = started;
        final long answer = call.getAsLong();
        final long ended = System.nanoTime();
        nanos[current] += ended - since;
        whole = ended - started;
        running = false;
        return answer;
    }

    /** Nanoseconds of the last call, stamps included. */
    long whole() {
        return whole;
    }

    @Override
    public void enter(final Task task, final MigrationPhase phase) {
        if (!running) {
            return;
        }
        final long now = System.nanoTime();
        nanos[current] += now - since;
        since = now;
        current = phase.ordinal();
        entries[current]++;
    }

    /** Nanoseconds in a phase since the last {@link #clear}. */
    long nanos(final MigrationPhase phase) {
        return nanos[phase.ordinal()];
    }

    /** Nanoseconds before the first border: the first pin. */
    long nanosBefore() {
        return nanos[PHASES];
    }

    /** Borders passed, the two ends of a call not counted. */
    long stamps() {
        return Arrays.stream(entries).sum();
    }

    void clear() {
        Arrays.fill(nanos, 0);
        Arrays.fill(entries, 0);
    }
}
