package org.gup.conformance;

import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.MREMAP_FIXED;
import static org.gup.mm.Mman.MREMAP_MAYMOVE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.gup.MmPopulate;
import org.gup.cma.CmaArea;
import org.gup.file.PageCacheFile;
import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationPhase;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageList;
import org.gup.page.Pageblock;
import org.gup.task.FaultPoint;
import org.gup.zone.CmaRange;
import org.gup.zone.Zone;

/** CMA and migration. */
final class SectionE {
    private static final int PKEY = 1;
    private static final int PKRU_NO_ACCESS = 1 << (2 * PKEY);

    private SectionE() {}

    static void add(final CaseTable table) {
        fastAndSlow(table);
        held(table);
        pagevecs(table);
        huge(table);
        hugetlb(table);
        waits(table);
        where(table);
        pinAgain(table);
        isolated(table);
        kindsOfPages(table);
    }

    private static void fastAndSlow(final CaseTable table) {
        table.row("E01", "an pop, page in CMA", "GL nr=1", s -> {
            final Place place = s.inCma(s.anon(1));
            final long old = place.pfn(0);
            s.call("GL r", place, 1);
            s.see("oldFree", s.refcount(old) == 0);
            s.see("content", place.read(0) == place.va());
        });
        table.row("E03", "an pop in CMA", "F nr=1", s -> s.call("F r", s.inCma(s.anon(1)), 1));
        table.row("E04", "an pop in CMA", "FL W nr=1", s -> s.call("FL W", s.inCma(s.anon(1)), 1));
        table.row("E05", "3 non-CMA + 1 CMA", "GL nr=4", s -> s.call("GL r", threeAndOne(s), 4));
        table.row("E06", "3 non-CMA + 1 CMA, all pop", "FL W nr=4", s -> s.call("FL W", threeAndOne(s), 4));
        table.row(
                "E35",
                "GL non-CMA all",
                "GL nr=512",
                s -> s.call("GL r", s.anon(512).populate(), 512));
        table.row("E39", "vmas arg given", "GL", s -> {
            // What the first walk has written is forgotten in the middle of the migration.
            s.atPhase(MigrationPhase.COPY, () -> Arrays.fill(s.current().vmas, null));
            s.call("GL r vmas", s.inCma(s.anon(4)), 4);
        });
    }

    private static Place threeAndOne(final Scene s) {
        final Place place = s.anon(4);
        place.part(0, 3).populate();
        s.inCma(place.page(3));
        return place;
    }

    private static void held(final CaseTable table) {
        table.row("E07", "CMA page with foreign extra ref", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            s.hold("F r", place, 1);
            s.call("GL r", place, 1);
        });
        table.row("E08", "2 CMA pages, one extra-ref'd", "GL nr=2", s -> {
            final Place place = s.inCma(s.anon(2));
            s.hold("F r", place.page(1), 1);
            s.call("GL r", place, 2);
        });
        table.row("E09", "CMA page isolated by someone else (off LRU)", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            s.isolate(place);
            s.call("GL r", place, 1);
        });
        table.row("E12", "target alloc fails", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            s.task().failNth(FaultPoint.PAGE_ALLOC, 1);
            s.call("GL r", place, 1);
        });
        table.row("E34", "pages[] held by GL in CMA (E07) then cma_alloc over it", "cma_alloc", s -> {
            final Place place = s.inCma(s.anon(2048));
            s.hold("F r", place, 2048);
            s.call("GL r", place, 2048);
            final CmaRange range = s.memory().cmaRanges().get(0);
            final CmaArea area = new CmaArea(s.memory(), range, new MigratePages(s.memory(), null));
            // Three quarters of the area: each of the two positions has pinned pages in it.
            final long pfn = area.alloc(s.helper(), 3072, 10);
            s.see("cma_alloc", pfn == -1 ? "NULL" : pfn);
            s.see("positions", area.tries());
            s.see("busy", area.busy());
            s.see("used", area.usedPages());
        });
    }

    private static void pagevecs(final CaseTable table) {
        table.row("E10", "CMA page in pagevec (PG_lru clear)", "GL", s -> {
            final Place place = s.inCmaUndrained(s.anon(1));
            s.see("onLru", s.isFlagged(place.pfn(0), PageDescriptor.PG_LRU));
            s.call("GL r", place, 1);
        });
        table.row("E11", "5 CMA pages in pagevecs", "GL nr=5", s -> {
            final Place place = s.inCmaUndrained(s.anon(5));
            s.see("onLru", s.isFlagged(place.pfn(4), PageDescriptor.PG_LRU));
            s.call("GL r", place, 5);
        });
    }

    private static void huge(final CaseTable table) {
        table.row("E13", "THP in CMA, whole", "GL nr=512", s -> {
            final Place place = thpInCma(s);
            s.call("GL r", place, 512);
            s.see("huge", place.isHuge(0));
            s.see("content", place.read(511) == place.va(511));
        });
        table.row("E14", "THP in CMA", "GL nr=512 drain count", s -> s.call("GL r", thpInCma(s), 512));
        table.row("E42", "partially remapped THP pieces: pages = T[5],T[9],other CMA", "GL nr=3", s -> {
            final Place thp = thpInCma(s);
            final Place pieces = s.place(3);
            move(s, thp.page(5), pieces.page(0));
            move(s, thp.page(9), pieces.page(1));
            s.anon(pieces.page(2), Scene.RW, 0).populate();
            s.checkCma(pieces);
            s.call("GL r", pieces, 3);
            s.see("content", pieces.read(1) == thp.va(9));
        });
    }

    private static Place thpInCma(final Scene s) {
        final Place place = s.inCma(s.thp(512));
        assertTrue(place.isHuge(0), "not a huge page");
        return place;
    }

    private static void move(final Scene s, final Place from, final Place to) {
        final int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
        assertEquals(to.va(), s.mm().mremap(s.helper(), from.va(), Place.PAGE, Place.PAGE, flags, to.va()), "mremap");
    }

    private static void hugetlb(final CaseTable table) {
        table.row("E17", "hugetlb 2M in CMA", "GL nr=512", s -> {
            final Place place = hugetlbInCma(s);
            final long free = s.memory().hugetlb().freePages();
            s.call("GL r", place, 512);
            s.see("poolPages", s.memory().hugetlb().total());
            s.see("takenFromPool", free - s.memory().hugetlb().freePages());
            s.see("content", place.read(511) == place.va(511));
        });
        table.row("E19", "hugetlb in CMA not on active list", "GL", s -> {
            final Place place = hugetlbInCma(s);
            final long head = s.head(place.pfn(0));
            final PageList elsewhere = new PageList(s.memory().memMap());
            assertTrue(s.memory().hugetlb().isolate(s.helper(), head, elsewhere), "not on the active list");
            s.cleanUp(() -> s.memory().hugetlb().putbackActive(s.helper(), head));
            s.call("GL r", place, 512);
        });
    }

    /** The pool's pages come from ordinary blocks, so the block of the one that is mapped is given the type. */
    private static Place hugetlbInCma(final Scene s) {
        final Place place = s.hugetlb(1).populate();
        final Pageblock blocks = s.memory().memMap().pageblocks();
        blocks.setMigratetype(place.pfn(0), Migratetype.CMA);
        s.checkCma(place);
        return place;
    }

    private static void waits(final CaseTable table) {
        table.row("E21", "file page under writeback", "GL", s -> {
            final PageCacheFile file = s.diskFile(1);
            s.onlyCmaIsMovable();
            final Place place = s.file(s.place(1), Scene.RW, MAP_SHARED, file).populate();
            s.checkCma(place);
            file.startWriteback(s.helper(), 0);
            s.whenWaiting(() -> file.endWriteback(s.helper(), 0));
            s.call("GL r", place, 1);
            s.see("waited", s.hasWaited());
        });
        table.row("E22", "page locked for long by other", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            final long page = s.address(place);
            s.lock(page);
            s.whenWaiting(() -> s.unlock(page));
            s.call("GL r", place, 1);
            s.see("waited", s.hasWaited());
        });
    }

    private static void where(final CaseTable table) {
        table.row("E23", "anon page in ZONE_MOVABLE (not CMA)", "GL", Config.withMovableZone(), s -> {
            final Place place = s.anon(1).populate();
            assertEquals(Zone.MOVABLE, s.memory().memMap().pageblocks().zone(place.pfn(0)), "zone");
            s.call("GL r", place, 1);
        });
        table.row("E25", "block MIGRATE_ISOLATE (cma_alloc in progress)", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            final long block = place.pfn(0) & -1024;
            assertTrue(s.memory().isolation().start(s.helper(), block, block + 1024, Migratetype.CMA), "isolation");
            s.cleanUp(() -> s.memory().isolation().undo(s.helper(), block, block + 1024, Migratetype.CMA));
            s.call("GL r", place, 1);
        });
        table.row("E26", "zero page", "GL r", s -> s.call("GL r", s.anon(1).readAll(), 1));
        table.row("E27", "an unpop, only CMA memory free for MOVABLE", "GL W", s -> {
            s.onlyCmaIsMovable();
            s.call("GL W", s.anon(1), 1);
        });
        table.row("E28", "an unpop, non-CMA memory free", "FL W", s -> s.call("FL W", s.anon(1), 1));
    }

    private static void pinAgain(final CaseTable table) {
        table.row("E30", "re-GUP fails (e.g. SIGKILL in between)", "GL nr=4", s -> {
            s.atPhase(MigrationPhase.COPY, s.task()::sendSigkill);
            final Place place = s.inCma(s.anon(4));
            s.call("GL r", place, 4);
            s.see("heldRefs", s.heldRefs(place));
            s.task().clearSignals();
            s.option(calls -> calls.unsignedMigrationResult(true));
            s.call("GL r", s.inCma(s.anon(4)), 4);
            s.task().clearSignals();
        });
        table.row("E31", "re-GUP short (page 2 now faults -EFAULT)", "GL nr=4", s -> {
            final Place place = s.anon(4);
            Stage.ok(s.mm().pkeyMprotect(s.helper(), place.va(2), 2 * Place.PAGE, Scene.RW, PKEY));
            s.inCma(place);
            s.atPhase(MigrationPhase.COPY, () -> s.task().setPkru(PKRU_NO_ACCESS));
            s.call("GL r", place, 4);
            s.see("heldRefs", s.heldRefs(place));
        });
        table.row("E38", "concurrent GL by two threads same CMA page", "GL", Together::play);
    }

    private static void isolated(final CaseTable table) {
        table.row("E32", "after success", "NR_ISOLATED_*", s -> {
            s.call("GL r", s.inCma(s.anon(4)), 4);
            seeIsolated(s);
        });
        table.row("E33", "after failed migration", "NR_ISOLATED_*", s -> {
            final Place place = s.inCma(s.anon(4));
            s.hold("F r", place, 4);
            s.call("GL r", place, 4);
            seeIsolated(s);
        });
    }

    private static void seeIsolated(final Scene s) {
        s.see("isolatedAnon", s.memory().lruvec().isolatedPages(false));
        s.see("isolatedFile", s.memory().lruvec().isolatedPages(true));
    }

    private static void kindsOfPages(final CaseTable table) {
        table.row("E37", "swap-cached anon CMA page", "GL", s -> {
            final Place place = s.swappedOut(s.anon(1).populate());
            s.onlyCmaIsMovable();
            place.readAll();
            s.checkCma(place);
            s.see("wasCached", s.isFlagged(place.pfn(0), PageDescriptor.PG_SWAPCACHE));
            final long slots = s.memory().swap().inUse();
            s.call("GL r", place, 1);
            s.see("cached", s.isFlagged(place.pfn(0), PageDescriptor.PG_SWAPCACHE));
            s.see("slotsFreed", slots - s.memory().swap().inUse());
        });
        table.row("E41", "mlocked (unevictable) CMA page", "GL", s -> {
            final Place place = s.inCma(s.anon(1));
            Stage.ok(new MmPopulate(s.gup()).mlock(s.helper(), s.mm(), place.va(), place.bytes()));
            s.drain();
            s.see("unevictable", s.isFlagged(place.pfn(0), PageDescriptor.PG_UNEVICTABLE));
            s.call("GL r", place, 1);
            s.see("stillMlocked", s.isFlagged(place.pfn(0), PageDescriptor.PG_MLOCKED));
        });
    }
}
