package org.gup;

import org.gup.longterm.LongtermPinner;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.slow.SlowWalker;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** The slow legs of the calls: who takes mmap_sem, who keeps it, and what is counted. */
final class SlowCalls {
    private final PhysicalMemory memory;
    private final SlowWalker slowWalker;
    private final LongtermPinner longtermPinner;

    SlowCalls(final PhysicalMemory memory, final SlowWalker slowWalker, final LongtermPinner longtermPinner) {
        this.memory = memory;
        this.slowWalker = slowWalker;
        this.longtermPinner = longtermPinner;
    }

    SlowWalker walker() {
        return slowWalker;
    }

    /** The slow path for a caller that holds mmap_sem. */
    long held(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        memory.epoch().enterCall(task);
        try {
            Arguments.checkMmapSem(mm);
            return countSlow(
                    task, slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, 0, vmas, locked));
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    long unlocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final long @Nullable [] pages,
            final int offset,
            final int gupFlags) {
        final int[] locked = task.lockedScratch();
        locked[0] = 1;
        mm.mmapReadLock(task);
        try {
            return countSlow(
                    task,
                    slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, offset, null, locked));
        } finally {
            if (locked[0] == 1) {
                mm.mmapReadUnlock(task);
            }
        }
    }

    /** A longterm call, whose arguments are tested before anything else: mmap_sem is held, and kept. */
    long longterm(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas) {
        memory.epoch().enterCall(task);
        try {
            Arguments.checkMmapSem(mm);
            final int refused = longtermPinner.refusal(task, nrPages, pages, vmas);
            if (refused != 0) {
                return countSlow(task, refused);
            }
            Arguments.check(memory, mm, nrPages, pages, vmas);
            return countSlow(
                    task, longtermPinner.getUserPages(task, mm, start, nrPages, gupFlags, pages, offset, vmas));
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /** The slow leg of a fast longterm call: FOLL_TOUCH is not added. */
    long longtermUnlocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long[] pages,
            final int offset) {
        mm.mmapReadLock(task);
        try {
            return longterm(task, mm, start, nrPages, gupFlags, pages, offset, null);
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    private static long countSlow(final Task task, final long result) {
        task.counters().add(Counter.SLOW_CALLS, 1);
        if (result > 0) {
            task.counters().add(Counter.SLOW_PAGES, result);
        }
        return result;
    }
}
