package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.stats.Estimates;
import org.gup.bench.stats.PairedRatios;

/**
 * A comparison decided over all forks, and once more without those that something disturbed: no fork is dropped in silence.
 *
 * @param all what all forks come to
 * @param undisturbed what the others come to, if some were disturbed and enough were not
 */
record TwiceDecided(Decision all, Optional<Decision> undisturbed) {
    /**
     * A member of a family.
     *
     * @param rows the forks
     * @param ratio what a fork says, NaN if nothing
     */
    record Asked(CaseRows rows, ToDoubleFunction<ForkRow> ratio) {
        /** What chosen forks say. */
        double[] ratios(final Predicate<ForkRow> chosen) {
            return rows.forks().stream()
                    .filter(chosen)
                    .mapToDouble(ratio)
                    .filter(value -> !Double.isNaN(value))
                    .toArray();
        }

        private int undisturbed() {
            return ratios(fork -> !fork.disturbed()).length;
        }
    }

    /**
     * Decides a family, of whose members each has a fork that says something.
     *
     * @param family all comparisons that are made at once
     * @param threshold relative difference that is too small to matter, given the family's comparisons
     * @return one for each, in the same order
     */
    static List<TwiceDecided> decide(final List<Asked> family, final ToDoubleFunction<List<Comparison>> threshold) {
        final List<Decision> all = decide(family, threshold, fork -> true);
        final boolean again =
                anyDisturbed(family) && family.stream().allMatch(member -> member.undisturbed() >= Estimates.MIN_FORKS);
        final List<Decision> others = again ? decide(family, threshold, fork -> !fork.disturbed()) : List.of();
        final List<TwiceDecided> decided = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            decided.add(new TwiceDecided(all.get(i), again ? Optional.of(others.get(i)) : Optional.empty()));
        }
        return decided;
    }

    private static List<Decision> decide(
            final List<Asked> family,
            final ToDoubleFunction<List<Comparison>> threshold,
            final Predicate<ForkRow> chosen) {
        final List<Comparison> comparisons = family.stream()
                .map(member -> PairedRatios.of(member.ratios(chosen)))
                .toList();
        return Decisions.decide(comparisons, threshold.applyAsDouble(comparisons));
    }

    private static boolean anyDisturbed(final List<Asked> family) {
        return family.stream().anyMatch(member -> member.rows().disturbed() > 0);
    }

    /** Whether the disturbed forks make a difference to the verdict. */
    boolean changes() {
        return undisturbed.isPresent() && undisturbed.get().verdict() != all.verdict();
    }

    /** The verdict; beside it the one without disturbed forks, if it is another. */
    String verdict() {
        final String words = all.verdict().words();
        return changes()
                ? words + "; without disturbed JVMs: "
                        + undisturbed.orElseThrow().verdict().words()
                : words;
    }

    /**
     * What disturbed forks mean to a family.
     *
     * @param family as it was asked
     * @param decided as it was decided
     * @param names of its members, in the same order
     * @return a note, if there were any
     */
    static Optional<String> note(final List<Asked> family, final List<TwiceDecided> decided, final List<String> names) {
        if (!anyDisturbed(family)) {
            return Optional.empty();
        }
        final int disturbed = family.stream()
                .mapToInt(member -> member.rows().disturbed())
                .max()
                .orElse(0);
        final int forks = family.stream()
                .mapToInt(member -> member.rows().forks().size())
                .max()
                .orElse(0);
        final String were = disturbed + " of " + forks + " JVMs were disturbed. ";
        if (decided.stream().noneMatch(one -> one.undisturbed().isPresent())) {
            return Optional.of(were + "Too few others remain to decide without them.");
        }
        final List<String> changed = new ArrayList<>();
        for (int i = 0; i < decided.size(); i++) {
            if (decided.get(i).changes()) {
                changed.add(names.get(i));
            }
        }
        return Optional.of(were
                + (changed.isEmpty()
                        ? "Without them every verdict is the same."
                        : "Without them these verdicts are other ones: " + String.join("; ", changed) + "."));
    }
}
