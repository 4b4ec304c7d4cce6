package org.gup.bench.agree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.gup.bench.agree.call.Observed;
import org.gup.bench.agree.truth.FrameState;
import org.gup.bench.agree.truth.FrameState.Place;
import org.gup.bench.agree.truth.PageRun;
import org.gup.bench.agree.truth.PageState;
import org.gup.bench.agree.truth.RecordedCall;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final FrameState FRAME = frame(FrameState.ANON | FrameState.LRU, Place.CMA, 2);
    private static final PageState PAGE = new PageState(1, 0x8000000000000067L, 0x73, FRAME);

    private static FrameState frame(final int flags, final Place place, final int references) {
        return new FrameState(flags, place, references, 1, 0, false, true);
    }

    private static RecordedCall recorded(final Map<String, String> notes, final PageState... pages) {
        return new RecordedCall(
                "k52cma-00001",
                "anon_pop",
                "get_user_pages",
                "0",
                "1",
                "1",
                "1",
                "1",
                "1",
                notes,
                0x1000,
                List.of(pages).stream().map(page -> new PageRun(1, page)).toList(),
                List.of(pages).stream().map(page -> new PageRun(1, page)).toList());
    }

    private static Observed observed(final String result, final Map<String, String> notes, final PageState... pages) {
        return new Observed(result, 1, notes, List.of(pages), List.of(pages), 1, 1);
    }

    private static List<String> fields(final List<Difference> differences) {
        return differences.stream().map(Difference::field).toList();
    }

    @Test
    void shouldAgreeWithTheSame() {
        final Map<String, String> notes = Map.of("slow_calls", "1", "slow", "0+1", "warns", "0");
        assertEquals(List.of(), Comparison.of(recorded(notes, PAGE), observed("1", notes, PAGE)));
    }

    @Test
    void shouldNoticeTheResult() {
        assertEquals(
                List.of(new Difference("result", "1", "-14")),
                Comparison.of(recorded(Map.of(), PAGE), observed("-14", Map.of(), PAGE)));
    }

    @Test
    void shouldNoticeWhereTheFastLegStopped() {
        final Map<String, String> kernel = Map.of("slow_calls", "1", "slow", "0+1r");
        final Map<String, String> model = Map.of("slow_calls", "1", "slow", "0+1");
        assertEquals(
                List.of(new Difference("slow", "0+1r", "0+1")),
                Comparison.of(recorded(kernel, PAGE), observed("1", model, PAGE)));
    }

    @Test
    void shouldNoticeAWarningThatTheKernelDidNotGive() {
        final Map<String, String> kernel = Map.of("slow_calls", "0");
        final Map<String, String> model = Map.of("slow_calls", "0", "warns", "1", "warn_at", "follow_page_pte");
        assertEquals(
                List.of("warn_at", "warns"), fields(Comparison.of(recorded(kernel, PAGE), observed("1", model, PAGE))));
    }

    @Test
    void shouldNotCompareWhatWasNotRecorded() {
        final Map<String, String> model = Map.of("slow_calls", "3", "faults", "9");
        assertEquals(List.of(), Comparison.of(recorded(Map.of(), PAGE), observed("1", model, PAGE)));
    }

    @Test
    void shouldNoticeEntriesAndCountsBeforeAndAfter() {
        final PageState other = new PageState(1, 0x8000000000000065L, 0x71, frame(FrameState.ANON, Place.NORMAL, 3));
        assertEquals(
                List.of(
                        "before vm_flags",
                        "before entry",
                        "before place",
                        "before references",
                        "before flags",
                        "after vm_flags",
                        "after entry",
                        "after place",
                        "after references",
                        "after flags"),
                fields(Comparison.of(recorded(Map.of(), PAGE), observed("1", Map.of(), other))));
    }

    @Test
    void shouldNoticeAPageThatIsNotThere() {
        final PageState absent = new PageState(1, 0, 0x73, null);
        assertEquals(
                List.of("before entry", "before page", "after entry", "after page"),
                fields(Comparison.of(recorded(Map.of(), PAGE), observed("1", Map.of(), absent))));
    }

    @Test
    void shouldNotAskWhichUpperTableIsMissing() {
        assertEquals(
                List.of(),
                Comparison.of(
                        recorded(Map.of(), new PageState(4, 0, 0x73, null)),
                        observed("1", Map.of(), new PageState(3, 0, 0x73, null))));
        assertEquals(
                List.of("before entry", "after entry"),
                fields(Comparison.of(
                        recorded(Map.of(), new PageState(4, 0, 0x73, null)),
                        observed("1", Map.of(), new PageState(2, 0, 0x73, null)))));
    }

    @Test
    void shouldNotCompareTheReferencedBitOfTheZeroPage() {
        final PageState kernel =
                new PageState(1, 0x225, 0x73, frame(FrameState.ZERO | FrameState.REFERENCED, Place.NORMAL, 1));
        final PageState model = new PageState(1, 0x225, 0x73, frame(FrameState.ZERO, Place.NORMAL, 1));
        assertEquals(List.of(), Comparison.of(recorded(Map.of(), kernel), observed("1", Map.of(), model)));
    }

    @Test
    void shouldNotCompareCountsOfFramesMappedByNumber() {
        final PageState kernel = new PageState(1, 0x237, 0x4fb, frame(0, Place.NORMAL, 0));
        final PageState model = new PageState(1, 0x237, 0x4fb, frame(FrameState.LRU, Place.NORMAL, 7));
        assertEquals(List.of(), Comparison.of(recorded(Map.of(), kernel), observed("1", Map.of(), model)));
    }
}
