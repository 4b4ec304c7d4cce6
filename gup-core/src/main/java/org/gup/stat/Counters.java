package org.gup.stat;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One task's counters.
 *
 * <p>Threading: one writer, the task itself; any thread may read. Reads are opaque: each value was true at some moment,
 * but two values need not belong to the same moment while the task runs.
 */
@SuppressWarnings("EnumOrdinal") // an ordinal is an index into an array of this class and goes nowhere else
public final class Counters {
    private static final VarHandle VALUE = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int COUNTERS = Counter.values().length;

    private final long[] values = new long[COUNTERS + StopReason.values().length];

    /** New counters, all zero. */
    public Counters() {}

    /**
     * Adds to a counter. Only the owning task calls this.
     *
     * @param counter which
     * @param delta how much
     */
    public void add(final Counter counter, final long delta) {
        addAt(counter.ordinal(), delta);
    }

    /**
     * Counts the end of one fast walk. Only the owning task calls this.
     *
     * @param reason why it ended
     */
    public void stopped(final StopReason reason) {
        addAt(COUNTERS + reason.ordinal(), 1);
    }

    /**
     * A counter's value.
     *
     * @param counter which
     * @return how often
     */
    public long get(final Counter counter) {
        return (long) VALUE.getOpaque(values, counter.ordinal());
    }

    /**
     * How many fast walks ended for a reason.
     *
     * @param reason which
     * @return how many
     */
    public long get(final StopReason reason) {
        return (long) VALUE.getOpaque(values, COUNTERS + reason.ordinal());
    }

    /** Sets every counter to zero. Only the owning task calls this. */
    public void reset() {
        for (int i = 0; i < values.length; i++) {
            VALUE.setOpaque(values, i, 0L);
        }
    }

    private void addAt(final int index, final long delta) {
        VALUE.setOpaque(values, index, values[index] + delta);
    }
}
