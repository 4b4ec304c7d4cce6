package org.gup.bench.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Locale;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimate.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {
    private final Locale usual = Locale.getDefault();

    @BeforeEach
    void writeCommasForPoints() {
        Locale.setDefault(Locale.GERMANY);
    }

    @AfterEach
    void restore() {
        Locale.setDefault(usual);
    }

    @ParameterizedTest
    @CsvSource({
        "0.1454,0.145",
        "0.9951,0.995",
        "1.003,1.003",
        "1.0996,1.10",
        "3.456,3.46",
        "9.996,10.0",
        "34.56,34.6",
        "99.96,100",
        "1234.5,1235"
    })
    void shouldKeepThreeDigits(final double value, final String expected) {
        assertEquals(expected, Numbers.number(value));
    }

    @Test
    void shouldMarkWhatIsNoInterval() {
        assertEquals("[1.000, 3.00]", Numbers.bounds(new Estimate(2, 1, 3, 3, Kind.FORK_INTERVAL)));
        assertEquals("1.000 .. 3.00 *", Numbers.bounds(new Estimate(2, 1, 3, 1, Kind.ITERATION_SPREAD)));
        assertEquals("-", Numbers.bounds(new Estimate(2, Double.NaN, Double.NaN, 1, Kind.NONE)));
        assertEquals("2.00 [1.000, 3.00]", Numbers.withBounds(new Estimate(2, 1, 3, 3, Kind.FORK_INTERVAL)));
        assertEquals("2.00", Numbers.withBounds(new Estimate(2, 1, 3, 1, Kind.ITERATION_SPREAD)));
    }

    @Test
    void shouldWriteSharesAndCounts() {
        assertEquals("-0.5 %", Numbers.percent(-0.005));
        assertEquals("+2.0 %", Numbers.percent(0.02));
        assertEquals("1,234,567", Numbers.count(1234567));
    }
}
