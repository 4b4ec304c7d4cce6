package org.gup.bench.soak;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.gup.GetUserPages;
import org.gup.bench.mutate.SharedSpace;
import org.gup.flags.Errno;
import org.gup.stat.StopReason;
import org.gup.task.Task;

/** Gets pages in every way, holds some of them for a while, and gives them back. */
@SuppressWarnings("EnumOrdinal") // numbers of counters, in this package alone
final class Pinner extends Worker {
    /** Calls that went to the slow path, pages got, calls refused: behind one counter for each way. */
    static final int FELL_BACK = GetKind.values().length;

    static final int PAGES = FELL_BACK + 1;
    static final int REFUSED = FELL_BACK + 2;
    static final int COUNTERS = FELL_BACK + 3;

    /** Sets of pages that one thread holds at a time. */
    static final int HOLDINGS = 4;

    private static final int MOST_PAGES = 64;
    private static final GetKind[] KINDS = GetKind.values();

    private final int number;
    private final References references;
    private final Deque<Holding> holdings = new ArrayDeque<>();
    private long tokens;

    /** How references are given back: a test may do it wrongly. */
    @FunctionalInterface
    interface References {
        /**
         * Gives back one reference of each page.
         *
         * @param gup the calls
         * @param task who gives them back
         * @param pages the pages
         * @param count how many
         */
        void put(GetUserPages gup, Task task, long[] pages, int count);
    }

    Pinner(
            final Soak soak,
            final int number,
            final Task task,
            final SplittableRandom random,
            final References references) {
        super(soak, "pinner-" + number, task, random, COUNTERS);
        this.number = number;
        this.references = references;
    }

    @Override
    void step() {
        final int choice = random.nextInt(8);
        if (holdings.size() == HOLDINGS || (choice < 3 && !holdings.isEmpty())) {
            doing("put");
            giveBack();
        } else if (choice == 3 && !holdings.isEmpty()) {
            doing("write through a pin");
            holdings.getFirst().check();
            holdings.getFirst().writeAgain(nextToken());
            holdings.addLast(holdings.removeFirst());
        } else {
            get(KINDS[random.nextInt(KINDS.length)]);
        }
    }

    private void get(final GetKind kind) {
        doing(kind.label());
        final SharedSpace space = anySpace();
        final int nrPages = 1 + random.nextInt(Math.min(space.pages(), MOST_PAGES));
        final int first = random.nextInt(space.pages() - nrPages + 1);
        final long[] pages = new long[nrPages];
        final long got = kind.get(soak.machine().gup(), task, space.mm(), space.address(first), nrPages, pages);
        if (got > nrPages || (got <= 0 && got != -Errno.EFAULT && !(got == 0 && kind.mayGetNothing()))) {
            throw new ViolationException("result: expected 1 to " + nrPages + " or -EFAULT, found " + got);
        }
        count(kind.ordinal(), 1);
        if (kind.isFast() && GetUserPages.lastStop(task) != StopReason.NONE) {
            count(FELL_BACK, 1);
        }
        if (got <= 0) {
            count(REFUSED, 1);
            return;
        }
        count(PAGES, got);
        final int slot = freeSlot();
        final Holding holding =
                new Holding(space, first, pages, (int) got, kind.isWrite(), tokenOffset(slot), nextToken(), slot);
        holdings.addLast(holding);
        holding.check();
    }

    private int freeSlot() {
        for (int slot = 0; ; slot++) {
            final int candidate = slot;
            if (holdings.stream().noneMatch(holding -> holding.slot() == candidate)) {
                return slot;
            }
        }
    }

    /** Its own word of a page: the first is the stamp. */
    private int tokenOffset(final int slot) {
        return Long.BYTES * (1 + number * HOLDINGS + slot);
    }

    private long nextToken() {
        tokens++;
        return tokens << 8 | number;
    }

    private void giveBack() {
        final Holding holding = holdings.getFirst();
        holding.check();
        holdings.removeFirst();
        references.put(soak.machine().gup(), task, holding.pages(), holding.count());
    }

    @Override
    void end() {
        doing("the last put");
        while (!holdings.isEmpty()) {
            giveBack();
        }
    }

    /** What it holds: to be asked while it pauses. */
    Iterable<Holding> holdings() {
        return holdings;
    }
}
