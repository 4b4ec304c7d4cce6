package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.gup.offheap.ResidentMemory;
import org.gup.task.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemMapTest {
    private static final PageRelease UNEXPECTED = (task, headPfn) -> {
        throw new AssertionError("freed: headPfn=" + headPfn);
    };
    private final Task task = new Task(0, 0);

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, (1L << 29) + 1, Long.MAX_VALUE})
    void shouldRejectSizesOutOfRangeAndQuoteThem(final long nrPages) {
        final IllegalArgumentException rejected =
                assertThrows(IllegalArgumentException.class, () -> new MemMap(nrPages, UNEXPECTED));
        assertTrue(rejected.getMessage().contains("nrPages=" + nrPages), rejected.getMessage());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 511, 512, 513, 1 << 20, (1 << 20) + 1, (1 << 24) + 1})
    void shouldHaveARecordForEveryPfnAndNoneBeyond(final long nrPages) {
        try (MemMap memMap = new MemMap(nrPages, UNEXPECTED)) {
            assertEquals(nrPages, memMap.nrPages());
            assertTrue(memMap.pfnValid(0));
            assertTrue(memMap.pfnValid(nrPages - 1));
            assertFalse(memMap.pfnValid(nrPages));
            assertFalse(memMap.pfnValid(-1));
            assertFalse(memMap.pfnValid(Long.MAX_VALUE));
            assertFalse(memMap.pfnValid(Long.MIN_VALUE));
            final long page = memMap.page(nrPages - 1);
            assertEquals(nrPages - 1, memMap.pfn(page));
            assertEquals(0, PageRef.countVolatile(page));
            assertEquals(0, memMap.pteMapcount(nrPages - 1));
            assertEquals(0, memMap.compoundMapcount(nrPages - 1));
            assertEquals(Migratetype.UNMOVABLE, memMap.pageblocks().migratetype(nrPages - 1));
        }
    }

    @Test
    void shouldKeepColdRecordsApartAcrossTheChunksTheyAreIn() {
        final long nrPages = (1L << 24) + 5;
        final long seed = System.nanoTime();
        System.out.println("MemMapTest seed=" + seed);
        final Random random = new Random(seed);
        final List<Long> pfns = new ArrayList<>();
        for (int shift = 18; shift <= 24; shift++) {
            for (int delta = -1; delta <= 1; delta++) {
                pfns.add((1L << shift) + delta);
            }
        }
        pfns.add(0L);
        pfns.add(nrPages - 1);
        for (int i = 0; i < 1000; i++) {
            pfns.add((long) random.nextInt((int) nrPages));
        }
        try (MemMap memMap = new MemMap(nrPages, UNEXPECTED)) {
            for (final long pfn : pfns) {
                PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.MAPPING_OFFSET, pfn);
                PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.PRIVATE_OFFSET, ~pfn);
                PageRef.init(memMap.page(pfn), (int) pfn);
            }
            for (final long pfn : pfns) {
                final String which = "pfn=" + pfn + ", seed=" + seed;
                assertEquals(pfn, PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.MAPPING_OFFSET), which);
                assertEquals(~pfn, PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.PRIVATE_OFFSET), which);
                assertEquals((int) pfn, PageRef.countVolatile(memMap.page(pfn)), which);
                assertEquals(pfn, memMap.pfn(memMap.page(pfn)), which);
            }
        }
    }

    @Test
    void shouldUseMemoryOnlyForThePagesThatAreTouched() throws IOException {
        // 512 GiB of modelled memory: 2 GiB of hot records, 6 GiB of cold ones.
        final long nrPages = 1L << 27;
        final long before = ResidentMemory.bytes();
        try (MemMap memMap = new MemMap(nrPages, UNEXPECTED)) {
            for (long pfn = 0; pfn < nrPages; pfn += nrPages / 64) {
                PageRef.init(memMap.page(pfn), 1);
                memMap.addPteMapcount(pfn, 1);
            }
            final long used = ResidentMemory.bytes() - before;
            assertTrue(used < 256L << 20, "a sparse map was backed: bytes=" + used);
            for (long pfn = 0; pfn < nrPages; pfn += nrPages / 64) {
                assertEquals(1, PageRef.countVolatile(memMap.page(pfn)));
                assertEquals(1, memMap.pteMapcount(pfn));
                assertEquals(0, PageRef.countVolatile(memMap.page(pfn + 1)));
            }
        }
    }

    @Test
    void shouldFreeAPageOnceWithItsLastReference() {
        final List<Long> freed = new ArrayList<>();
        final List<Task> by = new ArrayList<>();
        try (MemMap memMap = new MemMap(64, (who, headPfn) -> {
            by.add(who);
            freed.add(headPfn);
        })) {
            final long page = memMap.page(17);
            PageRef.init(page, 3);
            memMap.put(task, page, 1);
            memMap.put(task, page, 1);
            assertEquals(List.of(), freed);
            memMap.put(task, page, 1);
            assertEquals(List.of(17L), freed);
            assertSame(task, by.get(0));
            assertThrows(IllegalStateException.class, () -> memMap.put(task, page, 1));
            assertEquals(List.of(17L), freed, "freed again");
            assertEquals(0, PageRef.countVolatile(page));
        }
    }

    @Test
    void shouldRejectClosingTwice() {
        final MemMap memMap = new MemMap(64, UNEXPECTED);
        memMap.close();
        assertThrows(IllegalStateException.class, memMap::close);
    }
}
