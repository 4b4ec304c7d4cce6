package org.gup.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.agrona.UnsafeApi;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.tlb.MmuGather;
import org.gup.tlb.TlbSync;
import org.gup.tlb.WalkerEpoch;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A walker enters the epoch, follows an upper entry and reads the table behind it; a mutator unlinks the table, waits for
 * the walkers and lets it be used for something else. No walker may read the new use through the old link.
 *
 * <p>A walk waits for nothing, so the mutator's wait always ends. One walker thread runs at a time: one slot is enough, and
 * it is used over and over as a task's slot is.
 *
 * <p>Results: what the walk saw (0 no link, 1 the table as it was, 2 something else), whether the table was used again.
 *
 * <p>Observed in 0.9 s of each of two JVMs on JDK 17.0.15, one on JDK 25.0.3; 2 CPUs of an AMD EPYC, family 26:
 *
 * <pre>
 *                             JDK 17                                 JDK 25
 *                             samples    used again under a walk     samples    used again under a walk
 *   SynchronizeBeforeReuse    1,194,022  0                             970,771  0
 *   FlushBeforeReuse          1,030,182  0                             581,651  0
 *   WeakEnterByReleaseStore   3,457,062  406 (0.01 %)                1,237,011  36,497 (3.0 %)
 * </pre>
 */
public final class TableReuseStress {
    private static final int NO_LINK = 0;
    private static final int OLD_TABLE = 1;
    private static final int ANOTHER_USE = 2;

    /** Entries of the table in use. */
    private static final int ENTRIES = 8;
    /** How often a walk reads them: long enough to be overtaken in the middle. */
    private static final int PASSES = 16;

    private static final long REUSED = Pte.of(0x5678, Pte.PRESENT | Pte.USER);

    private TableReuseStress() {}

    /** A store that goes to memory, as a thread has some of: in the store buffer the next one, entering, waits behind it. */
    private static void missTheCache(final long untouched) {
        UnsafeApi.putLongRelease(null, untouched, 1L);
    }

    private static int readTable(final long table) {
        for (int i = 0; i < PASSES * ENTRIES; i++) {
            if (TablePages.entryAcquire(table + 8L * (i & (ENTRIES - 1))) != Walk.ENTRY) {
                return ANOTHER_USE;
            }
        }
        return OLD_TABLE;
    }

    private static void fillTable(final long table, final long entry) {
        for (int i = 0; i < ENTRIES; i++) {
            TablePages.storeRelease(table + 8L * i, entry);
        }
    }

    /** The epoch by itself. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "unlinked before the walk looked")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the walk had the link: the mutator waited for it")
    @Outcome(expect = FORBIDDEN, desc = "a table was used again under a walk")
    @State
    public static class SynchronizeBeforeReuse {
        private static final WalkerEpoch EPOCH = new WalkerEpoch(1, Await.YIELDING);
        private static final Task WALKER = new Task(EPOCH.takeSlot(), 0);

        final long upper = Arena.next();
        final long table = upper + Arena.LINE_BYTES;
        final long untouched = Arena.next();

        /** A table, linked. */
        public SynchronizeBeforeReuse() {
            fillTable(table, Walk.ENTRY);
            TablePages.storeRelease(upper, table);
        }

        /** Walks. */
        @Actor
        public void walker(final II_Result r) {
            missTheCache(untouched);
            EPOCH.enterWalk(WALKER);
            final long link = TablePages.entryAcquire(upper);
            r.r1 = link == 0 ? NO_LINK : readTable(link);
            EPOCH.exitWalk(WALKER);
        }

        /** Unlinks, waits, uses again. */
        @Actor
        public void mutator(final II_Result r) {
            TablePages.getAndSet(upper, 0);
            EPOCH.synchronize();
            fillTable(table, REUSED);
            r.r2 = 1;
        }
    }

    /** The same by the way an unmapping goes: gathered, flushed, freed, and handed out again at once. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "unlinked before the walk looked")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the walk had the link: the flush waited for it")
    @Outcome(expect = FORBIDDEN, desc = "a table was handed out again under a walk, or another one was")
    @State
    public static class FlushBeforeReuse {
        private static final WalkerEpoch EPOCH = new WalkerEpoch(2, Await.YIELDING);
        private static final Task WALKER = new Task(EPOCH.takeSlot(), 0);
        private static final Task MUTATOR = new Task(EPOCH.takeSlot(), 0);
        private static final MmuGather GATHER =
                new MmuGather(MUTATOR, new MemMap(1, (task, headPfn) -> {}), Tables.PAGES, EPOCH, TlbSync.RCU_DEFER);

        final long upper = Arena.next();
        final long untouched = upper + Arena.LINE_BYTES;
        final long pfn = Tables.next();

        /** A table, linked. */
        public FlushBeforeReuse() {
            fillTable(Tables.PAGES.address(pfn), Walk.ENTRY);
            TablePages.storeRelease(upper, Pte.of(pfn, Pte.TABLE));
        }

        /** Walks. */
        @Actor
        public void walker(final II_Result r) {
            missTheCache(untouched);
            EPOCH.enterWalk(WALKER);
            final long link = TablePages.entryAcquire(upper);
            r.r1 = link == 0 ? NO_LINK : readTable(Tables.PAGES.child(link));
            EPOCH.exitWalk(WALKER);
        }

        /** Unlinks, flushes, allocates. */
        @Actor
        public void mutator(final II_Result r) {
            TablePages.getAndSet(upper, 0);
            GATHER.removeTable(pfn);
            GATHER.flush();
            final long again = Tables.PAGES.allocate();
            fillTable(Tables.PAGES.address(again), REUSED);
            r.r2 = again == pfn ? 1 : 0;
        }
    }

    /** The walk enters with a release store, which its reads may overtake, and the mutator looks at the slot once. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "unlinked before the walk looked")
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "the walk was over")
    @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the walk was seen, although it did not see the link")
    @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "the walk was seen")
    @Outcome(id = "2, 1", expect = ACCEPTABLE_INTERESTING, desc = "the table was used again under a walk")
    @Outcome(expect = FORBIDDEN, desc = "no weakness explains this")
    @State
    public static class WeakEnterByReleaseStore {
        final long walking = Arena.next();
        final long upper = walking + Arena.LINE_BYTES;
        final long table = Arena.next();
        final long untouched = table + Arena.LINE_BYTES;

        /** A table, linked; nobody walks. */
        public WeakEnterByReleaseStore() {
            UnsafeApi.putLong(null, walking, 0L);
            fillTable(table, Walk.ENTRY);
            TablePages.storeRelease(upper, table);
        }

        /** Walks. */
        @Actor
        public void walker(final II_Result r) {
            missTheCache(untouched);
            UnsafeApi.putLongRelease(null, walking, 1L);
            final long link = TablePages.entryAcquire(upper);
            r.r1 = link == 0 ? NO_LINK : readTable(link);
            UnsafeApi.putLongRelease(null, walking, 2L);
        }

        /** Unlinks, looks once, uses again. */
        @Actor
        public void mutator(final II_Result r) {
            TablePages.getAndSet(upper, 0);
            if ((UnsafeApi.getLongVolatile(null, walking) & 1) == 0) {
                fillTable(table, REUSED);
                r.r2 = 1;
            }
        }
    }
}
