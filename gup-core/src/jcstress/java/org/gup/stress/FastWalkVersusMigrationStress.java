package org.gup.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.agrona.UnsafeApi;
import org.gup.page.PageRef;
import org.gup.pgtable.TablePages;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A walker looks, takes a reference and looks again; a migration clears the entry and looks at the count. At least one has
 * to see the other, or a page is pinned and moved away at once.
 *
 * <p>Results: how the walk ended ({@link Walk}), whether the page was migrated, references at the end.
 *
 * <p>Observed in 0.9 s of each of two JVMs on JDK 17.0.15, one on JDK 25.0.3; 2 CPUs of an AMD EPYC, family 26:
 *
 * <pre>
 *                            JDK 17                                 JDK 25
 *                            samples    pinned and migrated         samples  pinned and migrated
 *   ClearThenCompare         2,934,822  0                           448,531  0
 *   ClearThenFreeze          1,316,902  0                           448,531  0
 *   WeakReleaseAcquireOnly   6,139,942  1,012,743 (16.5 %)          796,691  48,343 (6.1 %)
 *   WeakClear                3,242,022  921 (0.03 %)                448,531  14 (0.003 %)
 * </pre>
 */
public final class FastWalkVersusMigrationStress {
    private FastWalkVersusMigrationStress() {}

    /** A page mapped once, entry and count on cache lines of their own. */
    private abstract static class MappedPage {
        final long entry = Arena.next();
        final long page = entry + Arena.LINE_BYTES;

        MappedPage() {
            PageRef.init(page, 1);
            TablePages.storeRelease(entry, Walk.ENTRY);
        }

        /** Anonymous, mapped once, so that one reference means nobody else. */
        static final int EXPECTED_COUNT = 1;
    }

    /** The compare of {@code migrate_page_move_mapping()} for an anonymous page. */
    @JCStressTest
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "cleared before the walk; migrated")
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "pinned; the migration saw the reference and gave up")
    @Outcome(
            id = "2, 1, 1",
            expect = ACCEPTABLE,
            desc = "cleared between the two looks, reference given back; migrated")
    @Outcome(
            id = "2, 0, 1",
            expect = ACCEPTABLE,
            desc = "the same, but the passing reference made the migration give up")
    @Outcome(expect = FORBIDDEN, desc = "pinned and migrated, or a count that is not exact")
    @State
    public static class ClearThenCompare extends MappedPage {
        /** Pins. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = Walk.pin(entry, page);
        }

        /** Migrates if nobody else holds the page. */
        @Actor
        public void migration(final III_Result r) {
            TablePages.getAndSet(entry, 0);
            r.r2 = PageRef.countVolatile(page) == EXPECTED_COUNT ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }

    /** The freeze of {@code migrate_page_move_mapping()} for a page that belongs to a mapping, of reclaim and of a split. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "cleared before the walk; frozen")
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "pinned; the freeze failed")
    @Outcome(id = "2, 1, 0", expect = ACCEPTABLE, desc = "cleared between the two looks, reference given back; frozen")
    @Outcome(id = "2, 0, 1", expect = ACCEPTABLE, desc = "the same, but the passing reference made the freeze fail")
    @Outcome(id = "3, 1, 0", expect = ACCEPTABLE, desc = "frozen between the first look and the reference: refused")
    @Outcome(expect = FORBIDDEN, desc = "pinned and frozen, or a count that is not exact")
    @State
    public static class ClearThenFreeze extends MappedPage {
        /** Pins. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = Walk.pin(entry, page);
        }

        /** Freezes if nobody else holds the page. */
        @Actor
        public void migration(final III_Result r) {
            TablePages.getAndSet(entry, 0);
            r.r2 = PageRef.freeze(page, EXPECTED_COUNT) ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }

    /** Release and acquire on both sides: store buffers hide each side's write from the other's read. */
    @JCStressTest
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "cleared before the walk; migrated")
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "pinned; the migration saw the reference and gave up")
    @Outcome(
            id = "2, 1, 1",
            expect = ACCEPTABLE,
            desc = "cleared between the two looks, reference given back; migrated")
    @Outcome(
            id = "2, 0, 1",
            expect = ACCEPTABLE,
            desc = "the same, but the passing reference made the migration give up")
    @Outcome(id = "1, 1, 2", expect = ACCEPTABLE_INTERESTING, desc = "pinned and migrated")
    @Outcome(expect = FORBIDDEN, desc = "no weakness explains this")
    @State
    public static class WeakReleaseAcquireOnly extends MappedPage {
        /** Pins without a fence. */
        @Actor
        public void walker(final III_Result r) {
            if (UnsafeApi.getLongAcquire(null, entry) == 0) {
                r.r1 = Walk.NOTHING_MAPPED;
                return;
            }
            final int references = UnsafeApi.getIntAcquire(null, page);
            UnsafeApi.putIntRelease(null, page, references + 1);
            if (UnsafeApi.getLongAcquire(null, entry) == 0) {
                UnsafeApi.putIntRelease(null, page, references);
                r.r1 = Walk.PUT_BACK;
                return;
            }
            r.r1 = Walk.PINNED;
        }

        /** Migrates without a fence. */
        @Actor
        public void migration(final III_Result r) {
            UnsafeApi.putLongRelease(null, entry, 0L);
            r.r2 = UnsafeApi.getIntAcquire(null, page) == EXPECTED_COUNT ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }

    /** The likely mistake: a perfect walker, and an entry cleared with a release store. */
    @JCStressTest
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "cleared before the walk; migrated")
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "pinned; the migration saw the reference and gave up")
    @Outcome(
            id = "2, 1, 1",
            expect = ACCEPTABLE,
            desc = "cleared between the two looks, reference given back; migrated")
    @Outcome(
            id = "2, 0, 1",
            expect = ACCEPTABLE,
            desc = "the same, but the passing reference made the migration give up")
    @Outcome(id = "1, 1, 2", expect = ACCEPTABLE_INTERESTING, desc = "pinned and migrated")
    @Outcome(expect = FORBIDDEN, desc = "no weakness explains this")
    @State
    public static class WeakClear extends MappedPage {
        /** Pins. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = Walk.pin(entry, page);
        }

        /** Clears with too little. */
        @Actor
        public void migration(final III_Result r) {
            TablePages.storeRelease(entry, 0);
            r.r2 = PageRef.countVolatile(page) == EXPECTED_COUNT ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }
}
