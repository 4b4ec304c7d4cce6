package org.gup.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.gup.page.PageRef;
import org.gup.pgtable.TablePages;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A page that is free or frozen gives no reference, and whatever races, the count ends exact and one put is the last.
 *
 * <p>Results: what each actor got (1 yes, 0 no, or how a walk ended, {@link Walk}), references at the end.
 *
 * <p>Observed in 0.9 s of each of two JVMs on JDK 17.0.15, one on JDK 25.0.3; 2 CPUs of an AMD EPYC, family 26:
 *
 * <pre>
 *                             JDK 17                                 JDK 25
 *                             samples    forbidden                   samples    forbidden
 *   TryGetVersusFreeze        2,330,662  0                           1,206,291  0
 *   TryGetVersusLastPut         968,742  0                             448,531  0
 *   StaleEntryOfAReusedPage   3,026,982  0                           1,421,331  0
 *     with a passing reference  328,447 (10.9 %)                       350,595 (24.7 %)
 * </pre>
 */
public final class PageReferenceStress {
    private PageReferenceStress() {}

    /** {@code try_get_compound_head()} against {@code page_ref_freeze()}. */
    @JCStressTest
    @Outcome(id = "1, 0, 2", expect = ACCEPTABLE, desc = "the reference came first; the freeze failed")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the freeze came first; no reference from 0")
    @Outcome(expect = FORBIDDEN, desc = "a reference to a frozen page, or neither got anything")
    @State
    public static class TryGetVersusFreeze {
        final long page = Arena.next();

        /** One reference. */
        public TryGetVersusFreeze() {
            PageRef.init(page, 1);
        }

        /** Takes a reference. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = PageRef.tryGet(page, 1) ? 1 : 0;
        }

        /** Freezes. */
        @Actor
        public void freezer(final III_Result r) {
            r.r2 = PageRef.freeze(page, 1) ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }

    /** {@code try_get_compound_head()} against the last {@code put_page()}. */
    @JCStressTest
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "the reference came first; the put was not the last")
    @Outcome(id = "0, 1, 0", expect = ACCEPTABLE, desc = "the put came first and was the last; no reference from 0")
    @Outcome(expect = FORBIDDEN, desc = "freed under a reference, or never freed")
    @State
    public static class TryGetVersusLastPut {
        final long page = Arena.next();

        /** One reference. */
        public TryGetVersusLastPut() {
            PageRef.init(page, 1);
        }

        /** Takes a reference. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = PageRef.tryGet(page, 1) ? 1 : 0;
        }

        /** Gives the last one back. */
        @Actor
        public void owner(final III_Result r) {
            r.r2 = PageRef.putAndTest(page, 1) ? 1 : 0;
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }

    /** A walk with the entry of a page that is unmapped, freed and given to a stranger meanwhile. */
    @JCStressTest
    @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "cleared before the walk; the stranger's count is exact")
    @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "pinned: the page lives on by the walk's reference")
    @Outcome(
            id = "2, 1, 1",
            expect = ACCEPTABLE,
            desc = "a passing reference, given back; the stranger's count is exact")
    @Outcome(id = "3, 1, 1", expect = ACCEPTABLE, desc = "refused while the page was free")
    @Outcome(id = "4, 0, 0", expect = ACCEPTABLE, desc = "the passing reference was the last: the walk frees the page")
    @Outcome(expect = FORBIDDEN, desc = "a stranger's page pinned, freed twice or never, or its count wrong")
    @State
    public static class StaleEntryOfAReusedPage {
        final long entry = Arena.next();
        final long page = entry + Arena.LINE_BYTES;

        /** Mapped once. */
        public StaleEntryOfAReusedPage() {
            PageRef.init(page, 1);
            TablePages.storeRelease(entry, Walk.ENTRY);
        }

        /** Pins. */
        @Actor
        public void walker(final III_Result r) {
            r.r1 = Walk.pin(entry, page);
        }

        /** Unmaps; if that frees the page, allocates it again. */
        @Actor
        public void unmapper(final III_Result r) {
            TablePages.getAndSet(entry, 0);
            if (PageRef.putAndTest(page, 1)) {
                PageRef.init(page, 1);
                r.r2 = 1;
            }
        }

        /** Counts. */
        @Arbiter
        public void count(final III_Result r) {
            r.r3 = PageRef.countVolatile(page);
        }
    }
}
