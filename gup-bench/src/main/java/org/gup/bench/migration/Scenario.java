package org.gup.bench.migration;

import java.util.List;

/**
 * One thing that is timed: a call over pages of which some lie in contiguous memory (CMA).
 *
 * @param id the key of everything written about it
 * @param label what a reader calls it
 * @param call which call
 * @param kind what maps the pages
 * @param pages pages of the call
 * @param inCmaPercent how many of them are in CMA, 0 to 100
 * @param held whether somebody else holds every one of them
 * @param inPagevecs whether the last ones are still in a CPU's pagevec
 */
record Scenario(
        String id, String label, Call call, Kind kind, int pages, int inCmaPercent, boolean held, boolean inPagevecs) {
    /** The calls that pin for long. */
    enum Call {
        /** get_user_pages(FOLL_LONGTERM), mmap_sem held by the caller. */
        SLOW,
        /** get_user_pages_fast(FOLL_LONGTERM) on populated pages: pins them where they are. */
        FAST,
        /** The same on pages that were never touched: its slow leg faults them in, and moves them. */
        FAST_UNTOUCHED
    }

    /** What maps the pages. */
    enum Kind {
        /** 4 KiB pages. */
        BASE,
        /** One transparent huge page. */
        HUGE,
        /** One hugetlb page. */
        HUGETLB
    }

    private static Scenario slow(final String id, final String label, final int pages, final int inCmaPercent) {
        return new Scenario(id, label, Call.SLOW, Kind.BASE, pages, inCmaPercent, false, false);
    }

    /** Whether a page of the call is in CMA: they are spread evenly. */
    boolean isInCma(final int page) {
        return (page + 1) * inCmaPercent / 100 > page * inCmaPercent / 100;
    }

    /** Pages of the call that are in CMA. */
    int inCma() {
        return pages * inCmaPercent / 100;
    }

    /** Every scenario, in the order of the report. */
    static List<Scenario> all() {
        return List.of(
                slow("slow-0", "get_user_pages, 0 % in CMA", 512, 0),
                slow("slow-1", "1 % in CMA", 512, 1),
                slow("slow-10", "10 % in CMA", 512, 10),
                slow("slow-50", "50 % in CMA", 512, 50),
                slow("slow-100", "100 % in CMA", 512, 100),
                slow("slow-100-64", "100 %, 64 pages a call", 64, 100),
                slow("slow-100-8", "100 %, 8 pages a call", 8, 100),
                slow("slow-100-1", "100 %, one page a call", 1, 100),
                new Scenario("held", "64 pages, all held by another", Call.SLOW, Kind.BASE, 64, 100, true, false),
                new Scenario("pagevec", "14 pages, all in a pagevec", Call.SLOW, Kind.BASE, 14, 100, false, true),
                new Scenario(
                        "untouched",
                        "get_user_pages_fast, untouched",
                        Call.FAST_UNTOUCHED,
                        Kind.BASE,
                        512,
                        100,
                        false,
                        false),
                new Scenario(
                        "fast",
                        "get_user_pages_fast, populated: left in CMA",
                        Call.FAST,
                        Kind.BASE,
                        512,
                        100,
                        false,
                        false),
                new Scenario("huge", "one transparent huge page", Call.SLOW, Kind.HUGE, 512, 100, false, false),
                new Scenario("hugetlb", "one hugetlb page", Call.SLOW, Kind.HUGETLB, 512, 100, false, false));
    }
}
