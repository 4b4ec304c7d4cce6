package org.gup.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.agrona.UnsafeApi;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A fault allocates a table, stores an entry into it and links it; a walker that finds the link finds the table cleared and
 * the entry in it, whatever the frame held before.
 *
 * <p>Results: whether the walk found the link; its first entry: 0 empty, 1 stored, 2 anything else; its last one likewise.
 *
 * <p>Observed in 0.9 s of each of two JVMs on JDK 17.0.15, one on JDK 25.0.3, 2 CPUs of an AMD EPYC, family 26: 2,361,382
 * samples, of which 152,001 found the link, and 469,011 with 82,790; 0 forbidden. x86 keeps stores in order by itself: this
 * shows what the compilers do and proves nothing for other processors.
 */
public final class TablePublicationStress {
    private static final long STALE = Pte.of(0x5678, Pte.PRESENT | Pte.USER);

    private TablePublicationStress() {}

    private static int judge(final long entry) {
        return entry == 0 ? 0 : entry == Walk.ENTRY ? 1 : 2;
    }

    /** {@code pte_alloc()} against the descent. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "not linked yet")
    @Outcome(id = "1, 1, 0", expect = ACCEPTABLE, desc = "linked: the entry is there, the rest is empty")
    @Outcome(expect = FORBIDDEN, desc = "linked before it was cleared or filled")
    @State
    public static class ClearedAndFilledBeforeItIsLinked {
        final long upper = Arena.next();
        final long pfn = Tables.next();

        /** An empty upper entry, and a frame full of what was in it before. */
        public ClearedAndFilledBeforeItIsLinked() {
            final long table = Tables.PAGES.address(pfn);
            UnsafeApi.putLong(null, table, STALE);
            UnsafeApi.putLong(null, table + 4088, STALE);
            TablePages.storeRelease(upper, 0);
        }

        /** Descends. */
        @Actor
        public void walker(final III_Result r) {
            final long link = TablePages.entryAcquire(upper);
            if (link != 0) {
                final long table = Tables.PAGES.child(link);
                r.r1 = 1;
                r.r2 = judge(TablePages.entryAcquire(table));
                r.r3 = judge(TablePages.entryAcquire(table + 4088));
            }
        }

        /** Allocates (the frame that was freed last), stores, links. */
        @Actor
        public void fault(final III_Result r) {
            Tables.PAGES.free(pfn);
            final long fresh = Tables.PAGES.allocate();
            TablePages.storeRelease(Tables.PAGES.address(fresh), Walk.ENTRY);
            TablePages.storeRelease(upper, Pte.of(fresh, Pte.TABLE));
        }
    }
}
