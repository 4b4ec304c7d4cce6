package org.gup.fast;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.stat.StopReason;
import org.gup.task.WalkState;
import org.jspecify.annotations.Nullable;

/**
 * The checks that the fast walk makes for each page: those of v5.2, or with another {@link LongtermCheck}, in one of two shapes
 * that give the same answers.
 *
 * <p>{@link #checkByCheck()} does what the source says, in its order: protnone, access, devmap, special, then the head of
 * the compound page and its count. {@link #fused()} compares all the bits at once and looks for the head only when the
 * page itself has no count; it is as fast as the reference it takes, and for that very reason hides what a single check
 * costs. Measurements report both.
 *
 * <p>Threading: stateless; one guard may serve any number of walkers. A JVM that has loaded one guard inlines it whole into
 * the walk; with two loaded, each call site sees a type check.
 */
public abstract sealed class LeafGuard permits LeafGuard.CheckByCheck, LeafGuard.Fused {
    private final LongtermCheck longterm;

    private LeafGuard(final LongtermCheck longterm) {
        this.longterm = longterm;
    }

    /**
     * The guard of v5.2 that makes each check by itself.
     *
     * @return a guard
     */
    public static LeafGuard checkByCheck() {
        return checkByCheck(LongtermCheck.DEVMAP);
    }

    /**
     * A guard that makes each check by itself.
     *
     * @param longterm what FOLL_LONGTERM means to it
     * @return a guard
     */
    public static LeafGuard checkByCheck(final LongtermCheck longterm) {
        return longterm == LongtermCheck.CMA_IN_WALK ? new CheckByCheckCma() : new CheckByCheck(longterm);
    }

    /**
     * The guard of v5.2 that makes each check by itself, and sets {@code PG_referenced} whether it is set or not: the kernel's
     * own form, and a second locked operation for each page.
     *
     * @return a guard
     */
    public static LeafGuard marksAlways() {
        return new CheckByCheckMarking();
    }

    /**
     * The guard of v5.2 that makes one comparison.
     *
     * @return a guard
     */
    public static LeafGuard fused() {
        return fused(LongtermCheck.DEVMAP);
    }

    /**
     * A guard that makes one comparison.
     *
     * @param longterm what FOLL_LONGTERM means to it
     * @return a guard
     */
    public static LeafGuard fused(final LongtermCheck longterm) {
        return longterm == LongtermCheck.CMA_IN_WALK ? new FusedCma() : new Fused(longterm);
    }

    /**
     * What FOLL_LONGTERM means to it.
     *
     * @return the check
     */
    public final LongtermCheck longtermCheck() {
        return longterm;
    }

    /**
     * A short name for reports.
     *
     * @return such as {@code fused}
     */
    public abstract String shape();

    /**
     * Works out what the walk compares with, once per walk.
     *
     * @param walk flags and denied keys are set; the masks are filled in
     * @param layout the software bits of the tables
     */
    final void prepare(final WalkState walk, final PteLayout layout) {
        long mask = Pte.PRESENT | Pte.USER | Pte.SPECIAL | layout.devmap();
        long want = Pte.PRESENT | Pte.USER;
        if ((walk.flags & FOLL_WRITE) != 0) {
            mask |= Pte.RW;
            want |= Pte.RW;
        }
        if (walk.deniedPkeys != 0) {
            // Only key 0 can pass by comparison; every other key is looked at one by one in refusal().
            mask |= Pte.PKEY_MASK;
            if ((walk.deniedPkeys & 1) != 0) {
                want |= Pte.PKEY_MASK;
            }
        }
        walk.checkMask = mask;
        walk.checkWant = want;
        walk.devmap = layout.devmap();
    }

    /**
     * Whether an entry is an ordinary page that the call may have. A false answer may be a false alarm: the walk then asks
     * {@link #refusal}.
     *
     * @param entry the entry, of level 1, or a huge leaf without its special bit
     * @param mask from {@link #prepare}
     * @param want from {@link #prepare}
     * @param devmap from {@link #prepare}
     * @param flags {@code FOLL_*} of the call
     * @param deniedPkeys keys that forbid this access
     * @return true if the walk may take a reference
     */
    abstract boolean passes(long entry, long mask, long want, long devmap, int flags, int deniedPkeys);

    /**
     * Whether a page that passed may not be pinned for long. Models {@code is_migrate_cma_page()} inside
     * {@code try_grab_compound_head()} of v5.7.
     *
     * @param memMap the pages
     * @param pfn the page
     * @param flags {@code FOLL_*} of the call
     * @return true if the walk must stop before it
     */
    boolean refusesLongterm(final MemMap memMap, final long pfn, final int flags) {
        return false;
    }

    /** Order: opaque; the answer may be old, as in the kernel. Alive: pageblocks live as long as the model. */
    static boolean isCmaForLong(final MemMap memMap, final long pfn, final int flags) {
        return (flags & FOLL_LONGTERM) != 0 && memMap.pageblocks().migratetype(pfn) == Migratetype.CMA;
    }

    /**
     * Whether PG_referenced is set without looking whether it is.
     *
     * @return true for {@link #marksAlways()}
     */
    boolean setsReferencedAlways() {
        return false;
    }

    /**
     * Takes a reference on the page, through its head.
     *
     * @param memMap the pages
     * @param page address of the page's hot record
     * @return address of the head's hot record, or 0 if there was no reference to be had
     */
    abstract long tryGetHead(MemMap memMap, long page);

    /**
     * Why an entry that did not pass is refused. Cold.
     *
     * @param entry the entry
     * @param walk the walk
     * @return a reason; null if it is an ordinary page or a device page after all
     */
    final @Nullable StopReason refusal(final long entry, final WalkState walk) {
        if (Pte.isProtnone(entry)) {
            return StopReason.PROTNONE;
        }
        if (!Pte.isHardwarePresent(entry)) {
            if (Pte.isNone(entry)) {
                return StopReason.PTE_NONE;
            }
            return Pte.isHuge(entry) ? StopReason.SPLITTING : StopReason.SWAP;
        }
        if ((entry & Pte.USER) == 0) {
            return StopReason.NOT_USER;
        }
        if ((walk.flags & FOLL_WRITE) != 0 && !Pte.isWritable(entry)) {
            return StopReason.READ_ONLY;
        }
        if ((walk.deniedPkeys >>> Pte.pkey(entry) & 1) != 0) {
            return StopReason.PKEY;
        }
        if ((entry & walk.devmap) != 0) {
            return (walk.flags & FOLL_LONGTERM) != 0 && longterm != LongtermCheck.NONE
                    ? StopReason.DEVMAP_LONGTERM
                    : null;
        }
        return Pte.isSpecial(entry) ? StopReason.SPECIAL : null;
    }

    /** As the source reads. */
    static sealed class CheckByCheck extends LeafGuard permits CheckByCheckCma, CheckByCheckMarking {
        CheckByCheck(final LongtermCheck longterm) {
            super(longterm);
        }

        @Override
        public String shape() {
            return "check-by-check";
        }

        @Override
        boolean passes(
                final long entry,
                final long mask,
                final long want,
                final long devmap,
                final int flags,
                final int deniedPkeys) {
            if (Pte.isProtnone(entry) || !accessPermitted(entry, flags, deniedPkeys)) {
                return false;
            }
            if ((entry & devmap) != 0) {
                return false;
            }
            return !Pte.isSpecial(entry);
        }

        private static boolean accessPermitted(final long entry, final int flags, final int deniedPkeys) {
            long needed = Pte.PRESENT | Pte.USER;
            if ((flags & FOLL_WRITE) != 0) {
                needed |= Pte.RW;
            }
            return (entry & needed) == needed && (deniedPkeys >>> Pte.pkey(entry) & 1) == 0;
        }

        @Override
        long tryGetHead(final MemMap memMap, final long page) {
            final long head = memMap.head(page);
            return PageRef.tryGet(head, 1) ? head : 0;
        }
    }

    /** One comparison; the head only when it is needed. */
    static sealed class Fused extends LeafGuard permits FusedCma {
        Fused(final LongtermCheck longterm) {
            super(longterm);
        }

        @Override
        public String shape() {
            return "fused";
        }

        @Override
        boolean passes(
                final long entry,
                final long mask,
                final long want,
                final long devmap,
                final int flags,
                final int deniedPkeys) {
            return (entry & mask) == want;
        }

        @Override
        long tryGetHead(final MemMap memMap, final long page) {
            // A page with references is not a tail, and does not become one while we hold ours; a tail has none.
            return PageRef.tryGet(page, 1) ? page : tryGetTail(memMap, page);
        }

        private static long tryGetTail(final MemMap memMap, final long page) {
            final long head = memMap.head(page);
            return head != page && PageRef.tryGet(head, 1) ? head : 0;
        }
    }

    /** {@link CheckByCheck} with the test of contiguous memory. A class of its own, so that the others do not pay for a branch. */
    static final class CheckByCheckCma extends CheckByCheck {
        CheckByCheckCma() {
            super(LongtermCheck.CMA_IN_WALK);
        }

        @Override
        boolean refusesLongterm(final MemMap memMap, final long pfn, final int flags) {
            return isCmaForLong(memMap, pfn, flags);
        }
    }

    /** {@link CheckByCheck} that sets PG_referenced unconditionally. */
    static final class CheckByCheckMarking extends CheckByCheck {
        CheckByCheckMarking() {
            super(LongtermCheck.DEVMAP);
        }

        @Override
        public String shape() {
            return "check-by-check, marks always";
        }

        @Override
        boolean setsReferencedAlways() {
            return true;
        }
    }

    /** {@link Fused} with the test of contiguous memory. */
    static final class FusedCma extends Fused {
        FusedCma() {
            super(LongtermCheck.CMA_IN_WALK);
        }

        @Override
        boolean refusesLongterm(final MemMap memMap, final long pfn, final int flags) {
            return isCmaForLong(memMap, pfn, flags);
        }
    }
}
