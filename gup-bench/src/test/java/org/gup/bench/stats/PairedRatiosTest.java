package org.gup.bench.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.commons.statistics.inference.TTest;
import org.junit.jupiter.api.Test;

class PairedRatiosTest {
    private static final long SEED = 20261125;
    private static final int RESAMPLES = 10_000;

    private static double[] ratios(final SplittableRandom random, final int forks, final double effect) {
        return IntStream.range(0, forks)
                .mapToDouble(fork -> effect * Math.exp(0.01 * random.nextGaussian()))
                .toArray();
    }

    @Test
    void shouldAgreeWithStudentsTestOfTheLibrary() {
        final SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 100; i++) {
            final double[] ratios = ratios(random, 3 + i % 8, 1.004);
            final double expected = TTest.withDefaults()
                    .test(Arrays.stream(ratios).map(Math::log).toArray())
                    .getPValue();
            assertEquals(expected, PairedRatios.of(ratios).pValue(), 1e-9);
        }
    }

    /** 500 false alarms of 10,000 are to be expected; four standard deviations are 87. */
    @Test
    void shouldRaiseFalseAlarmsAsOftenAsItSays() {
        final SplittableRandom random = new SplittableRandom(SEED);
        int alarms = 0;
        int held = 0;
        for (int resample = 0; resample < RESAMPLES; resample++) {
            final Comparison comparison = PairedRatios.of(ratios(random, 5, 1));
            alarms += comparison.pValue() < 0.05 ? 1 : 0;
            held += comparison.low() <= 1 && 1 <= comparison.high() ? 1 : 0;
        }
        assertEquals(500, alarms, 87, "seed " + SEED);
        assertEquals(9500, held, 87, "seed " + SEED);
    }

    @Test
    void shouldFindAKnownEffect() {
        final SplittableRandom random = new SplittableRandom(SEED);
        int found = 0;
        for (int resample = 0; resample < 1000; resample++) {
            final Verdict verdict = Decisions.decide(List.of(PairedRatios.of(ratios(random, 5, 1.05))), 0.01)
                    .get(0)
                    .verdict();
            found += verdict == Verdict.SLOWER ? 1 : 0;
        }
        assertTrue(found > 990, "found " + found + " of 1000, seed " + SEED);
    }

    @Test
    void shouldGiveNoIntervalForTwoForks() {
        final Comparison comparison = PairedRatios.of(new double[] {1.1, 1.3});
        assertFalse(comparison.hasInterval());
        assertEquals(Math.sqrt(1.1 * 1.3), comparison.ratio(), 1e-12);
        assertEquals(1.0, PairedRatios.of(new double[] {1, 1, 1}).pValue());
        assertEquals(0.0, PairedRatios.of(new double[] {2, 2, 2}).pValue());
        assertThrows(IllegalArgumentException.class, () -> PairedRatios.of(new double[0]));
    }
}
