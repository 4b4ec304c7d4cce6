package org.gup.bench.curve;

import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Which way pages went.
 *
 * @param fastPages pages that the walk returned
 * @param slowPages pages that the slow path returned
 * @param slowCalls calls that ran the slow path
 * @param faults faults that the slow path made
 */
public record Legs(long fastPages, long slowPages, long slowCalls, long faults) {
    /** What a task's counters say now. */
    static Legs of(final Task task) {
        return new Legs(
                task.counters().get(Counter.FAST_PAGES),
                task.counters().get(Counter.SLOW_PAGES),
                task.counters().get(Counter.SLOW_CALLS),
                task.counters().get(Counter.GUP_MINFLT));
    }

    Legs since(final Legs before) {
        return new Legs(
                fastPages - before.fastPages,
                slowPages - before.slowPages,
                slowCalls - before.slowCalls,
                faults - before.faults);
    }

    Legs times(final long repeats) {
        return new Legs(fastPages * repeats, slowPages * repeats, slowCalls * repeats, faults * repeats);
    }
}
