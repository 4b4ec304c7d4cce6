package org.gup.bench.migration;

import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.List;

/**
 * One thing that is timed, or counted: a call over pages of which some lie in contiguous memory (CMA).
 *
 * @param id the key of everything written about it
 * @param label what a reader calls it
 * @param call which call
 * @param kind what maps the pages
 * @param pages pages of the call
 * @param inCmaPercent how many of them are in CMA, 0 to 100
 * @param held how many of them somebody else holds; base pages only
 * @param inPagevecs whether the last ones are still in a CPU's pagevec
 */
public record Scenario(
        String id, String label, Call call, Kind kind, int pages, int inCmaPercent, int held, boolean inPagevecs) {
    /** The calls that pin for long. */
    public enum Call {
        /** get_user_pages(FOLL_LONGTERM), mmap_sem held by the caller. */
        SLOW,
        /** get_user_pages_fast(FOLL_LONGTERM) on populated pages: pins them where they are. */
        FAST,
        /** The same on pages that were never touched: its slow leg faults them in, and moves them. */
        FAST_UNTOUCHED
    }

    /** What maps the pages. */
    public enum Kind {
        /** Anonymous 4 KiB pages. */
        BASE(1),
        /** 4 KiB pages of a file on disk, dirty. */
        FILE(1),
        /** Anonymous 4 KiB pages that were read back from swap and are in the swap cache still; pinned for reading. */
        SWAP_CACHE(1),
        /** Transparent huge pages. */
        HUGE(512),
        /** Transparent huge pages that are mapped by 512 entries each. */
        HUGE_BY_ENTRIES(512),
        /** Hugetlb pages. */
        HUGETLB(512);

        private final int unit;

        Kind(final int unit) {
            this.unit = unit;
        }

        /**
         * What moves at once.
         *
         * @return base pages
         */
        public int unit() {
            return unit;
        }
    }

    private static Scenario slow(final String id, final String label, final int pages, final int inCmaPercent) {
        return new Scenario(id, label, Call.SLOW, Kind.BASE, pages, inCmaPercent, 0, false);
    }

    private Scenario by(final Call other) {
        return new Scenario(id, label, other, kind, pages, inCmaPercent, held, inPagevecs);
    }

    private Scenario of(final Kind other) {
        return new Scenario(id, label, call, other, pages, inCmaPercent, held, inPagevecs);
    }

    private Scenario heldPages(final int number) {
        return new Scenario(id, label, call, kind, pages, inCmaPercent, number, inPagevecs);
    }

    private Scenario waitingInPagevecs() {
        return new Scenario(id, label, call, kind, pages, inCmaPercent, held, true);
    }

    /** Whether a page of the call is in CMA: they are spread evenly. */
    boolean isInCma(final int page) {
        return isOneOf(inCma(), page);
    }

    /** Whether somebody else holds a page of the call: they are spread evenly. */
    boolean isHeld(final int page) {
        return isOneOf(held, page);
    }

    private boolean isOneOf(final int chosen, final int page) {
        return (long) (page + 1) * chosen / pages > (long) page * chosen / pages;
    }

    /**
     * Pages of the call that are in CMA.
     *
     * @return base pages
     */
    public int inCma() {
        return pages * inCmaPercent / 100;
    }

    /** Whether the pages stay where they are, whatever they are. */
    boolean pinsInPlace() {
        return call == Call.FAST;
    }

    /** Pages that move, a huge page counting once. */
    int moves() {
        return pinsInPlace() ? 0 : inCma() / kind.unit() - held;
    }

    /** The flags of the call. */
    int flags() {
        return kind == Kind.SWAP_CACHE ? FOLL_LONGTERM : FOLL_WRITE | FOLL_LONGTERM;
    }

    /**
     * Every scenario.
     *
     * @return in the order of the report
     */
    public static List<Scenario> all() {
        return List.of(
                slow("slow-0", "get_user_pages, 0 % in CMA", 512, 0),
                slow("slow-1", "1 % in CMA", 512, 1),
                slow("slow-10", "10 % in CMA", 512, 10),
                slow("slow-50", "50 % in CMA", 512, 50),
                slow("slow-100", "100 % in CMA", 512, 100),
                slow("slow-100-64", "100 %, 64 pages a call", 64, 100),
                slow("slow-100-8", "100 %, 8 pages a call", 8, 100),
                slow("slow-100-1", "100 %, one page a call", 1, 100),
                slow("held-1", "64 pages, 1 held by another", 64, 100).heldPages(1),
                slow("held-32", "64 pages, 32 held by another", 64, 100).heldPages(32),
                slow("held", "64 pages, all held by another", 64, 100).heldPages(64),
                slow("pagevec-1", "1 page, in a pagevec", 1, 100).waitingInPagevecs(),
                slow("pagevec", "14 pages, all in a pagevec", 14, 100).waitingInPagevecs(),
                slow("file", "64 pages of a file", 64, 100).of(Kind.FILE),
                slow("swap-cache", "64 pages in the swap cache", 64, 100).of(Kind.SWAP_CACHE),
                slow("untouched", "get_user_pages_fast, untouched", 512, 100).by(Call.FAST_UNTOUCHED),
                slow("fast", "get_user_pages_fast, populated: left in CMA", 512, 100)
                        .by(Call.FAST),
                slow("huge", "one transparent huge page", 512, 100).of(Kind.HUGE),
                slow("huge-2", "two transparent huge pages", 1024, 100).of(Kind.HUGE),
                slow("huge-4", "four transparent huge pages", 2048, 100).of(Kind.HUGE),
                slow("huge-entries", "a transparent huge page mapped by 512 entries", 512, 100)
                        .of(Kind.HUGE_BY_ENTRIES),
                slow("hugetlb", "one hugetlb page", 512, 100).of(Kind.HUGETLB),
                slow("hugetlb-2", "two hugetlb pages", 1024, 100).of(Kind.HUGETLB));
    }
}
