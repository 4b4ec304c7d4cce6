package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.gup.bench.paired.CheckForks;
import org.gup.bench.paired.CheckLadder;
import org.gup.bench.paired.CheckLadder.Role;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Verdict;
import org.gup.bench.text.Numbers;

/**
 * The comparisons of one ladder and size of call, decided as one family: a difference counts if it is significant, above 1 %, and
 * above what the same walk differs by from itself.
 *
 * @param rows each comparison that was measured
 * @param floor what the same walk differs by from itself, relative
 * @param disturbance what disturbed forks mean to the verdicts, if there were any
 */
record CheckDecisions(List<Row> rows, double floor, Optional<String> disturbance) {
    private static final double THRESHOLD = 0.01;

    CheckDecisions {
        rows = List.copyOf(rows);
    }

    /**
     * A comparison, decided.
     *
     * @param asked the question
     * @param measured the case of its arm
     * @param decided over all forks, and without the disturbed ones
     */
    record Row(CheckLadder.Comparison asked, CaseRows measured, TwiceDecided decided) {
        Decision decision() {
            return decided.all();
        }

        Comparison comparison() {
            return decision().comparison();
        }

        /** The verdict; beside it the other one, if the disturbed forks make a difference to it. */
        String verdict() {
            return decided.verdict();
        }

        /** Such as {@code +4.2 % [+3.8, +4.6], slower}. */
        String sentence() {
            final String change =
                    String.format(Locale.ROOT, "%+.1f %%", (comparison().ratio() - 1) * 100);
            if (decision().verdict() == Verdict.TOO_FEW_FORKS) {
                return change + ", too few forks to decide";
            }
            return change
                    + String.format(
                            Locale.ROOT,
                            " [%+.1f, %+.1f], ",
                            (comparison().low() - 1) * 100,
                            (comparison().high() - 1) * 100)
                    + verdict()
                    + (decision().verdict() == Verdict.NO_DIFFERENCE
                            ? " (smallest detectable "
                                    + Numbers.share(decision().detectable()) + ")"
                            : "");
        }
    }

    /** Sizes of call that a run has measured of a ladder, the largest first. */
    static List<Integer> sizes(final Run run, final CheckLadder ladder) {
        return run.cases().stream()
                .map(CaseRows::info)
                .filter(info -> info.id().startsWith(ladder.id() + "/"))
                .map(info -> Integer.parseInt(info.params().getOrDefault("pagesPerCall", "0")))
                .distinct()
                .sorted((one, other) -> Integer.compare(other, one))
                .toList();
    }

    /** Decides what a run has measured. */
    static CheckDecisions of(final Run run, final CheckLadder ladder, final int pagesPerCall) {
        final List<CheckLadder.Comparison> asked = new ArrayList<>();
        final List<TwiceDecided.Asked> family = new ArrayList<>();
        for (final CheckLadder.Comparison comparison : ladder.comparisons()) {
            run.find(CheckForks.caseId(ladder, comparison.arm(), pagesPerCall)).ifPresent(rows -> {
                final TwiceDecided.Asked member = new TwiceDecided.Asked(
                        rows, fork -> fork.counters().getOrDefault(CheckForks.RATIO + comparison.id(), Double.NaN));
                if (member.ratios(fork -> true).length > 0) {
                    asked.add(comparison);
                    family.add(member);
                }
            });
        }
        final List<TwiceDecided> decided =
                TwiceDecided.decide(family, comparisons -> Math.max(THRESHOLD, floor(asked, comparisons)));
        final List<Row> rows = new ArrayList<>();
        for (int i = 0; i < asked.size(); i++) {
            rows.add(new Row(asked.get(i), family.get(i).rows(), decided.get(i)));
        }
        return new CheckDecisions(
                rows,
                floor(asked, rows.stream().map(Row::comparison).toList()),
                TwiceDecided.note(
                        family,
                        decided,
                        asked.stream().map(CheckLadder.Comparison::question).toList()));
    }

    /** How much the same walk differs from itself: the larger difference of the pairs. */
    private static double floor(final List<CheckLadder.Comparison> asked, final List<Comparison> family) {
        double floor = 0;
        for (int i = 0; i < asked.size(); i++) {
            if (asked.get(i).role() == Role.SAME_TWICE) {
                floor = Math.max(
                        floor, Math.expm1(Math.abs(Math.log(family.get(i).ratio()))));
            }
        }
        return floor;
    }

    /** The comparison of an id, if it was measured. */
    Optional<Row> find(final String id) {
        return rows.stream().filter(row -> row.asked().id().equals(id)).findFirst();
    }

    /** A sentence about a comparison, if it was measured. */
    Optional<String> sentence(final String id, final String subject) {
        return find(id).map(row -> subject + ": " + row.sentence() + ".");
    }
}
