package org.gup.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.ToLongFunction;
import org.gup.bench.layout.Layout;
import org.gup.bench.layout.SurveyedLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs each benchmark's body in this JVM, on real memory; what JMH does around it is called by hand. */
class FastVersusSlowTest {
    private static final int PAGES = 512;

    private final FastVersusSlow benchmark = new FastVersusSlow();

    private static <S extends MappingState> PageWays sweep(
            final S state, final int operations, final ToLongFunction<S> body) {
        final PageWays ways = new PageWays();
        state.build(operations);
        try {
            for (int iteration = 0; iteration < 2; iteration++) {
                state.open();
                for (int sweep = 0; sweep < 3; sweep++) {
                    assertEquals(operations, body.applyAsLong(state));
                }
                state.check(ways);
            }
        } finally {
            state.close();
        }
        return ways;
    }

    private static <S extends MappingState> S with(
            final S state, final String layout, final int pagesPerCall, final String guard) {
        state.layout = layout;
        state.pagesPerCall = pagesPerCall;
        state.guard = guard;
        return state;
    }

    @ParameterizedTest
    @CsvSource({
        "4K,1,fused", "4K,8,fused", "4K,64,fused", "4K,512,fused", "4K,512,check-by-check",
        "2M,1,fused", "2M,8,fused", "2M,64,fused", "2M,512,fused", "2M,64,check-by-check"
    })
    void shouldGetEveryPageFast(final String layout, final int pagesPerCall, final String guard) {
        final PageWays ways = sweep(with(new GetState.Fast(), layout, pagesPerCall, guard), PAGES, benchmark::getFast);
        assertEquals(3 * PAGES, ways.fastPages);
        assertEquals(0, ways.slowPages);
        assertEquals(3 * PAGES / pagesPerCall, ways.fastWalks);
        assertEquals(0, ways.stoppedWalks);
        sweep(with(new GetState.Fast(), layout, pagesPerCall, guard), PAGES, benchmark::getFastAgain);
    }

    @ParameterizedTest
    @CsvSource({"4K,1", "4K,512", "2M,8", "2M,512"})
    void shouldGetEveryPageSlow(final String layout, final int pagesPerCall) {
        final PageWays held =
                sweep(with(new GetState.SlowLocked(), layout, pagesPerCall, "fused"), PAGES, benchmark::getSlow);
        assertEquals(3 * PAGES, held.slowPages);
        assertEquals(0, held.fastWalks);
        final PageWays taken = sweep(
                with(new GetState.SlowUnlocked(), layout, pagesPerCall, "fused"), PAGES, benchmark::getSlowUnlocked);
        assertEquals(3 * PAGES, taken.slowPages);
    }

    @ParameterizedTest
    @CsvSource({"4K,1", "4K,512", "2M,8", "2M,512"})
    void shouldPutEveryPage(final String layout, final int pagesPerCall) {
        final PageWays ways = sweep(with(new PutState(), layout, pagesPerCall, "fused"), PAGES, benchmark::put);
        assertEquals(3 * PAGES, ways.pagesPut);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64, 512})
    void shouldSweepADump(final int pagesPerCall) {
        final int pages = (int) SurveyedLayout.of(Layout.BUNDLED).survey().comparable();
        final PageWays fast = sweep(ofDump(new GetState.Fast(), pagesPerCall), pages, benchmark::getFast);
        assertEquals(3L * pages, fast.fastPages + fast.slowPages);
        assertTrue(fast.fastPages > 0 && fast.slowPages > 0 && fast.stoppedWalks > 0);
        final PageWays slow = sweep(ofDump(new GetState.SlowLocked(), pagesPerCall), pages, benchmark::getSlow);
        assertEquals(3L * pages, slow.slowPages);
        sweep(ofDump(new GetState.SlowUnlocked(), pagesPerCall), pages, benchmark::getSlowUnlocked);
        sweep(ofDump(new PutState(), pagesPerCall), pages, benchmark::put);
    }

    private static <S extends MappingState> S ofDump(final S state, final int pagesPerCall) {
        state.access = "read";
        return with(state, Layout.BUNDLED.name(), pagesPerCall, "fused");
    }

    @Test
    void shouldGiveReferencesBackWhenTooManyAreOpen() {
        final GetState.Fast state = new GetState.Fast();
        state.build(PAGES);
        state.sweep.maxOpenSweeps = 4;
        state.open();
        for (int sweep = 0; sweep < 10; sweep++) {
            benchmark.getFast(state);
        }
        state.ledger.expectReferences(2L * PAGES);
        state.check(new PageWays());
        state.close();
    }

    @Test
    void shouldRaiseTheCountAgainWhenItRunsOut() {
        final PutState state = new PutState();
        state.build(PAGES);
        state.sweep.maxOpenSweeps = 4;
        state.open();
        for (int sweep = 0; sweep < 10; sweep++) {
            benchmark.put(state);
        }
        state.ledger.expectReferences(2L * PAGES);
        state.check(new PageWays());
        state.close();
    }

    @Test
    void shouldStayFarFromTheOverflowOfACount() {
        final GetState.Fast state = with(new GetState.Fast(), "2M", 512, "fused");
        state.build(PAGES);
        assertTrue((long) state.sweep.maxOpenSweeps * PAGES <= 1 << 30);
        state.close();
    }

    @Test
    void shouldFailWhenAReferenceIsLeftBehind() {
        final GetState.Fast state = new GetState.Fast();
        state.build(PAGES);
        state.open();
        benchmark.getFast(state);
        state.sweep.gup.getPages(state.sweep.task, state.sweep.pfns, 1, 1);
        assertWrong(state, "references taken and not given back: expected 512, found 513");
    }

    @Test
    void shouldFailWhenAPageCameFromTheOtherLeg() {
        final GetState.Fast state = new GetState.Fast();
        state.build(PAGES);
        state.open();
        benchmark.getFast(state);
        state.sweep.gup.getUserPagesUnlocked(
                state.sweep.task, state.sweep.mm, state.sweep.starts[0], 1, new long[1], state.sweep.flags);
        assertWrong(state, "SLOW_CALLS: expected 0, found 1");
    }

    @Test
    void shouldFailWhenASweepWasNotMade() {
        final GetState.SlowLocked state = new GetState.SlowLocked();
        state.build(PAGES);
        state.open();
        state.swept();
        assertWrong(state, "SLOW_CALLS: expected 1, found 0");
    }

    @Test
    void shouldFailWhenAnAnswerIsWrong() {
        final GetState.Fast state = new GetState.Fast();
        state.build(PAGES);
        state.open();
        benchmark.getFast(state);
        state.sweep.calls[0][7]++;
        assertWrong(state, "pfn of page 7: expected ");
    }

    @Test
    void shouldFailWhenAPutIsMissing() {
        final PutState state = new PutState();
        state.build(PAGES);
        state.open();
        benchmark.put(state);
        state.swept();
        assertWrong(state, "PAGES_PUT: expected 1024, found 512");
    }

    private static void assertWrong(final MappingState state, final String message) {
        final WrongAnswerException wrong = assertThrows(WrongAnswerException.class, () -> state.check(new PageWays()));
        assertTrue(wrong.getMessage().startsWith(message), wrong::getMessage);
        state.close();
    }

    @Test
    void shouldRefuseParametersThatMeanNothing() {
        assertRefused("8K", 512, "fused", "write", PAGES, "layout=8K");
        assertRefused("4K", 0, "fused", "write", PAGES, "pagesPerCall=0");
        assertRefused("4K", 512, "none", "write", PAGES, "guard=none");
        assertRefused("4K", 512, "fused", "execute", PAGES, "access=execute");
        assertRefused("4K", 512, "fused", "write", 100, "-opi 512, not 100");
    }

    private static void assertRefused(
            final String layout,
            final int pagesPerCall,
            final String guard,
            final String access,
            final int operations,
            final String message) {
        final MappingState state = with(new GetState.Fast(), layout, pagesPerCall, guard);
        state.access = access;
        final IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> state.build(operations));
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
    }
}
