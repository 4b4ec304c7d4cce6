package org.gup.cma;

import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.rmap.MappedSpace.WRITTEN;
import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.gup.migrate.MigratePages;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.pgtable.Pte;
import org.gup.rmap.MappedSpace;
import org.gup.task.Task;
import org.gup.zone.CmaRange;
import org.gup.zone.Lruvec;
import org.gup.zone.PhysicalMemory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contiguous allocation while users' pages lie in the area. */
class CmaAreaTest {
    private static final long START = 0x5000_0000_0000L;

    private PhysicalMemory memory;
    private MemMap memMap;
    private Lruvec lru;
    private Task task;
    private MappedSpace space;
    private CmaRange range;
    private CmaArea area;

    @BeforeEach
    void open() {
        memory = PhysicalMemory.builder()
                .tablePages(64)
                .normalPages(6144)
                .cma("area", 2048)
                .build();
        memMap = memory.memMap();
        lru = memory.lruvec();
        task = memory.newTask(0);
        final long owner = memory.rmap().newOwner(null);
        space = new MappedSpace(memory, owner, START, 4096, 0);
        memory.rmap().attach(task, owner, space);
        range = memory.cmaRanges().get(0);
        area = new CmaArea(memory, range, new MigratePages(memory, null));
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private long address(final int page) {
        return START + page * PAGE_SIZE;
    }

    /** Maps a number of pages that lie in the area, from its start on; everything else is free afterwards. */
    private void mapPagesInArea(final int pages) {
        final List<Long> hogs = new ArrayList<>();
        long pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 10);
        while (!memory.isCma(pfn)) {
            hogs.add(pfn);
            pfn = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 10);
        }
        put(pfn);
        for (int i = 0; i < pages; i++) {
            pfn = memory.allocPages(task, GFP_MOVABLE, 0);
            assertTrue(range.contains(pfn));
            space.identify(pfn, address(i));
            space.map(address(i), pfn, WRITTEN);
            memory.frames().putLong(pfn, 24, 5000 + i);
            lru.add(task, pfn, true);
            put(pfn);
        }
        hogs.forEach(this::put);
    }

    private void put(final long pfn) {
        memMap.put(task, memMap.page(pfn), 1);
    }

    private void assertContents(final int pages) {
        for (int i = 0; i < pages; i++) {
            assertEquals(5000 + i, memory.frames().getLong(Pte.pfn(space.pte(address(i))), 24), "page " + i);
        }
    }

    private void assertInOrder() {
        for (long pfn = range.startPfn(); pfn < range.endPfn(); pfn += Pageblock.PAGES) {
            assertEquals(Migratetype.CMA, memMap.pageblocks().migratetype(pfn));
        }
        lru.drainAll(task);
        assertEquals(0, lru.isolatedPages(false) + lru.isolatedPages(true));
        assertEquals(List.of(), memory.audit().problems());
    }

    @Test
    void shouldMoveThePagesInItsWayAndKeepTheirBytes() {
        mapPagesInArea(700);
        final long free = memory.freePages();

        assertEquals(range.startPfn(), area.alloc(task, 1024, 0));

        assertEquals(free - 1024, memory.freePages());
        for (int i = 0; i < 700; i++) {
            final long pfn = Pte.pfn(space.pte(address(i)));
            assertFalse(pfn >= range.startPfn() && pfn < range.startPfn() + 1024, "page " + i + " is still there");
        }
        assertContents(700);
        for (long pfn = range.startPfn(); pfn < range.startPfn() + 1024; pfn++) {
            assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
        }
        assertEquals(1024, area.usedPages());
        assertEquals(1024, area.largestFreeRun());
        assertEquals(1, area.successes());
        assertEquals(0, area.busy());
        assertInOrder();

        assertTrue(area.release(task, range.startPfn(), 1024));
        assertEquals(free, memory.freePages());
        assertEquals(0, area.usedPages());
        assertInOrder();
    }

    @Test
    void shouldGoOnBehindAPinnedPage() {
        mapPagesInArea(700);
        final long pinned = Pte.pfn(space.pte(address(3)));
        PageRef.get(memMap.page(pinned), 1);
        final long offset = pinned - range.startPfn();
        assertTrue(offset < 700);

        final long pfn = area.alloc(task, 512, 9);

        assertEquals(range.startPfn() + 512, pfn, "the block behind the pin's");
        assertEquals(1, area.busy());
        assertEquals(2, area.tries());
        assertEquals(pinned, Pte.pfn(space.pte(address(3))));
        assertContents(700);
        assertEquals(1024, area.largestFreeRun());
        assertInOrder();

        put(pinned);
        assertEquals(range.startPfn(), area.alloc(task, 512, 9), "the pin is gone");
        assertContents(700);
        assertInOrder();
    }

    @Test
    void shouldFailWhileOnePageIsPinnedInEveryRange() {
        mapPagesInArea(1);
        final long pinned = Pte.pfn(space.pte(address(0)));
        PageRef.get(memMap.page(pinned), 1);

        assertEquals(-1, area.alloc(task, 2048, 0));

        assertEquals(1, area.busy());
        assertEquals(1, area.failures());
        assertEquals(0, area.usedPages());
        assertInOrder();
        put(pinned);
        assertEquals(range.startPfn(), area.alloc(task, 2048, 0));
        assertContents(1);
    }

    @Test
    void shouldTryEveryPositionForAnUnalignedRequest() {
        mapPagesInArea(8);
        final long first = Pte.pfn(space.pte(address(0)));
        PageRef.get(memMap.page(first), 1);
        final long behind = first - range.startPfn() + 1;

        assertEquals(first + 1, area.alloc(task, 2048 - behind, 0));
        assertEquals(behind, area.busy(), "every position up to the pin");
        put(first);
        assertInOrder();
    }

    @Test
    void shouldGiveUpOnAHugePage() {
        final List<Long> hogs = new ArrayList<>();
        long head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        while (!memory.isCma(head)) {
            hogs.add(head);
            head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        }
        space.identify(head, START);
        space.mapHuge(START, head, WRITTEN);
        lru.add(task, head, true);
        put(head);
        hogs.forEach(this::put);

        final long pfn = area.alloc(task, 512, 9);

        assertEquals(1, area.busy(), "alloc_contig_range() of 5.2 cannot move it");
        assertNotEquals(head, pfn);
        assertEquals(head, Pte.hugePfn(space.pmd(START), 2));
        assertInOrder();
    }

    @Test
    void shouldMoveAPageThatIsLockedIntoMemory() {
        mapPagesInArea(2);
        lru.drainAll(task);
        final long pfn = Pte.pfn(space.pte(address(1)));
        PageLock.lock(memMap.page(pfn), memory.await());
        lru.mlock(task, pfn);
        PageLock.unlock(memMap.page(pfn));
        assertEquals(range.startPfn(), area.alloc(task, 2048, 0));
        assertContents(2);
        assertInOrder();
    }

    @Test
    void shouldGiveUpWithoutMemoryToMoveTo() {
        mapPagesInArea(1500);
        final List<Long> hogs = new ArrayList<>();
        for (long pfn = memory.allocPages(task, 0, 0); pfn >= 0; pfn = memory.allocPages(task, 0, 0)) {
            hogs.add(pfn);
        }
        assertEquals(-1, area.alloc(task, 1024, 0));
        assertEquals(1, area.tries(), "another position would not help");
        assertEquals(0, area.busy());
        assertContents(1500);
        assertEquals(0, area.usedPages());
        hogs.forEach(this::put);
        assertInOrder();
    }

    @Test
    void shouldGiveUpWhenKilled() {
        mapPagesInArea(10);
        task.sendSigkill();
        assertEquals(-1, area.alloc(task, 1024, 0));
        assertEquals(0, area.busy());
        assertContents(10);
        assertInOrder();
        task.clearSignals();
        assertEquals(range.startPfn(), area.alloc(task, 1024, 0));
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        assertEquals(-1, area.alloc(task, 0, 0));
        assertEquals(-1, area.alloc(task, 2049, 0));
        assertThrows(IllegalArgumentException.class, () -> area.alloc(task, 1, -1));
        assertFalse(area.release(task, range.startPfn(), 1));
        assertFalse(area.release(task, range.startPfn() - 1, 1));
        final long pfn = area.alloc(task, 4, 0);
        assertFalse(area.release(task, pfn, 5));
        assertFalse(area.release(task, range.endPfn() - 1, 2));
        assertTrue(area.release(task, pfn, 4));
        final CmaRange other = new CmaRange("other", range.startPfn(), range.pages());
        final MigratePages migrator = new MigratePages(memory, null);
        assertThrows(IllegalArgumentException.class, () -> new CmaArea(memory, other, migrator));
    }

    @Test
    void shouldKeepAnExactBitmapThroughRandomUse() {
        final long seed = System.nanoTime();
        System.out.println("CmaAreaTest seed=" + seed);
        final Random random = new Random(seed);
        mapPagesInArea(300);
        final BitSet model = new BitSet();
        final List<long[]> blocks = new ArrayList<>();
        for (int round = 0; round < 60; round++) {
            if (random.nextInt(3) > 0) {
                final int order = random.nextInt(8);
                final long pages = 1L + random.nextInt(200);
                final long pfn = area.alloc(task, pages, order);
                if (pfn >= 0) {
                    assertEquals(0, pfn & ((1L << order) - 1), () -> "alignment, seed=" + seed);
                    final int bit = (int) (pfn - range.startPfn());
                    assertTrue(model.get(bit, (int) (bit + pages)).isEmpty(), () -> "twice, seed=" + seed);
                    model.set(bit, (int) (bit + pages));
                    blocks.add(new long[] {pfn, pages});
                }
            } else if (!blocks.isEmpty()) {
                final long[] block = blocks.remove(random.nextInt(blocks.size()));
                assertTrue(area.release(task, block[0], block[1]));
                final int bit = (int) (block[0] - range.startPfn());
                model.clear(bit, (int) (bit + block[1]));
            }
            assertEquals(model.cardinality(), area.usedPages(), () -> "seed=" + seed);
        }
        for (final long[] block : blocks) {
            for (long pfn = block[0]; pfn < block[0] + block[1]; pfn++) {
                assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
                assertEquals(0, PageDescriptor.flagsVolatile(memMap.page(pfn)));
            }
            assertTrue(area.release(task, block[0], block[1]));
        }
        assertContents(300);
        assertEquals(2048, area.largestFreeRun());
        assertInOrder();
    }
}
