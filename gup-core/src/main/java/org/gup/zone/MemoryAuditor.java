package org.gup.zone;

import static org.gup.page.PageDescriptor.PG_BUDDY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_PAGEVEC;

import java.util.ArrayList;
import java.util.List;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;

/**
 * Walks the free lists, the touched part of mem_map, the LRU lists and the pagevecs, and compares what each says.
 *
 * <p>Threading: takes each lock for its part, so that a running model does not make it crash; the parts then belong to
 * different moments.
 */
final class MemoryAuditor {
    private static final int MOST_PROBLEMS = 20;

    private final MemMap memMap;
    private final List<String> problems = new ArrayList<>();
    private long totalPages;
    private long deferredPages;
    private long listedPages;
    private long referencedPages;
    private long lostPages;
    private long references;
    private long lruFlagPages;
    private long pagevecFlagPages;
    private long additionPages;
    private long activationPages;
    private long poolPages;

    MemoryAuditor(final MemMap memMap) {
        this.memMap = memMap;
    }

    MemoryAudit audit(
            final List<Zone> zones,
            final Lruvec lruvec,
            final HugetlbPool hugetlb,
            final int cpus,
            final List<DevPagemap> devices,
            final long zeroPfn) {
        for (final Zone zone : zones) {
            auditZone(zone);
        }
        for (int cpu = 0; cpu < cpus; cpu++) {
            auditPagevec(lruvec.pagevec(cpu), cpu);
            auditActivations(lruvec.activations(cpu), cpu);
        }
        final long[] lru = auditLru(lruvec.lists());
        expect("pages with PG_pagevec and pages on pagevecs", pagevecFlagPages, additionPages);
        expect("pages with PG_lru and pages on LRU lists", lruFlagPages, lru[0] + lru[1] + lru[2]);
        expect("free hugetlb pages by scan and by the pool", poolPages, hugetlb.freePages() << HugetlbPool.ORDER);
        long deviceReferences = 0;
        for (final DevPagemap device : devices) {
            for (long pfn = device.startPfn(); pfn < device.endPfn(); pfn++) {
                deviceReferences += PageRef.countVolatile(memMap.page(pfn)) - 1;
            }
        }
        return new MemoryAudit(
                totalPages,
                deferredPages,
                listedPages,
                referencedPages,
                poolPages,
                lostPages,
                references,
                lru[1],
                lru[0],
                lru[2],
                additionPages + activationPages,
                deviceReferences,
                PageRef.countVolatile(memMap.page(zeroPfn)) - 1L,
                List.copyOf(problems));
    }

    private void auditZone(final Zone zone) {
        final BuddyAllocator buddy = zone.buddy();
        buddy.lock();
        try {
            totalPages += zone.managedPages();
            deferredPages += buddy.ordinary().pages() + buddy.cma().pages();
            final long listed = auditFreeLists(zone);
            final long scanned = scan(
                            buddy.lists(), zone.startPfn(), buddy.ordinary().pfn())
                    + scan(buddy.lists(), buddy.cmaStartPfn(), buddy.cma().pfn());
            expect("free pages of " + zone + " by list and by scan", listed, scanned);
            listedPages += listed;
        } finally {
            buddy.unlock();
        }
    }

    private long auditFreeLists(final Zone zone) {
        final FreeLists lists = zone.buddy().lists();
        long pages = 0;
        for (int order = 0; order < ZoneDescriptor.MAX_ORDER; order++) {
            for (int migratetype = 0; migratetype < Migratetype.TYPES; migratetype++) {
                final int count = lists.count(order, migratetype);
                long previous = 0;
                int found = 0;
                for (long pfn = lists.first(order, migratetype); pfn != 0 && found <= count; pfn = lists.next(pfn)) {
                    found++;
                    pages += 1L << order;
                    auditListed(zone, pfn, order, migratetype, previous);
                    previous = pfn;
                }
                expect("blocks of order " + order + " " + Migratetype.name(migratetype) + " in " + zone, count, found);
            }
        }
        return pages;
    }

    private void auditListed(
            final Zone zone, final long pfn, final int order, final int migratetype, final long previous) {
        final FreeLists lists = zone.buddy().lists();
        if (!lists.isBlock(pfn)
                || lists.order(pfn) != order
                || lists.migratetype(pfn) != migratetype
                || lists.previous(pfn) != previous
                || (pfn & ((1L << order) - 1)) != 0
                || pfn < zone.startPfn()
                || pfn >= zone.endPfn()) {
            problem("block on the wrong list: pfn=" + pfn + ", list order=" + order + ", list migratetype="
                    + Migratetype.name(migratetype));
            return;
        }
        for (long block = pfn; block < pfn + (1L << order); block += Pageblock.PAGES) {
            final int type = memMap.pageblocks().migratetype(block);
            if (type != migratetype && (isApart(type) || isApart(migratetype))) {
                problem("free block of a " + Migratetype.name(type) + " pageblock on a " + Migratetype.name(migratetype)
                        + " list: pfn=" + pfn + ", order=" + order);
            }
        }
    }

    private static boolean isApart(final int migratetype) {
        return migratetype == Migratetype.CMA || migratetype == Migratetype.ISOLATE;
    }

    /** Classifies every page of a range; answers how many are in free blocks. */
    private long scan(final FreeLists lists, final long startPfn, final long endPfn) {
        long free = 0;
        for (long pfn = startPfn; pfn < endPfn; ) {
            final int order;
            if (lists.isBlock(pfn)) {
                order = lists.order(pfn);
                auditFree(pfn, order);
                free += 1L << order;
            } else {
                order = auditUsed(pfn);
            }
            pfn += 1L << order;
        }
        return free;
    }

    private void auditFree(final long headPfn, final int order) {
        for (long pfn = headPfn; pfn < headPfn + (1L << order); pfn++) {
            final long page = memMap.page(pfn);
            final int flags = PageDescriptor.flagsVolatile(page);
            final int count = PageRef.countVolatile(page);
            if (count != 0
                    || flags != (pfn == headPfn ? PG_BUDDY : 0)
                    || PageDescriptor.isTail(PageDescriptor.compoundHeadAcquire(page))
                    || memMap.pteMapcount(pfn) != 0) {
                problem("free page in use: pfn=" + pfn + ", _refcount=" + count + ", flags=0x"
                        + Integer.toHexString(flags) + ", mapcount=" + memMap.pteMapcount(pfn));
            }
        }
    }

    private int auditUsed(final long pfn) {
        final long page = memMap.page(pfn);
        final int count = PageRef.countVolatile(page);
        final int flags = PageDescriptor.flagsVolatile(page);
        final int order = memMap.compoundOrder(pfn);
        final long pages = 1L << order;
        if (PageDescriptor.isTail(PageDescriptor.compoundHeadAcquire(page))) {
            problem("tail without a head before it: pfn=" + pfn);
            lostPages++;
            return 0;
        }
        if (count == 0 && (flags & PG_HUGETLB) != 0) {
            poolPages += pages;
        } else if (count == 0) {
            lostPages += pages;
            problem("page neither free nor referenced: pfn=" + pfn + ", order=" + order + ", flags=0x"
                    + Integer.toHexString(flags));
        } else {
            referencedPages += pages;
            references += count;
        }
        lruFlagPages += (flags & PG_LRU) == 0 ? 0 : pages;
        pagevecFlagPages += (flags & PG_PAGEVEC) == 0 ? 0 : pages;
        for (long tail = pfn + 1; tail < pfn + pages; tail++) {
            if (memMap.head(memMap.page(tail)) != page || PageRef.countVolatile(memMap.page(tail)) != 0) {
                problem("not a tail of its compound page, or with a count of its own: pfn=" + tail + ", head=" + pfn);
            }
        }
        return order;
    }

    private void auditPagevec(final long pagevec, final int cpu) {
        for (int i = 0; i < Pagevec.count(pagevec); i++) {
            final long pfn = Pagevec.pfn(pagevec, i);
            final int flags = PageDescriptor.flagsVolatile(memMap.page(pfn));
            if ((flags & (PG_PAGEVEC | PG_LRU)) != PG_PAGEVEC || PageRef.countVolatile(memMap.page(pfn)) <= 0) {
                problem("page on a pagevec without its flag or reference: cpu=" + cpu + ", pfn=" + pfn);
            }
            additionPages += isZoned(pfn) ? 1 : 0;
        }
    }

    private void auditActivations(final long pagevec, final int cpu) {
        for (int i = 0; i < Pagevec.count(pagevec); i++) {
            final long pfn = Pagevec.pfn(pagevec, i);
            if (PageRef.countVolatile(memMap.page(pfn)) <= 0) {
                problem("page queued for activation without a reference: cpu=" + cpu + ", pfn=" + pfn);
            }
            activationPages += isZoned(pfn) ? 1 : 0;
        }
    }

    /** Pages found on the lists, {inactive, active, unevictable}; pages of a dump, which no zone's scan sees, left out. */
    private long[] auditLru(final LruLists lists) {
        final long[] found = new long[3];
        lists.lock();
        try {
            for (int list = 0; list < LruLists.LISTS; list++) {
                long pages = 0;
                long previous = 0;
                for (long pfn = lists.first(list); pfn != 0 && pages <= lists.pages(list); pfn = lists.next(pfn)) {
                    final int flags = PageDescriptor.flagsVolatile(memMap.page(pfn));
                    if ((flags & PG_LRU) == 0 || LruLists.listOf(flags) != list || lists.previous(pfn) != previous) {
                        problem("page on the wrong LRU list: list=" + list + ", pfn=" + pfn + ", flags=0x"
                                + Integer.toHexString(flags));
                    }
                    final long size = 1L << memMap.compoundOrder(pfn);
                    pages += size;
                    found[list == LruLists.UNEVICTABLE ? 2 : list & 1] += isZoned(pfn) ? size : 0;
                    previous = pfn;
                }
                expect("pages on LRU list " + list, lists.pages(list), pages);
            }
        } finally {
            lists.unlock();
        }
        return found;
    }

    private boolean isZoned(final long pfn) {
        return memMap.pageblocks().zone(pfn) != Pageblock.NO_ZONE;
    }

    private void expect(final String what, final long one, final long other) {
        if (one != other) {
            problem(what + " differ: " + one + " and " + other);
        }
    }

    private void problem(final String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        }
    }
}
