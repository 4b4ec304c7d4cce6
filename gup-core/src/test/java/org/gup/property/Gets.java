package org.gup.property;

import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EOPNOTSUPP;
import static org.gup.flags.Errno.ERESTARTSYS;
import static org.gup.flags.FollFlags.FOLL_ANON;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_SPLIT;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.Arrays;
import org.gup.flags.FollFlags;
import org.gup.task.FaultPoint;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/** Gets pages in both models and compares what they answer, or finds the name of the difference. */
final class Gets {
    /** Flags that the slow path obeys and the walk does not know. */
    private static final int IGNORED = FOLL_ANON | FOLL_DUMP | FOLL_SPLIT;

    private final World world;
    private final Machine fast;
    private final Machine slow;

    Gets(final World world) {
        this.world = world;
        this.fast = world.fast;
        this.slow = world.slow;
    }

    /** What both got; null if they got different numbers of pages, for which there was a name: then nothing is kept. */
    World.@Nullable Pin get(
            final int space,
            final long page,
            final int nrPages,
            final int flags,
            final boolean killed,
            final int failNth) {
        final String what = "get of pages " + page + " to " + (page + nrPages - 1) + " of space " + space + ", "
                + FollFlags.describe(flags);
        final long[] fastPages = new long[nrPages];
        final long[] slowPages = new long[nrPages];
        final long fromFast = call(fast, space, page, flags, killed, failNth, fastPages);
        final long fromSlow = call(slow, space, page, flags, killed, failNth, slowPages);
        if (failNth == 0) {
            checkNaive(what, space, page, nrPages, flags, killed, fromSlow);
        }
        world.drain();
        final int common = (int) Math.max(0, Math.min(fromFast, fromSlow));
        for (int i = 0; i < common; i++) {
            comparePage(what, space, page + i, flags, fastPages[i], slowPages[i]);
        }
        if (fromFast == fromSlow) {
            // Where they are not equal, one page that is mapped many times may have been got more often in one model.
            for (int i = 0; i < common; i++) {
                compareReferences(what + ", page " + (page + i), fastPages[i], slowPages[i]);
            }
            if ((flags & FOLL_WRITE) != 0) {
                breakCopyOnWrite(space, page, fromSlow == -EOPNOTSUPP ? nrPages : common, flags);
            }
            return new World.Pin(
                    space,
                    page,
                    flags,
                    Arrays.copyOf(fastPages, common),
                    Arrays.copyOf(slowPages, common),
                    shown(space, page, common));
        }
        world.saw(nameOf(what, space, page, nrPages, flags, killed, fromFast, fromSlow));
        // One model may have read a file further than the other before its allocation failed.
        world.framesDiffer |= failNth != 0;
        fast.gup.putPages(fast.task, fastPages, (int) Math.max(0, fromFast));
        slow.gup.putPages(slow.task, slowPages, (int) Math.max(0, fromSlow));
        final int faults = flags & (FOLL_WRITE | FOLL_FORCE);
        if ((flags & FOLL_WRITE) != 0) {
            for (int i = 0; i < nrPages; i++) {
                breakCopyOnWrite(space, page + i, 1, flags);
            }
        }
        fast.faultIn(space, page << PAGE_SHIFT, nrPages, faults);
        slow.faultIn(space, page << PAGE_SHIFT, nrPages, faults);
        return null;
    }

    /** Pages got for a write are the process's own, up to the first that it may not have. */
    private void breakCopyOnWrite(final int space, final long page, final int pages, final int flags) {
        for (int i = 0; i < pages && isAllowed(space, page + i, flags); i++) {
            final Shadow.Page at = world.shadow.at(space, page + i);
            if (at != null) {
                at.breakCopyOnWrite();
            }
        }
    }

    private Shadow.Page[] shown(final int space, final long page, final int pages) {
        final Shadow.Page[] shown = new Shadow.Page[pages];
        for (int i = 0; i < pages; i++) {
            final Shadow.Page at = world.shadow.at(space, page + i);
            if (at == null) {
                throw new AssertionError("got what is not mapped: page " + (page + i));
            }
            shown[i] = at;
        }
        return shown;
    }

    private static long call(
            final Machine machine,
            final int space,
            final long page,
            final int flags,
            final boolean killed,
            final int failNth,
            final long[] pages) {
        final Task task = machine.task;
        task.failNth(FaultPoint.PAGE_ALLOC, failNth);
        if (killed) {
            task.sendSigkill();
        }
        try {
            return machine.getPages(space, page << PAGE_SHIFT, pages.length, flags, pages);
        } finally {
            task.clearSignals();
            task.failNth(FaultPoint.PAGE_ALLOC, 0);
        }
    }

    private void comparePage(
            final String what,
            final int space,
            final long page,
            final int flags,
            final long fastPfn,
            final long slowPfn) {
        final String which = what + ", page " + page;
        World.equal(slow.contents(slowPfn), fast.contents(fastPfn), which + ", contents");
        final long address = page << PAGE_SHIFT;
        World.equal(
                slow.mapped(space, address) == slowPfn,
                fast.mapped(space, address) == fastPfn,
                which + ", mapped there");
        final Shadow.Page at = world.shadow.at(space, page);
        if (at != null) {
            World.expect(at.value(), slow.contents(slowPfn), which + ", contents");
        }
        if ((flags & FOLL_LONGTERM) != 0 && fast.isCma(fastPfn) && !slow.isCma(slowPfn)) {
            world.saw(Divergence.CMA_PAGE_LEFT);
            world.framesDiffer = true;
        }
        if ((flags & FOLL_SPLIT) != 0) {
            world.framesDiffer = true;
        }
    }

    private void compareReferences(final String which, final long fastPfn, final long slowPfn) {
        final boolean zero = slowPfn == slow.memory.zeroPfn() || World.isHugeZero(slow, slowPfn);
        if (!zero && !world.framesDiffer) {
            World.equal(slow.references(slowPfn), fast.references(fastPfn), which + ", references");
        }
    }

    /** What the slow call must answer, as far as the naive model knows. */
    private void checkNaive(
            final String what,
            final int space,
            final long page,
            final int nrPages,
            final int flags,
            final boolean killed,
            final long fromSlow) {
        if ((flags & ~(FOLL_WRITE | FOLL_FORCE | FOLL_LONGTERM)) != 0) {
            return;
        }
        long expected = 0;
        while (expected < nrPages && isAllowed(space, page + expected, flags)) {
            expected++;
        }
        if (killed) {
            // The mapping is looked at first, then signals, then the page.
            expected = isPermitted(space, page, flags) ? -ERESTARTSYS : -EFAULT;
        } else if (expected == 0) {
            expected = -EFAULT;
        } else if ((flags & FOLL_LONGTERM) != 0) {
            for (long i = 0; i < expected; i++) {
                final Shadow.Page at = world.shadow.at(space, page + i);
                if (at != null && at.contents != null && at.contents.fsDax) {
                    expected = -EOPNOTSUPP;
                }
            }
        }
        World.expect(expected, fromSlow, what + ", slow");
    }

    /** Whether the call may have the page. */
    private boolean isAllowed(final int space, final long page, final int flags) {
        final Shadow.Page at = world.shadow.at(space, page);
        return at != null && !at.poisoned && !at.isBeyondEnd() && isPermitted(space, page, flags);
    }

    /** Models {@code check_vma_flags()} for what sequences map. */
    private boolean isPermitted(final int space, final long page, final int flags) {
        final Shadow.Page at = world.shadow.at(space, page);
        if (at == null) {
            return false;
        }
        final boolean force = (flags & FOLL_FORCE) != 0;
        if ((flags & FOLL_WRITE) != 0) {
            return at.isWritable() || (force && !at.shared);
        }
        return at.isReadable() || force;
    }

    private Divergence nameOf(
            final String what,
            final int space,
            final long page,
            final int nrPages,
            final int flags,
            final boolean killed,
            final long fromFast,
            final long fromSlow) {
        if (fromFast == -EFAULT && page + nrPages > world.topPage()) {
            return Divergence.ABOVE_TASK_SIZE;
        }
        if (killed && fromSlow == -ERESTARTSYS && fromFast > 0) {
            return Divergence.SIGKILL;
        }
        final Shadow.Page stopped = world.shadow.at(space, page + Math.max(0, fromSlow));
        final boolean walkWentOn = fromFast > fromSlow;
        if (walkWentOn
                && (fromSlow == -EFAULT || fromSlow > 0)
                && (flags & (FOLL_WRITE | FOLL_FORCE)) == 0
                && stopped != null
                && !stopped.isReadable()
                && stopped.prot != 0) {
            return Divergence.NO_READ_PERMISSION;
        }
        if (fromSlow == -EOPNOTSUPP && (flags & FOLL_LONGTERM) != 0 && fromFast > 0) {
            return daxDivergence(space, page, (int) fromFast);
        }
        if (walkWentOn && (flags & IGNORED) != 0) {
            return Divergence.FLAGS_THE_WALK_IGNORES;
        }
        throw new AssertionError(what + ": slow=" + fromSlow + ", fast=" + fromFast);
    }

    private Divergence daxDivergence(final int space, final long page, final int pages) {
        for (int i = 0; i < pages; i++) {
            final Shadow.Page at = world.shadow.at(space, page + i);
            if (at != null && at.contents != null && at.contents.fsDax) {
                if (at.own == null) {
                    throw new AssertionError("a DAX page by a longterm call: page " + (page + i));
                }
                return Divergence.LONGTERM_DAX_COPIED;
            }
        }
        return Divergence.LONGTERM_DAX_PREFIX;
    }
}
