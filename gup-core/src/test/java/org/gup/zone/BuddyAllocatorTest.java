package org.gup.zone;

import static org.gup.zone.Gfp.GFP_COMP;
import static org.gup.zone.Gfp.GFP_MOVABLE;
import static org.gup.zone.Gfp.GFP_RECLAIMABLE;
import static org.gup.zone.Gfp.GFP_ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Allocation, splitting, merging and fallback, over real memory. */
class BuddyAllocatorTest {
    private PhysicalMemory memory;
    private MemMap memMap;
    private Zone normal;
    private Task task;

    @BeforeEach
    void build() {
        open(PhysicalMemory.builder().tablePages(16).normalPages(4096).cma("cma", 1024));
    }

    private void open(final PhysicalMemory.Builder builder) {
        memory = builder.build();
        memMap = memory.memMap();
        normal = memory.zones().get(0);
        task = memory.newTask(0);
    }

    @AfterEach
    void close() {
        assertTrue(memory.audit().balanced(), memory.audit()::toString);
        memory.close();
    }

    private void put(final long pfn) {
        memMap.put(task, memMap.page(pfn), 1);
    }

    private List<Long> drain(final int gfp, final int order) {
        final List<Long> pfns = new ArrayList<>();
        for (long pfn = memory.allocPages(task, gfp, order); pfn != -1; pfn = memory.allocPages(task, gfp, order)) {
            pfns.add(pfn);
        }
        return pfns;
    }

    @Test
    void shouldGiveEachPageOneReferenceAndTakeItBackWithTheLast() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
        assertEquals(4095, memory.freePages());
        PageRef.get(memMap.page(pfn), 2);
        put(pfn);
        put(pfn);
        assertEquals(4095, memory.freePages());
        put(pfn);
        assertEquals(4096, memory.freePages());
        assertFalse(PageRef.tryGet(memMap.page(pfn), 1), "reference to a free page");
    }

    @Test
    void shouldMakeACompoundPageAndTakeItBackWhole() {
        final long head = memory.allocPages(task, GFP_MOVABLE | GFP_COMP, 9);
        assertEquals(0, head % 512);
        assertEquals(9, memMap.compoundOrder(head));
        assertEquals(memMap.page(head), memMap.head(memMap.page(head + 511)));
        assertEquals(1, PageRef.countVolatile(memMap.page(head)));
        assertEquals(0, PageRef.countVolatile(memMap.page(head + 511)));
        assertEquals(4096 - 512, memory.freePages());
        PageRef.get(memMap.page(head), 1);
        put(head + 300);
        put(head);
        assertEquals(4096, memory.freePages());
        assertEquals(0, memMap.compoundOrder(head));
        assertEquals(memMap.page(head + 511), memMap.head(memMap.page(head + 511)));
    }

    @Test
    void shouldGiveASplitBlockWithoutComp() {
        final long first = memory.allocPages(task, GFP_MOVABLE, 3);
        for (long pfn = first; pfn < first + 8; pfn++) {
            assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
            put(pfn);
        }
        assertEquals(4096, memory.freePages());
        assertEquals(3, normal.freeBlocks(10, Migratetype.MOVABLE));
    }

    @Test
    void shouldClearContentsOnlyWhenAsked() {
        final long dirty = memory.allocPages(task, GFP_MOVABLE, 0);
        memory.frames().putLong(dirty, 16, 42);
        put(dirty);
        assertEquals(dirty, memory.allocPages(task, GFP_MOVABLE, 0), "the page freed last is the first to go");
        assertEquals(42, memory.frames().getLong(dirty, 16));
        put(dirty);
        assertEquals(dirty, memory.allocPages(task, GFP_MOVABLE | GFP_ZERO, 0));
        assertEquals(0, memory.frames().getLong(dirty, 16));
        put(dirty);
    }

    @Test
    void shouldSplitFromTheLowEndAndMergeBack() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        assertEquals(normal.startPfn(), pfn);
        for (int order = 0; order < 10; order++) {
            assertEquals(1, normal.freeBlocks(order, Migratetype.MOVABLE), "blocks of order " + order);
        }
        assertEquals(2, normal.freeBlocks(10, Migratetype.MOVABLE));
        put(pfn);
        for (int order = 0; order < 10; order++) {
            assertEquals(0, normal.freeBlocks(order, Migratetype.MOVABLE), "blocks of order " + order);
        }
        assertEquals(3, normal.freeBlocks(10, Migratetype.MOVABLE));
    }

    @Test
    void shouldMergeAFragmentedZoneOnlyWhenTheLastPageIsBack() {
        final List<Long> pages = drain(GFP_MOVABLE, 0);
        assertEquals(4096, pages.size());
        for (int i = 0; i < pages.size(); i += 2) {
            put(pages.get(i));
        }
        assertEquals(2048, memory.freePages());
        assertEquals(-1, memory.allocPages(task, GFP_MOVABLE, 1), "no two free pages are buddies");
        for (int i = 1; i < pages.size(); i += 2) {
            put(pages.get(i));
        }
        assertEquals(3, normal.freeBlocks(10, Migratetype.MOVABLE));
        assertEquals(1, normal.freeBlocks(10, Migratetype.CMA));
    }

    @Test
    void shouldLendCmaPagesOnlyWhenNoMovableBlockIsLeft() {
        for (int i = 0; i < 3 * 1024; i++) {
            assertFalse(memory.isCma(memory.allocPages(task, GFP_MOVABLE, 0)), "page " + i);
        }
        assertEquals(0, normal.freePages(Migratetype.MOVABLE));
        for (int i = 0; i < 1024; i++) {
            assertTrue(memory.isCma(memory.allocPages(task, GFP_MOVABLE, 0)), "CMA page " + i);
        }
        assertEquals(-1, memory.allocPages(task, GFP_MOVABLE, 0));
        freeAllUsed();
    }

    @Test
    void shouldLendCmaPagesBeforeStealing() {
        final long kernels = memory.allocPages(task, 0, 0);
        final long unmovable = normal.freePages(Migratetype.UNMOVABLE);
        assertEquals(1023, unmovable, "the whole block of 1024 pages changed hands");
        for (int i = 0; i < 2 * 1024 + 1024; i++) {
            assertEquals(i >= 2 * 1024, memory.isCma(memory.allocPages(task, GFP_MOVABLE, 0)), "page " + i);
        }
        assertEquals(unmovable, normal.freePages(Migratetype.UNMOVABLE));
        assertNotEquals(-1, memory.allocPages(task, GFP_MOVABLE, 0), "now it steals");
        assertTrue(normal.freePages(Migratetype.UNMOVABLE) < unmovable);
        assertEquals(1, PageRef.countVolatile(memMap.page(kernels)));
        freeAllUsed();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, GFP_RECLAIMABLE})
    void shouldNeverLendCmaPagesToAnyoneElse(final int gfp) {
        final List<Long> pages = drain(gfp, 0);
        assertEquals(3 * 1024, pages.size());
        for (final long pfn : pages) {
            assertFalse(memory.isCma(pfn));
        }
        assertEquals(1024, normal.freePages(Migratetype.CMA));
        pages.forEach(this::put);
    }

    @Test
    void shouldStealTheLargestBlockAndConvertItsPageblocks() {
        final long movable = memory.allocPages(task, GFP_MOVABLE, 0);
        final long kernels = memory.allocPages(task, 0, 0);
        assertEquals(movable + 1024, kernels, "from the largest block, not from the broken one");
        assertEquals(Migratetype.UNMOVABLE, memMap.pageblocks().migratetype(kernels));
        assertEquals(Migratetype.UNMOVABLE, memMap.pageblocks().migratetype(kernels + 512));
        assertEquals(1023, normal.freePages(Migratetype.UNMOVABLE));
        put(movable);
        put(kernels);
    }

    @Test
    void shouldPreferTheFallbackOrderOfEachMigratetype() {
        assertEquals(Migratetype.RECLAIMABLE, FallbackStealing.victim(Migratetype.UNMOVABLE, 0));
        assertEquals(Migratetype.MOVABLE, FallbackStealing.victim(Migratetype.UNMOVABLE, 1));
        assertEquals(Migratetype.UNMOVABLE, FallbackStealing.victim(Migratetype.RECLAIMABLE, 0));
        assertEquals(Migratetype.MOVABLE, FallbackStealing.victim(Migratetype.RECLAIMABLE, 1));
        assertEquals(Migratetype.RECLAIMABLE, FallbackStealing.victim(Migratetype.MOVABLE, 0));
        assertEquals(Migratetype.UNMOVABLE, FallbackStealing.victim(Migratetype.MOVABLE, 1));

        final long cache = memory.allocPages(task, GFP_RECLAIMABLE, 9);
        final long kernels = memory.allocPages(task, 0, 9);
        assertNotEquals(cache + 512, kernels, "order 10 of MOVABLE beats order 9 of RECLAIMABLE");
        final long kernels2 = memory.allocPages(task, 0, 9);
        assertEquals(kernels + 512, kernels2);
        final long kernels3 = memory.allocPages(task, 0, 9);
        assertEquals(2048 + normal.startPfn(), kernels3, "the last order 10");
        memory.allocPages(task, 0, 9);
        assertEquals(cache + 512, memory.allocPages(task, 0, 9), "then RECLAIMABLE");
        assertEquals(-1, memory.allocPages(task, 0, 9));
        freeAllUsed();
    }

    @ParameterizedTest
    @ValueSource(ints = {255, 256})
    void shouldConvertAPageblockOnlyWhenHalfOfItIsFree(final int freed) {
        final List<Long> pages = drain(GFP_MOVABLE, 0);
        pages.forEach(pfn -> memory.lruvec().add(task, pfn, false));
        memory.lruvec().drainAll(task);
        final long block = normal.startPfn();
        for (long pfn = block; pfn < block + freed; pfn++) {
            put(pfn);
        }
        final long kernels = memory.allocPages(task, 0, 0);
        assertTrue(kernels >= block && kernels < block + freed);
        assertEquals(
                freed == 256 ? Migratetype.UNMOVABLE : Migratetype.MOVABLE,
                memMap.pageblocks().migratetype(block));
        assertEquals(freed - 1, normal.freePages(Migratetype.UNMOVABLE), "the free rest goes along either way");
        put(kernels);
        pages.removeIf(pfn -> pfn >= block && pfn < block + freed);
        pages.forEach(this::put);
    }

    @Test
    void shouldBorrowFromAPageblockThatIsMostlyOnTheLruWithoutConvertingIt() {
        final List<Long> pages = drain(GFP_MOVABLE, 0);
        pages.forEach(pfn -> memory.lruvec().add(task, pfn, false));
        memory.lruvec().drainAll(task);
        final long block = normal.startPfn();
        put(block + 8);
        put(block + 9);
        final long kernels = memory.allocPages(task, 0, 0);
        assertEquals(block + 8, kernels);
        assertEquals(Migratetype.MOVABLE, memMap.pageblocks().migratetype(block));
        assertEquals(1, normal.freePages(Migratetype.UNMOVABLE), "the rest is on the thief's list");
        put(kernels);
        assertEquals(2, normal.freePages(Migratetype.MOVABLE), "freed to its pageblock's list, merged");
        pages.removeIf(pfn -> pfn == block + 8 || pfn == block + 9);
        pages.forEach(this::put);
    }

    @Test
    void shouldLetMovableTakeTheSmallestOfSmallBlocks() {
        final List<Long> kernels = drain(0, 0);
        final List<Long> cma = drain(GFP_MOVABLE, 0);
        assertEquals(1024, cma.size());
        final long block = normal.startPfn();
        put(block + 16);
        put(block + 17);
        put(block + 32);
        final long movable = memory.allocPages(task, GFP_MOVABLE, 0);
        assertEquals(block + 32, movable, "the single page, not half of the pair");
        put(movable);
        kernels.removeIf(pfn -> pfn == block + 16 || pfn == block + 17 || pfn == block + 32);
        kernels.forEach(this::put);
        cma.forEach(this::put);
    }

    @Test
    void shouldServeMovableFromZoneMovableFirst() {
        close();
        open(PhysicalMemory.builder().tablePages(16).normalPages(1024).movablePages(1024));
        final Zone movable = memory.zones().get(1);
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 10);
        assertEquals(movable.startPfn(), pfn);
        final long next = memory.allocPages(task, GFP_MOVABLE, 10);
        assertEquals(normal.startPfn(), next);
        assertEquals(-1, memory.allocPages(task, GFP_MOVABLE, 0));
        for (int i = 0; i < 1024; i++) {
            put(pfn + i);
        }
        assertEquals(-1, memory.allocPages(task, 0, 0), "an unmovable page from ZONE_MOVABLE");
        assertEquals(-1, memory.hugeZeroPfn(task));
        for (int i = 0; i < 1024; i++) {
            put(next + i);
        }
    }

    @Test
    void shouldAllocateTheHugeZeroPageOnce() {
        final long free = memory.freePages();
        assertFalse(memory.isHugeZeroPfn(-1));
        final long huge = memory.hugeZeroPfn(task);
        assertTrue(memory.isHugeZeroPfn(huge));
        assertFalse(memory.isHugeZeroPfn(huge + 1));
        assertEquals(huge, memory.hugeZeroPfn(task));
        assertEquals(9, memMap.compoundOrder(huge));
        assertFalse(memory.isCma(huge));
        assertEquals(1, PageRef.countVolatile(memMap.page(huge)));
        assertEquals(free - 512, memory.freePages());
    }

    @Test
    void shouldAnswerNoMemoryAboveTheLargestOrderAndRefuseNonsense() {
        assertEquals(-1, memory.allocPages(task, GFP_MOVABLE, 11));
        assertThrows(IllegalArgumentException.class, () -> memory.allocPages(task, GFP_MOVABLE, -1));
        assertThrows(IllegalArgumentException.class, () -> memory.allocPages(task, 1 << 20, 0));
        assertThrows(IllegalArgumentException.class, () -> memory.allocPages(task, GFP_MOVABLE | GFP_RECLAIMABLE, 0));
        assertThrows(IllegalArgumentException.class, () -> memory.isCma(-1));
        assertThrows(IllegalArgumentException.class, () -> memory.isCma(memMap.nrPages()));
        assertThrows(IllegalArgumentException.class, () -> normal.freeBlocks(11, 0));
        assertThrows(IllegalArgumentException.class, () -> normal.freePages(Migratetype.TYPES));
    }

    @Test
    void shouldNoticeAPageFreedTwice() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        put(pfn);
        assertThrows(IllegalStateException.class, () -> put(pfn));
        assertThrows(IllegalStateException.class, () -> normal.buddy().lists().link(pfn & -1024, 0, 0));
    }

    @Test
    void shouldReportALostPageInTheAudit() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        assertTrue(PageRef.freeze(memMap.page(pfn), 1));
        final MemoryAudit audit = memory.audit();
        assertFalse(audit.balanced());
        assertEquals(1, audit.lostPages());
        assertTrue(audit.problems().get(0).contains("pfn=" + pfn), audit::toString);
        PageRef.unfreeze(memMap.page(pfn), 1);
        put(pfn);
    }

    @Test
    void shouldReportAReferencedFreePageInTheAudit() {
        final long pfn = memory.allocPages(task, GFP_MOVABLE, 0);
        put(pfn);
        PageRef.init(memMap.page(pfn + 5), 1);
        PageDescriptor.setFlags(memMap.page(pfn + 6), PageDescriptor.PG_DIRTY);
        final MemoryAudit audit = memory.audit();
        assertFalse(audit.balanced());
        assertEquals(2, audit.problems().size(), audit::toString);
        PageRef.init(memMap.page(pfn + 5), 0);
        PageDescriptor.clearFlags(memMap.page(pfn + 6), PageDescriptor.PG_DIRTY);
    }

    /** Every page of every live block is known to the naive model; what is not known must be free. */
    @ParameterizedTest
    @ValueSource(longs = {1, 20190601, 0})
    void shouldAgreeWithANaiveModelOverRandomUse(final long givenSeed) {
        close();
        open(PhysicalMemory.builder()
                .tablePages(16)
                .normalPages(8192)
                .cma("a", 1024)
                .cma("b", 2048)
                .movablePages(2048));
        final long seed = givenSeed == 0 ? System.nanoTime() : givenSeed;
        final Random random = new Random(seed);
        final String label = "seed=" + seed;
        System.out.println("BuddyAllocatorTest " + label);

        final NaiveModel model = new NaiveModel();
        for (int step = 0; step < 20_000; step++) {
            if (model.blocks.isEmpty() || random.nextInt(100) < 53) {
                final int order = Math.min(random.nextInt(11), random.nextInt(11));
                final int[] kinds = {GFP_MOVABLE, GFP_MOVABLE, 0, GFP_RECLAIMABLE};
                final int gfp = kinds[random.nextInt(kinds.length)] | (random.nextBoolean() ? GFP_COMP : 0);
                model.allocate(gfp, order, label + ", step=" + step);
            } else {
                model.free(random, label + ", step=" + step);
            }
            if (step % 2_000 == 0) {
                assertTrue(memory.audit().balanced(), () -> label + " " + memory.audit());
            }
        }
        final MemoryAudit audit = memory.audit();
        assertTrue(audit.balanced(), () -> label + " " + audit);
        assertEquals(model.usedPages, audit.usedPages(), label);
        while (!model.blocks.isEmpty()) {
            model.free(random, label);
        }
        assertEquals(10240, memory.freePages(), label);
        long largest = 0;
        for (final Zone zone : memory.zones()) {
            for (int migratetype = 0; migratetype < Migratetype.TYPES; migratetype++) {
                largest += zone.freeBlocks(10, migratetype);
            }
        }
        assertEquals(10, largest, "everything merged back, " + label);
    }

    private final class NaiveModel {
        private final List<Long> blocks = new ArrayList<>();
        private final Map<Long, Integer> orders = new HashMap<>();
        private final Map<Long, Integer> gfps = new HashMap<>();
        private final Map<Long, Long> ownerOfPage = new HashMap<>();
        private long usedPages;

        void allocate(final int gfp, final int order, final String label) {
            final long pfn = memory.allocPages(task, gfp, order);
            if (pfn == -1) {
                assertFalse(hasFreeBlock(gfp, order), "a free block was not found, " + label);
                return;
            }
            assertEquals(0, pfn & ((1L << order) - 1), "alignment, " + label);
            final boolean movable = (gfp & GFP_MOVABLE) != 0;
            assertTrue(movable || !memory.isCma(pfn), "CMA page for somebody else, " + label);
            assertTrue(movable || pfn < normal.endPfn(), "ZONE_MOVABLE page for somebody else, " + label);
            for (long page = pfn; page < pfn + (1L << order); page++) {
                assertEquals(null, ownerOfPage.put(page, pfn), "page given twice: pfn=" + page + ", " + label);
            }
            blocks.add(pfn);
            orders.put(pfn, order);
            gfps.put(pfn, gfp);
            usedPages += 1L << order;
            assertEquals(10240 - usedPages, memory.freePages(), label);
        }

        /** Whether some aligned range of pages that nobody owns could have served the request. */
        private boolean hasFreeBlock(final int gfp, final int order) {
            final long endPfn = (gfp & GFP_MOVABLE) != 0 ? memMap.nrPages() : normal.endPfn();
            for (long block = normal.startPfn(); block < endPfn; block += 1L << order) {
                boolean free = (gfp & GFP_MOVABLE) != 0 || !memory.isCma(block);
                for (long pfn = block; free && pfn < block + (1L << order); pfn++) {
                    free = !ownerOfPage.containsKey(pfn);
                }
                if (free) {
                    return true;
                }
            }
            return false;
        }

        void free(final Random random, final String label) {
            final int at = random.nextInt(blocks.size());
            final long pfn = blocks.get(at);
            blocks.set(at, blocks.get(blocks.size() - 1));
            blocks.remove(blocks.size() - 1);
            final int order = orders.remove(pfn);
            final boolean compound = order > 0 && (gfps.remove(pfn) & GFP_COMP) != 0;
            for (long page = pfn; page < pfn + (1L << order); page++) {
                assertEquals(pfn, ownerOfPage.remove(page), label);
                if (!compound) {
                    put(page);
                }
            }
            if (compound) {
                put(pfn + random.nextInt(1 << order));
            }
            usedPages -= 1L << order;
        }
    }

    /** Gives back every page of the zone that has one reference. */
    private void freeAllUsed() {
        for (long pfn = normal.startPfn(); pfn < normal.endPfn(); pfn++) {
            if (PageRef.countVolatile(memMap.page(pfn)) == 1) {
                put(pfn);
            }
        }
        assertEquals(4096, memory.freePages());
    }
}
