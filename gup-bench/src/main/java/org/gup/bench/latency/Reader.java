package org.gup.bench.latency;

import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.mutate.SharedSpace;
import org.gup.flags.Errno;
import org.gup.page.FrameStore;
import org.gup.stat.StopReason;
import org.gup.task.Task;

/** Gets pages at random places, checks them, and gives them back. One thread. */
final class Reader implements OpenLoop.Call {
    private final Scenario scenario;
    private final SharedSpace space;
    private final Task task;
    private final SplittableRandom random;
    private final GetUserPages gup;
    private final FrameStore frames;
    private final boolean refusing;
    private final boolean emptying;
    private final long[] pages;
    private int first;
    private int got;
    private long fellBack;
    private long cutShort;
    private long refused;

    Reader(
            final Scenario scenario,
            final SharedSpace space,
            final Task task,
            final SplittableRandom random,
            final int pagesPerCall) {
        this.scenario = scenario;
        this.space = space;
        this.task = task;
        this.random = random;
        this.gup = space.machine().gup();
        this.frames = space.machine().memory().frames();
        this.refusing = scenario.mutation().map(m -> m.isRefusing()).orElse(false);
        this.emptying = scenario.mutation().map(m -> m.isEmptying()).orElse(false);
        this.pages = new long[pagesPerCall];
        choose();
    }

    @Override
    public void run() {
        got = gup.getUserPagesFast(task, space.mm(), space.address(first), pages.length, FOLL_WRITE, pages);
    }

    /** A wrong answer is no measurement. */
    @Override
    public void finish() {
        if (GetUserPages.lastStop(task) != StopReason.NONE) {
            fellBack++;
        }
        if (got != pages.length) {
            checkFewer();
        }
        for (int i = 0; i < got; i++) {
            final long found = frames.getLong(pages[i], 0);
            if (found != space.stampOf(first + i) && (found != 0 || !emptying)) {
                throw new IllegalStateException(scenario.id() + ": contents of page " + (first + i) + ": expected 0x"
                        + Long.toHexString(space.stampOf(first + i)) + ", found 0x" + Long.toHexString(found));
            }
        }
        if (got > 0) {
            gup.putPages(task, pages, got);
        }
        choose();
    }

    private void checkFewer() {
        if (!refusing || (got != -Errno.EFAULT && (got <= 0 || got > pages.length))) {
            throw new IllegalStateException(scenario.id() + ": pages got: expected " + pages.length + ", found " + got);
        }
        if (got < 0) {
            refused++;
        } else {
            cutShort++;
        }
    }

    private void choose() {
        first = random.nextInt(space.pages() - pages.length + 1);
    }

    /** Calls that went to the slow path. */
    long fellBack() {
        return fellBack;
    }

    /** Calls that got fewer pages than they asked for, but some. */
    long cutShort() {
        return cutShort;
    }

    /** Calls that got an error. */
    long refused() {
        return refused;
    }

    void forgetCounts() {
        fellBack = 0;
        cutShort = 0;
        refused = 0;
    }
}
