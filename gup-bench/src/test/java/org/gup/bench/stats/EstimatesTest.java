package org.gup.bench.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.bench.stats.Estimate.Kind;
import org.junit.jupiter.api.Test;

class EstimatesTest {
    /** Quantiles 0.975 of Student's t with 2 and 4 degrees of freedom, from printed tables. */
    private static final double T_2 = 4.30265;

    private static final double T_4 = 2.77645;

    @Test
    void shouldGiveStudentsIntervalForThreeForks() {
        final Estimate estimate =
                Estimates.mean(List.of(new double[] {1, 1}, new double[] {2, 2}, new double[] {2, 4}));
        assertEquals(Kind.FORK_INTERVAL, estimate.kind());
        assertEquals(3, estimate.forks());
        assertEquals(2.0, estimate.value(), 1e-12);
        assertEquals(2.0 - T_2 / Math.sqrt(3), estimate.low(), 1e-4);
        assertEquals(2.0 + T_2 / Math.sqrt(3), estimate.high(), 1e-4);
    }

    @Test
    void shouldGiveStudentsIntervalForFiveSamples() {
        // Mean 6, sample variance 10.
        final Estimate estimate = Estimates.studentInterval(new double[] {2, 4, 6, 8, 10});
        assertEquals(6.0, estimate.value(), 1e-12);
        assertEquals(6.0 - T_4 * Math.sqrt(10.0 / 5), estimate.low(), 1e-4);
        assertEquals(6.0 + T_4 * Math.sqrt(10.0 / 5), estimate.high(), 1e-4);
    }

    @Test
    void shouldGiveTheSpreadOfIterationsForTwoForks() {
        final Estimate estimate = Estimates.mean(List.of(new double[] {1, 3}, new double[] {5, 7, 9}));
        assertEquals(Kind.ITERATION_SPREAD, estimate.kind());
        assertFalse(estimate.hasInterval());
        assertTrue(estimate.hasBounds());
        assertEquals(4.5, estimate.value(), 1e-12);
        assertEquals(1.0, estimate.low());
        assertEquals(9.0, estimate.high());
        assertEquals(2, estimate.forks());
    }

    @Test
    void shouldCancelWhatSlowsBothMembersOfAPair() {
        final Estimate ratio = Estimates.pairedRatio(new double[] {6, 60, 600}, new double[] {2, 20, 200});
        assertEquals(3.0, ratio.value(), 1e-12);
        assertEquals(3.0, ratio.low(), 1e-9);
        assertEquals(3.0, ratio.high(), 1e-9);
        assertEquals(Kind.FORK_INTERVAL, ratio.kind());
    }

    @Test
    void shouldGiveAnIntervalOfRatiosThatIsSymmetricInLogarithms() {
        // Logarithms of the ratios: 0, ln 2, ln 4; mean ln 2, standard deviation ln 2.
        final Estimate ratio = Estimates.pairedRatio(new double[] {1, 2, 4}, new double[] {1, 1, 1});
        final double halfWidth = T_2 * Math.log(2) / Math.sqrt(3);
        assertEquals(2.0, ratio.value(), 1e-12);
        assertEquals(2.0 * Math.exp(-halfWidth), ratio.low(), 1e-4);
        assertEquals(2.0 * Math.exp(halfWidth), ratio.high(), 1e-3);
    }

    @Test
    void shouldGiveNoBoundsForTwoPairs() {
        final Estimate ratio = Estimates.pairedRatio(new double[] {1, 4}, new double[] {1, 1});
        assertEquals(2.0, ratio.value(), 1e-12);
        assertEquals(Kind.NONE, ratio.kind());
        assertFalse(ratio.hasBounds());
        assertTrue(Double.isNaN(ratio.low()));
    }

    @Test
    void shouldRefuseWhatHasNoMeaning() {
        assertThrows(IllegalArgumentException.class, () -> Estimates.mean(List.of()));
        assertThrows(IllegalArgumentException.class, () -> Estimates.studentInterval(new double[] {1}));
        assertThrows(
                IllegalArgumentException.class, () -> Estimates.pairedRatio(new double[] {1, 2}, new double[] {1}));
    }
}
