package org.gup.bench.compare;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Comparison;
import org.gup.bench.stats.Decision;
import org.gup.bench.stats.Decisions;
import org.gup.bench.text.Glob;

/**
 * Some runs against the first one. All comparisons that are made are one family, whichever run they are of.
 *
 * @param baseLabel of the base
 * @param base the first run
 * @param pairs each other run, by the measure that was asked for
 * @param wanted what was asked
 * @param floors what the same code differed by from itself
 * @param tests comparisons in the family
 * @param failures rules that were broken, a sentence for each case
 * @param undecided rules that could not be judged, a sentence for each case
 */
public record RunComparison(
        String baseLabel,
        Run base,
        List<RunPair> pairs,
        Wanted wanted,
        Floors floors,
        int tests,
        List<String> failures,
        List<String> undecided) {
    /** Copies the lists. */
    public RunComparison {
        pairs = List.copyOf(pairs);
        failures = List.copyOf(failures);
        undecided = List.copyOf(undecided);
    }

    /**
     * What is wanted.
     *
     * @param measure what stands for a fork in the tables
     * @param threshold relative difference that is too small to matter
     * @param rules that fail a build
     * @param only patterns of cases to compare; all of them if there is none
     */
    public record Wanted(Measure measure, double threshold, List<FailOn> rules, List<Glob> only) {
        /** Copies the lists. */
        public Wanted {
            rules = List.copyOf(rules);
            only = List.copyOf(only);
        }

        boolean includes(final CaseRows rows) {
            return only.isEmpty()
                    || only.stream().anyMatch(glob -> glob.matches(rows.info().id()));
        }
    }

    /**
     * A run under the name that the user gave it.
     *
     * @param label the name
     * @param run the run
     */
    public record Named(String label, Run run) {}

    /** A comparison before the family is decided. */
    private record Candidate(int pair, Quantity quantity, Measure measure, CaseRows base, CaseRows other) {
        Comparison comparison() {
            return Decisions.compare(quantity.of(base, measure), quantity.of(other, measure));
        }

        /** The same without disturbed forks; itself, where too few others are left. */
        Comparison undisturbed(final Comparison all) {
            final List<ForkRow> quietBase = quiet(base);
            final List<ForkRow> quietOther = quiet(other);
            if (quietBase.isEmpty() || quietOther.isEmpty()) {
                return all;
            }
            final Candidate quiet = new Candidate(
                    pair,
                    quantity,
                    measure,
                    new CaseRows(base.info(), quietBase),
                    new CaseRows(other.info(), quietOther));
            if (quantity.of(quiet.base, measure).length == 0 || quantity.of(quiet.other, measure).length == 0) {
                return all;
            }
            final Comparison comparison = quiet.comparison();
            return comparison.hasInterval() ? comparison : all;
        }

        private static List<ForkRow> quiet(final CaseRows rows) {
            return rows.forks().stream().filter(fork -> !fork.disturbed()).toList();
        }
    }

    /**
     * How large a difference must be to count.
     *
     * @param quantity of what
     * @return relative
     */
    public double threshold(final Quantity quantity) {
        return floors.threshold(wanted.threshold, quantity);
    }

    /**
     * Compares.
     *
     * @param runs the base and at least one other
     * @param wanted what is asked
     * @return what came out
     */
    public static RunComparison of(final List<Named> runs, final Wanted wanted) {
        final Named base = runs.get(0);
        final List<Named> others = runs.subList(1, runs.size());
        final List<Candidate> candidates = new ArrayList<>();
        for (int pair = 0; pair < others.size(); pair++) {
            candidates(pair, base.run, others.get(pair).run, wanted, candidates);
        }
        final Floors floors = Floors.of(runs.stream().map(named -> named.run).toList());
        final double[] thresholds = candidates.stream()
                .mapToDouble(candidate -> floors.threshold(wanted.threshold, candidate.quantity))
                .toArray();
        final List<Comparison> family =
                candidates.stream().map(Candidate::comparison).toList();
        final List<Decision> decisions = decide(family, thresholds);
        final List<Comparison> quietFamily = new ArrayList<>();
        for (int i = 0; i < family.size(); i++) {
            quietFamily.add(candidates.get(i).undisturbed(family.get(i)));
        }
        final List<Decision> undisturbed = decide(quietFamily, thresholds);
        final List<CompareRow> rows = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            final Candidate candidate = candidates.get(i);
            rows.add(new CompareRow(
                    candidate.quantity,
                    candidate.measure,
                    candidate.base,
                    candidate.other,
                    decisions.get(i),
                    undisturbed.get(i).verdict()));
        }
        final List<RunPair> pairs = new ArrayList<>();
        for (int pair = 0; pair < others.size(); pair++) {
            pairs.add(pair(pair, base.run, others.get(pair), candidates, rows, wanted));
        }
        final List<String> failures = new ArrayList<>();
        final List<String> undecided = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            judge(others.get(candidates.get(i).pair).label, rows.get(i), wanted.rules, failures, undecided);
        }
        return new RunComparison(
                base.label,
                base.run,
                pairs,
                wanted,
                floors,
                (int) family.stream().filter(Comparison::hasInterval).count(),
                failures,
                undecided);
    }

    private static void candidates(
            final int pair, final Run base, final Run other, final Wanted wanted, final List<Candidate> candidates) {
        final Map<String, CaseRows> others = byKey(other);
        for (final CaseRows row : base.cases()) {
            final CaseRows same = others.get(row.info().key());
            if (same == null || !Quantity.isTimed(row) || !wanted.includes(row)) {
                continue;
            }
            final List<Quantity> theirs = Quantity.of(same);
            for (final Quantity quantity : Quantity.of(row)) {
                if (theirs.contains(quantity)
                        && quantity.of(row, wanted.measure).length > 0
                        && quantity.of(same, wanted.measure).length > 0) {
                    candidates.add(new Candidate(pair, quantity, wanted.measure, row, same));
                }
            }
            final Quantity score = Quantity.of(row).get(0);
            wanted.rules.stream()
                    .filter(rule -> rule.measure() != wanted.measure
                            && rule.cases().matches(row.info().id()))
                    .map(FailOn::measure)
                    .distinct()
                    .forEach(measure -> candidates.add(new Candidate(pair, score, measure, row, same)));
        }
    }

    /** Decides a family whose members differ in how large a difference must be. */
    private static List<Decision> decide(final List<Comparison> family, final double[] thresholds) {
        final Map<Double, List<Decision>> byThreshold = new LinkedHashMap<>();
        final List<Decision> decisions = new ArrayList<>();
        for (int i = 0; i < family.size(); i++) {
            decisions.add(byThreshold
                    .computeIfAbsent(thresholds[i], threshold -> Decisions.decide(family, threshold))
                    .get(i));
        }
        return decisions;
    }

    private static List<CountRow> counts(final Run base, final Run other, final Wanted wanted) {
        final Map<String, CaseRows> others = byKey(other);
        final List<CountRow> rows = new ArrayList<>();
        for (final CaseRows row : base.cases()) {
            final CaseRows same = others.get(row.info().key());
            if (same != null && !Quantity.isTimed(row) && wanted.includes(row)) {
                rows.add(CountRow.of(row, same));
            }
        }
        return rows;
    }

    private static RunPair pair(
            final int pair,
            final Run base,
            final Named other,
            final List<Candidate> candidates,
            final List<CompareRow> rows,
            final Wanted wanted) {
        final List<CompareRow> ofPair = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (candidates.get(i).pair == pair && rows.get(i).measure() == wanted.measure) {
                ofPair.add(rows.get(i));
            }
        }
        return new RunPair(
                other.label,
                other.run,
                Comparability.of(base, other.run),
                ofPair,
                counts(base, other.run, wanted),
                lacking(base, other.run, wanted),
                lacking(other.run, base, wanted));
    }

    private static List<String> lacking(final Run has, final Run lacks, final Wanted wanted) {
        final Map<String, CaseRows> there = byKey(lacks);
        return has.cases().stream()
                .filter(row ->
                        wanted.includes(row) && !there.containsKey(row.info().key()))
                .map(row -> row.info().id())
                .toList();
    }

    private static Map<String, CaseRows> byKey(final Run run) {
        final Map<String, CaseRows> rows = new LinkedHashMap<>();
        run.cases().forEach(row -> rows.putIfAbsent(row.info().key(), row));
        return rows;
    }

    private static void judge(
            final String label,
            final CompareRow row,
            final List<FailOn> rules,
            final List<String> failures,
            final List<String> undecided) {
        final Decision decision = row.decision();
        final Comparison comparison = decision.comparison();
        final Map<String, Double> broken = new TreeMap<>();
        for (final FailOn rule : rules) {
            if (rule.measure() != row.measure() || !rule.cases().matches(row.id())) {
                continue;
            }
            final boolean large = comparison.ratio() > 1 + rule.limit();
            final boolean significant = comparison.hasInterval() && decision.adjustedP() < Decisions.ALPHA;
            if (large && significant) {
                broken.put(rule.text(), rule.limit());
            } else if (!comparison.hasInterval() || (!significant && comparison.high() > 1 + rule.limit())) {
                undecided.add(label + ", " + row.id() + ": '" + rule.text() + "' cannot be decided: "
                        + (comparison.hasInterval()
                                ? "the interval reaches " + Texts.change(comparison.high())
                                : "fewer than three forks"));
            }
        }
        broken.forEach((rule, limit) ->
                failures.add(label + ", " + row.id() + ": " + row.measure().word() + " "
                        + Texts.change(comparison.ratio()) + " " + Texts.interval(comparison) + ", '" + rule + "'"));
    }
}
