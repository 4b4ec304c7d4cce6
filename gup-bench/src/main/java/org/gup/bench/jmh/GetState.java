package org.gup.bench.jmh;

import org.gup.stat.Counter;
import org.gup.stat.StopReason;

/** Get-only iterations: references pile up, and are given back when the iteration is over or too many are open. */
public abstract class GetState extends MappingState {
    private int openSweeps;

    /** Called once for each sweep, inside the timed method: an increment and a comparison for all of its pages. */
    final void swept() {
        sweeps++;
        if (++openSweeps == sweep.maxOpenSweeps) {
            giveBack();
        }
    }

    private void giveBack() {
        sweep.gup.putPages(sweep.task, sweep.pfns, sweep.pages(), openSweeps);
        openSweeps = 0;
    }

    @Override
    void beforeSweeps() {
        openSweeps = 0;
    }

    @Override
    void afterSweeps() {
        expectLegs();
        ledger.expect(Counter.PGFAULT, 0);
        if (sweeps > 0) {
            sweep.checkAnswers();
        }
        ledger.expectReferences((long) openSweeps * sweep.pages());
        if (openSweeps > 0) {
            giveBack();
        }
        ledger.expectReferences(0);
        ledger.expect(Counter.PAGES_PUT, pages());
    }

    /** Checks that every page came from the leg that it should come from. */
    abstract void expectLegs();

    /** The lock-free walk first; what it cannot take, from the slow path. */
    public static class Fast extends GetState {
        @Override
        void expectLegs() {
            ledger.expect(Counter.FAST_WALKS, calls());
            ledger.expect(StopReason.NONE, sweeps * sweep.completeWalks);
            ledger.expect(Counter.FAST_PAGES, sweeps * sweep.fastPages);
            ledger.expect(Counter.SLOW_CALLS, sweeps * sweep.fallbacks());
            ledger.expect(Counter.SLOW_PAGES, pages() - sweeps * sweep.fastPages);
        }
    }

    /** All pages from the slow path, which takes mmap_sem for each call. */
    public static class SlowUnlocked extends GetState {
        @Override
        void expectLegs() {
            ledger.expect(Counter.FAST_WALKS, 0);
            ledger.expect(Counter.FAST_PAGES, 0);
            ledger.expect(Counter.SLOW_CALLS, calls());
            ledger.expect(Counter.SLOW_PAGES, pages());
        }
    }

    /** All pages from the slow path, mmap_sem held for the whole iteration. */
    public static class SlowLocked extends SlowUnlocked {
        @Override
        void beforeSweeps() {
            super.beforeSweeps();
            sweep.mm.mmapReadLock(sweep.task);
        }

        @Override
        void afterSweeps() {
            sweep.mm.mmapReadUnlock(sweep.task);
            super.afterSweeps();
        }
    }
}
