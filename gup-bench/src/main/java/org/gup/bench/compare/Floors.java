package org.gup.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Estimates;

/**
 * What the same code differed by from itself, in any of the runs: a smaller difference does not count.
 *
 * @param sameCode between JVMs, relative; 0 if no run has such a pair
 * @param sameWalk between two copies in one process, relative; 0 likewise
 */
public record Floors(double sameCode, double sameWalk) {
    private static final Set<String> SAME_TWICE = Arrays.stream(CheckLadder.values())
            .flatMap(ladder -> ladder.comparisons().stream())
            .filter(comparison -> comparison.role() == CheckLadder.Role.SAME_TWICE)
            .map(comparison -> CheckForks.RATIO + comparison.id())
            .collect(Collectors.toUnmodifiableSet());

    static Floors of(final List<Run> runs) {
        return new Floors(
                runs.stream().mapToDouble(AaPair::floor).max().orElse(0),
                runs.stream()
                        .flatMap(run -> run.cases().stream())
                        .filter(rows -> rows.forks().size() >= Estimates.MIN_FORKS)
                        .mapToDouble(Floors::sameWalk)
                        .max()
                        .orElse(0));
    }

    private static double sameWalk(final CaseRows rows) {
        return rows.forks().get(0).counters().keySet().stream()
                .filter(SAME_TWICE::contains)
                .mapToDouble(counter -> {
                    final double[] ratios = rows.forks().stream()
                            .map(ForkRow::counters)
                            .mapToDouble(counters -> counters.getOrDefault(counter, Double.NaN))
                            .filter(Double::isFinite)
                            .toArray();
                    return ratios.length == 0 ? 0 : Math.expm1(Math.abs(Math.log(Decisions.geometricMean(ratios))));
                })
                .max()
                .orElse(0);
    }

    /**
     * How large a difference must be to count.
     *
     * @param wanted by the user, relative
     * @param quantity what is compared
     * @return the larger of the two
     */
    double threshold(final double wanted, final Quantity quantity) {
        return Math.max(wanted, quantity.kind() == Quantity.Kind.PAIRED_RATIO ? sameWalk : sameCode);
    }
}
