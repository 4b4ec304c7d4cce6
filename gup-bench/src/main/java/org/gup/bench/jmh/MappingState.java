package org.gup.bench.jmh;

import org.gup.bench.layout.Layout;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * A {@link Sweep} of each thread, and how many sweeps an iteration made. Subclasses say what a sweep does to the references
 * and what the counters must show.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls build() first.
public abstract class MappingState {
    /** The address space: 4K, 2M, tables:bundled or tables:DIR/NAME. */
    @Param({"4K", "2M"})
    public String layout = "4K";

    /** Pages of one call; in a dump, at most so many. */
    @Param({"1", "8", "64", "512"})
    public int pagesPerCall = 512;

    /** Shape of the checks of the fast walk: fused or check-by-check. One fork loads one of them. */
    @Param("fused")
    public String guard = "fused";

    /** What the caller wants to do with the pages: read or write. */
    @Param("write")
    public String access = "write";

    Sweep sweep;
    Ledger ledger;

    /** Sweeps of this iteration. */
    long sweeps;

    /**
     * Builds the address space.
     *
     * @param params knows how many pages scores are divided by
     */
    @Setup(Level.Trial)
    public void build(final BenchmarkParams params) {
        build(params.getOpsPerInvocation());
    }

    final void build(final int operations) {
        sweep = new Sweep(new Layout(layout), pagesPerCall, guard, access);
        if (sweep.pages() != operations) {
            throw new IllegalArgumentException("a sweep of layout " + layout + " is " + sweep.pages()
                    + " pages: give JMH -opi " + sweep.pages() + ", not " + operations);
        }
        ledger = new Ledger(sweep.process.memory(), sweep.task, sweep.pfns);
    }

    /** Starts the books of an iteration. */
    @Setup(Level.Iteration)
    public void open() {
        sweeps = 0;
        ledger.open();
        beforeSweeps();
    }

    /**
     * Checks the books of an iteration and gives back what is still held.
     *
     * @param ways receives the counters
     */
    @TearDown(Level.Iteration)
    public void check(final PageWays ways) {
        ways.take(ledger);
        afterSweeps();
    }

    /** Frees the address space. */
    @TearDown(Level.Trial)
    public void close() {
        sweep.close();
    }

    abstract void beforeSweeps();

    abstract void afterSweeps();

    /** Calls that were made. */
    final long calls() {
        return sweeps * sweep.calls.length;
    }

    /** Pages that they were about. */
    final long pages() {
        return sweeps * sweep.pages();
    }
}
