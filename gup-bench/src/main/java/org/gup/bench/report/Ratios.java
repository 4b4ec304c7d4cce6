package org.gup.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;

/** Cases of one run against each other. */
final class Ratios {
    private Ratios() {}

    private record Slot(int machine, int round) {
        static Slot of(final ForkRow fork) {
            return new Slot(fork.machine(), fork.round());
        }
    }

    /** One case against another: paired where both ran in a round on the same machine, else mean against mean. */
    static Estimate of(final CaseRows numerator, final CaseRows denominator) {
        final Map<Slot, Double> others = new LinkedHashMap<>();
        denominator.forks().forEach(fork -> others.put(Slot.of(fork), fork.mean()));
        final List<Double> ones = new ArrayList<>();
        final List<Double> paired = new ArrayList<>();
        for (final ForkRow fork : numerator.forks()) {
            final Double other = others.get(Slot.of(fork));
            if (other != null) {
                ones.add(fork.mean());
                paired.add(other);
            }
        }
        if (ones.isEmpty()) {
            return Estimates.pairedRatio(
                    new double[] {Estimates.mean(numerator.scores()).value()},
                    new double[] {Estimates.mean(denominator.scores()).value()});
        }
        return Estimates.pairedRatio(array(ones), array(paired));
    }

    private static double[] array(final List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
