package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import org.gup.offheap.Together;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageRefTest {
    private MemMap memMap;
    private long page;

    @BeforeEach
    void setUp() {
        memMap = new MemMap(16, (task, headPfn) -> {});
        page = memMap.page(9);
    }

    @AfterEach
    void tearDown() {
        memMap.close();
    }

    private void assertCount(final int expected) {
        assertEquals(expected, PageRef.countVolatile(page));
        assertEquals(expected, PageRef.countOpaque(page));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, -2, Integer.MIN_VALUE, Integer.MIN_VALUE + 1})
    void shouldGiveNoReferenceToAPageThatIsFreeFrozenOrOverflown(final int count) {
        PageRef.init(page, count);
        assertFalse(PageRef.tryGet(page, 1));
        assertFalse(PageRef.tryGet(page, 512));
        assertCount(count);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 2", "1, 512, 513", "2, 1, 3", "2147483646, 1, 2147483647", "1073741824, 1073741823, 2147483647"})
    void shouldAddReferencesToALivePage(final int count, final int references, final int expected) {
        PageRef.init(page, count);
        assertTrue(PageRef.tryGet(page, references));
        assertCount(expected);
    }

    @ParameterizedTest
    @CsvSource({"2147483647, 1, -2147483648", "2147483647, 512, -2147483137", "2147483647, 2147483647, -2"})
    void shouldRefuseReferencesOnceTheCountHasOverflown(final int count, final int references, final int overflown) {
        PageRef.init(page, count);
        assertTrue(PageRef.tryGet(page, references));
        assertCount(overflown);
        assertFalse(PageRef.tryGet(page, references));
        assertCount(overflown);
        assertFalse(PageRef.putAndTest(page, references), "giving back brings the count into range again");
        assertCount(count);
    }

    @Test
    void shouldSayWhichPutIsTheLast() {
        PageRef.init(page, 1);
        PageRef.get(page, 513);
        assertFalse(PageRef.putAndTest(page, 512));
        assertFalse(PageRef.putAndTest(page, 1));
        assertCount(1);
        assertTrue(PageRef.putAndTest(page, 1));
        assertCount(0);
        PageRef.init(page, 512);
        assertTrue(PageRef.putAndTest(page, 512));
        assertCount(0);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0, 512", "1, 2", "1, 512", "511, 512", "2147483646, 2147483647"})
    void shouldThrowAndLeaveTheCountWhenPuttingMoreThanThereAre(final int count, final int references) {
        PageRef.init(page, count);
        final IllegalStateException thrown =
                assertThrows(IllegalStateException.class, () -> PageRef.putAndTest(page, references));
        assertTrue(thrown.getMessage().contains("_refcount=" + count), thrown.getMessage());
        assertTrue(thrown.getMessage().contains("put=" + references), thrown.getMessage());
        assertCount(count);
    }

    @Test
    void shouldFreezeOnlyAtTheExpectedCount() {
        PageRef.init(page, 3);
        assertFalse(PageRef.freeze(page, 2));
        assertFalse(PageRef.freeze(page, 4));
        assertCount(3);
        assertTrue(PageRef.freeze(page, 3));
        assertCount(0);
        assertFalse(PageRef.tryGet(page, 1), "a frozen page gives no reference");
        assertFalse(PageRef.freeze(page, 3));
        PageRef.unfreeze(page, 5);
        assertCount(5);
        assertTrue(PageRef.tryGet(page, 1));
        assertCount(6);
    }

    @Test
    void shouldLeaveNeighboursAlone() {
        PageRef.init(page, -1);
        PageRef.get(page, 1);
        PageRef.get(page, -1);
        for (final long pfn : new long[] {8, 10}) {
            assertEquals(0, PageRef.countVolatile(memMap.page(pfn)));
        }
        assertEquals(0, PageDescriptor.flagsVolatile(page), "the borrow of the subtraction reached flags");
    }

    @Test
    @Timeout(60)
    void shouldCountExactlyWhenThreadsGetAndPut() throws Exception {
        final int rounds = 50_000;
        PageRef.init(page, 1);
        final AtomicInteger last = new AtomicInteger();
        Together.run(4, () -> {
            for (int i = 0; i < rounds; i++) {
                final int references = 1 + (i & 3);
                assertTrue(PageRef.tryGet(page, references));
                if (PageRef.putAndTest(page, references)) {
                    last.incrementAndGet();
                }
            }
        });
        assertCount(1);
        assertEquals(0, last.get());
        assertTrue(PageRef.putAndTest(page, 1));
    }

    @Test
    @Timeout(60)
    void shouldMakeExactlyOnePutTheLastHoweverManyRace() throws Exception {
        final int rounds = 20_000;
        final int threads = 3;
        final AtomicInteger frees = new AtomicInteger();
        final AtomicInteger arrived = new AtomicInteger();
        PageRef.init(page, threads);
        Together.run(threads, () -> {
            for (int round = 1; round <= rounds; round++) {
                if (PageRef.putAndTest(page, 1)) {
                    frees.incrementAndGet();
                    PageRef.init(page, threads);
                    arrived.incrementAndGet();
                }
                while (arrived.get() < round) {
                    Thread.yield();
                }
            }
        });
        assertEquals(rounds, frees.get());
        assertCount(threads);
    }

    @Test
    @Timeout(60)
    void shouldNeverGiveAReferenceWhileFrozen() throws Exception {
        final int rounds = 5_000;
        final boolean[] frozen = {false};
        final AtomicInteger done = new AtomicInteger();
        final AtomicInteger references = new AtomicInteger();
        PageRef.init(page, 1);
        Together.run(
                () -> {
                    // Until both have had their turn often enough, however the machine schedules them.
                    int freezes = 0;
                    while (freezes < rounds || references.get() < rounds) {
                        if (PageRef.freeze(page, 1)) {
                            // Plain: whoever gets a reference after unfreeze must see it cleared again.
                            frozen[0] = true;
                            freezes++;
                            frozen[0] = false;
                            PageRef.unfreeze(page, 1);
                        } else {
                            Thread.yield();
                        }
                    }
                    done.incrementAndGet();
                },
                () -> {
                    while (done.get() == 0) {
                        if (PageRef.tryGet(page, 1)) {
                            assertFalse(frozen[0], "a reference was given while the page was frozen");
                            PageRef.putAndTest(page, 1);
                            references.incrementAndGet();
                        } else {
                            Thread.yield();
                        }
                    }
                });
        assertCount(1);
    }
}
