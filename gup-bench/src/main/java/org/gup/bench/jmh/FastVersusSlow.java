package org.gup.bench.jmh;

import java.util.concurrent.TimeUnit;
import org.gup.GetUserPages;
import org.gup.bench.layout.ModelledProcess;
import org.gup.mm.MmStruct;
import org.gup.task.Task;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to get, and to put, the pages of an address space: through {@code getUserPagesFast} and through
 * {@code getUserPages}. An invocation is one {@link Sweep}; scores are nanoseconds per page. A method returns how many pages
 * it got.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ModelledProcess.SYNTHETIC_PAGES)
@Warmup(iterations = 8, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED")
public class FastVersusSlow {
    /**
     * The lock-free walk, and the slow path for what that cannot take.
     *
     * @param state the address space
     * @return pages
     */
    @Benchmark
    public int getFast(final GetState.Fast state) {
        final Sweep sweep = state.sweep;
        final GetUserPages gup = sweep.gup;
        final Task task = sweep.task;
        final MmStruct mm = sweep.mm;
        final int flags = sweep.flags;
        final long[] starts = sweep.starts;
        final long[][] calls = sweep.calls;
        int got = 0;
        for (int call = 0; call < calls.length; call++) {
            final long[] pages = calls[call];
            got += gup.getUserPagesFast(task, mm, starts[call], pages.length, flags, pages);
        }
        state.swept();
        return got;
    }

    /**
     * {@link #getFast} word for word: what differs between the two is noise.
     *
     * @param state the address space
     * @return pages
     */
    @Benchmark
    public int getFastAgain(final GetState.Fast state) {
        final Sweep sweep = state.sweep;
        final GetUserPages gup = sweep.gup;
        final Task task = sweep.task;
        final MmStruct mm = sweep.mm;
        final int flags = sweep.flags;
        final long[] starts = sweep.starts;
        final long[][] calls = sweep.calls;
        int got = 0;
        for (int call = 0; call < calls.length; call++) {
            final long[] pages = calls[call];
            got += gup.getUserPagesFast(task, mm, starts[call], pages.length, flags, pages);
        }
        state.swept();
        return got;
    }

    /**
     * The slow path, mmap_sem held by the caller all the time.
     *
     * @param state the address space
     * @return pages
     */
    @Benchmark
    public long getSlow(final GetState.SlowLocked state) {
        final Sweep sweep = state.sweep;
        final GetUserPages gup = sweep.gup;
        final Task task = sweep.task;
        final MmStruct mm = sweep.mm;
        final int flags = sweep.flags;
        final long[] starts = sweep.starts;
        final long[][] calls = sweep.calls;
        long got = 0;
        for (int call = 0; call < calls.length; call++) {
            final long[] pages = calls[call];
            got += gup.getUserPages(task, mm, starts[call], pages.length, flags, pages, null);
        }
        state.swept();
        return got;
    }

    /**
     * The slow path, which takes mmap_sem and releases it in each call.
     *
     * @param state the address space
     * @return pages
     */
    @Benchmark
    public long getSlowUnlocked(final GetState.SlowUnlocked state) {
        final Sweep sweep = state.sweep;
        final GetUserPages gup = sweep.gup;
        final Task task = sweep.task;
        final MmStruct mm = sweep.mm;
        final int flags = sweep.flags;
        final long[] starts = sweep.starts;
        final long[][] calls = sweep.calls;
        long got = 0;
        for (int call = 0; call < calls.length; call++) {
            final long[] pages = calls[call];
            got += gup.getUserPagesUnlocked(task, mm, starts[call], pages.length, pages, flags);
        }
        state.swept();
        return got;
    }

    /**
     * One reference of each page given back; none is the last.
     *
     * @param state the address space
     * @return pages
     */
    @Benchmark
    public int put(final PutState state) {
        final Sweep sweep = state.sweep;
        final GetUserPages gup = sweep.gup;
        final Task task = sweep.task;
        int put = 0;
        for (final long[] pages : sweep.calls) {
            gup.putPages(task, pages, pages.length);
            put += pages.length;
        }
        state.swept();
        return put;
    }
}
