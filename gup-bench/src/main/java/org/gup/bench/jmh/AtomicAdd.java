package org.gup.bench.jmh;

import java.util.concurrent.TimeUnit;
import org.agrona.UnsafeApi;
import org.gup.bench.layout.ModelledProcess;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The baseline: one atomic add on each of 512 records as large as the hot part of a {@code struct page}. No walk that takes a
 * reference on each page can be faster.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ModelledProcess.SYNTHETIC_PAGES)
@Warmup(iterations = 8, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 8, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED")
public class AtomicAdd {
    private static final int RECORD_BYTES = 16;
    private static final int CACHE_LINE_BYTES = 64;

    /** 512 records, and how often they were swept. */
    @State(Scope.Thread)
    public static class Records {
        private long allocated;
        private long first;
        long sweeps;

        /** Allocates the records. */
        @Setup(Level.Trial)
        public void allocate() {
            final long bytes = (long) ModelledProcess.SYNTHETIC_PAGES * RECORD_BYTES;
            allocated = UnsafeApi.allocateMemory(bytes + CACHE_LINE_BYTES);
            first = (allocated + CACHE_LINE_BYTES - 1) & -CACHE_LINE_BYTES;
            UnsafeApi.setMemory(first, bytes, (byte) 0);
        }

        /** Sets the records to zero. */
        @Setup(Level.Iteration)
        public void open() {
            sweeps = 0;
            UnsafeApi.setMemory(first, (long) ModelledProcess.SYNTHETIC_PAGES * RECORD_BYTES, (byte) 0);
        }

        /** Checks that each record was added to in each sweep. */
        @TearDown(Level.Iteration)
        public void check() {
            for (int i = 0; i < ModelledProcess.SYNTHETIC_PAGES; i++) {
                final int count = UnsafeApi.getInt(first + (long) i * RECORD_BYTES);
                WrongAnswerException.check("adds to record " + i, sweeps, Integer.toUnsignedLong(count));
            }
        }

        /** Frees the records. */
        @TearDown(Level.Trial)
        public void free() {
            UnsafeApi.freeMemory(allocated);
        }
    }

    /**
     * Adds one to each record.
     *
     * @param records the records
     * @return the last record's count before
     */
    @Benchmark
    public int onePerPage(final Records records) {
        final long end = records.first + (long) ModelledProcess.SYNTHETIC_PAGES * RECORD_BYTES;
        int before = 0;
        for (long record = records.first; record < end; record += RECORD_BYTES) {
            before = UnsafeApi.getAndAddInt(null, record, 1);
        }
        records.sweeps++;
        return before;
    }
}
