package org.gup.bench.soak;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import org.gup.GetUserPages;
import org.gup.mm.MmStruct;
import org.gup.task.Task;

/** Ways to get pages. */
enum GetKind {
    FAST("fast", 0),
    FAST_WRITE("fast, write", FOLL_WRITE),
    FAST_LONGTERM("fast, longterm", FOLL_WRITE | FOLL_LONGTERM),
    FAST_ONLY("fast only", FOLL_WRITE),
    SLOW("slow", 0),
    SLOW_WRITE("slow, write", FOLL_WRITE),
    LONGTERM("longterm", FOLL_WRITE | FOLL_LONGTERM);

    private final String label;
    private final int flags;

    GetKind(final String label, final int flags) {
        this.label = label;
        this.flags = flags;
    }

    String label() {
        return label;
    }

    /** Whether what it gets may be written. */
    boolean isWrite() {
        return (flags & FOLL_WRITE) != 0;
    }

    /** Whether it begins without a lock. */
    boolean isFast() {
        return this != SLOW && this != SLOW_WRITE && this != LONGTERM;
    }

    /** Whether it may get nothing without an error. */
    boolean mayGetNothing() {
        return this == FAST_ONLY;
    }

    /** Makes the call: how many pages, or a negated errno. */
    long get(
            final GetUserPages gup,
            final Task task,
            final MmStruct mm,
            final long address,
            final int nrPages,
            final long[] pages) {
        return switch (this) {
            case FAST, FAST_WRITE, FAST_LONGTERM -> gup.getUserPagesFast(task, mm, address, nrPages, flags, pages);
            case FAST_ONLY -> gup.getUserPagesFastOnly(task, mm, address, nrPages, true, pages);
            case SLOW, SLOW_WRITE -> gup.getUserPagesUnlocked(task, mm, address, nrPages, pages, flags);
            case LONGTERM -> {
                mm.mmapReadLock(task);
                try {
                    yield gup.getUserPages(task, mm, address, nrPages, flags, pages, null);
                } finally {
                    mm.mmapReadUnlock(task);
                }
            }
        };
    }
}
