package org.gup.bench.rejection;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Arrays;
import java.util.Objects;
import org.gup.GetUserPages;
import org.gup.kernel.FsDaxCheck;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** The loop, with the calls beside it: {@link KernelCopy} loads both anew for each kernel. */
final class CopiedPinLoop implements PinLoop {
    private static final int FLAGS = FOLL_WRITE | FOLL_LONGTERM;

    private final GetUserPages gup;

    CopiedPinLoop(final PhysicalMemory memory, final FsDaxCheck check) {
        this.gup = GetUserPages.builder(memory).fsDaxCheck(check).build();
    }

    @Override
    public long slow(
            final Task task,
            final MmStruct mm,
            final long start,
            final int nrPages,
            final long[][] pages,
            final long[] results,
            final int calls) {
        final long started = System.nanoTime();
        for (int call = 0; call < calls; call++) {
            results[call] = gup.getUserPages(task, mm, start, nrPages, FLAGS, pages[call], null);
        }
        return System.nanoTime() - started;
    }

    @Override
    public long fast(
            final Task task,
            final MmStruct mm,
            final long start,
            final int nrPages,
            final long[][] pages,
            final long[] results,
            final int calls) {
        final long started = System.nanoTime();
        for (int call = 0; call < calls; call++) {
            results[call] = gup.getUserPagesFast(task, mm, start, nrPages, FLAGS, pages[call]);
        }
        return System.nanoTime() - started;
    }

    @Override
    public int thrownAway(final Task task, final MmStruct mm, final long start, final int nrPages) {
        final long[] pages = new long[nrPages];
        final @Nullable VmArea[] vmas = new @Nullable VmArea[nrPages];
        final int kept = (int) Math.max(0, gup.getUserPages(task, mm, start, nrPages, FLAGS, pages, vmas));
        gup.putPages(task, pages, kept);
        return (int) Arrays.stream(vmas).filter(Objects::nonNull).count() - kept;
    }
}
