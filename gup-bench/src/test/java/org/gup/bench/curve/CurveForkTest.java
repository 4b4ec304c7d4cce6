package org.gup.bench.curve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.gup.bench.results.CaseInfo;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program of a fork, few rounds: every point is measured, and the pages go the way that is written down here. */
class CurveForkTest {
    private static final int THREADS = 2;
    private static Map<String, CurveFork.Row> rows = Map.of();

    @BeforeAll
    static void measure() {
        rows = CurveFork.measure(1, 42, THREADS).rows();
    }

    private static Legs legs(final String point) {
        final CurveFork.Row row = rows.get(CurveCase.PREFIX + point);
        assertNotNull(row, point);
        return row.legs();
    }

    @Test
    void shouldMeasureEveryPlannedPoint() {
        final List<String> planned =
                new CurveForks(1, THREADS).cases(3).stream().map(CaseInfo::id).toList();
        assertEquals(planned, List.copyOf(rows.keySet()));
        assertEquals(planned.size(), planned.stream().distinct().count());
        rows.forEach((id, row) -> assertTrue(row.getNanos() > 0 && row.putNanos() > 0, id + ": " + row));
    }

    /** Of 512 pages, evenly spread: the first bad one is the last of the first interval. */
    @ParameterizedTest
    @CsvSource({
        "0,512,0,0,0",
        "1,99,413,1,5",
        "5,19,493,1,25",
        "10,9,503,1,51",
        "25,3,509,1,128",
        "50,1,511,1,256",
        "100,0,512,1,512"
    })
    void shouldGoTheSlowWayFromTheFirstBadPageOn(
            final int share, final long fast, final long slow, final long calls, final long bad) {
        for (final String kind : List.of("absent", "read-only", "protnone")) {
            assertEquals(new Legs(fast, slow, calls, bad), legs("share/" + kind + "/" + share), kind);
        }
        assertEquals(new Legs(fast, slow, calls, 0), legs("share/special/" + share));
        assertEquals(new Legs(512, 0, 0, 0), legs("share/devmap/" + share));
    }

    @ParameterizedTest
    @CsvSource({"0,512", "1,511", "8,504", "64,448", "256,256", "511,1"})
    void shouldGoTheFastWayUpToTheOnlyBadPage(final int position, final long slow) {
        assertEquals(new Legs(position, slow, 1, 1), legs("position/absent/" + position));
        assertEquals(new Legs(position, slow, 1, 0), legs("position/special/" + position));
    }
}
