package org.gup.bench.jmh;

import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Which way the pages of the measured iterations went, as secondary results beside the score: sums over iterations. */
@AuxCounters(AuxCounters.Type.EVENTS)
@State(Scope.Thread)
public class PageWays {
    /** Pages from the lock-free walk. */
    public long fastPages;
    /** Pages from the slow path. */
    public long slowPages;
    /** Lock-free walks. */
    public long fastWalks;
    /** Lock-free walks that ended before their last page. */
    public long stoppedWalks;
    /** Pages given back before the iteration was over. */
    public long pagesPut;

    /** Takes an iteration's counters over. */
    void take(final Ledger ledger) {
        fastPages = ledger.since(Counter.FAST_PAGES);
        slowPages = ledger.since(Counter.SLOW_PAGES);
        fastWalks = ledger.since(Counter.FAST_WALKS);
        stoppedWalks = fastWalks - ledger.since(StopReason.NONE);
        pagesPut = ledger.since(Counter.PAGES_PUT);
    }
}
