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
import org.gup.bench.stats.Verdict;

/**
 * Some runs against the first one. All comparisons that are made are one family, whichever run they are of.
 *
 * @param baseLabel of the base
 * @param base the first run
 * @param pairs each other run, by the measure that was asked for
 * @param threshold relative difference that is too small to matter
 * @param floor the largest difference of the same code from itself in any of the runs; 0 if no run has such a pair
 * @param tests comparisons in the family
 * @param failures rules that were broken, a sentence for each case
 * @param undecided rules that could not be judged, a sentence for each case
 */
public record RunComparison(
        String baseLabel,
        Run base,
        List<RunPair> pairs,
        double threshold,
        double floor,
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
     */
    public record Wanted(Measure measure, double threshold, List<FailOn> rules) {}

    /**
     * A run under the name that the user gave it.
     *
     * @param label the name
     * @param run the run
     */
    public record Named(String label, Run run) {}

    /** A comparison before the family is decided. */
    private record Candidate(int pair, Measure measure, CaseRows base, CaseRows other) {
        Comparison comparison() {
            return Decisions.compare(measure.of(base), measure.of(other));
        }
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
        final double floor = runs.stream()
                .mapToDouble(named -> AaPair.floor(named.run))
                .max()
                .orElse(0);
        final double threshold = Math.max(wanted.threshold, floor);
        final List<Comparison> family =
                candidates.stream().map(Candidate::comparison).toList();
        final List<Decision> decisions = Decisions.decide(family, threshold);
        final List<Verdict> undisturbed = withoutDisturbed(candidates, decisions, threshold);
        final List<CompareRow> rows = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            final Candidate candidate = candidates.get(i);
            rows.add(new CompareRow(
                    candidate.measure, candidate.base, candidate.other, decisions.get(i), undisturbed.get(i)));
        }
        final List<RunPair> pairs = new ArrayList<>();
        for (int pair = 0; pair < others.size(); pair++) {
            pairs.add(pair(pair, base.run, others.get(pair), candidates, rows, wanted.measure));
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
                threshold,
                floor,
                (int) family.stream().filter(Comparison::hasInterval).count(),
                failures,
                undecided);
    }

    private static void candidates(
            final int pair, final Run base, final Run other, final Wanted wanted, final List<Candidate> candidates) {
        final Map<String, CaseRows> others = byKey(other);
        for (final CaseRows row : base.cases()) {
            final CaseRows same = others.get(row.info().key());
            if (same != null) {
                candidates.add(new Candidate(pair, wanted.measure, row, same));
                wanted.rules.stream()
                        .filter(rule -> rule.measure() != wanted.measure
                                && rule.cases().matches(row.info().id()))
                        .map(FailOn::measure)
                        .distinct()
                        .forEach(measure -> candidates.add(new Candidate(pair, measure, row, same)));
            }
        }
    }

    /** Decides the same family once more without disturbed forks, where enough others are left. */
    private static List<Verdict> withoutDisturbed(
            final List<Candidate> candidates, final List<Decision> decisions, final double threshold) {
        final List<Comparison> family = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            final Candidate candidate = candidates.get(i);
            final List<ForkRow> base = quiet(candidate.base);
            final List<ForkRow> other = quiet(candidate.other);
            final Comparison all = decisions.get(i).comparison();
            if (base.isEmpty() || other.isEmpty()) {
                family.add(all);
                continue;
            }
            final Comparison quiet = new Candidate(
                            candidate.pair,
                            candidate.measure,
                            new CaseRows(candidate.base.info(), base),
                            new CaseRows(candidate.other.info(), other))
                    .comparison();
            family.add(quiet.hasInterval() ? quiet : all);
        }
        return Decisions.decide(family, threshold).stream()
                .map(Decision::verdict)
                .toList();
    }

    private static List<ForkRow> quiet(final CaseRows rows) {
        return rows.forks().stream().filter(fork -> !fork.disturbed()).toList();
    }

    private static RunPair pair(
            final int pair,
            final Run base,
            final Named other,
            final List<Candidate> candidates,
            final List<CompareRow> rows,
            final Measure measure) {
        final List<CompareRow> ofPair = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (candidates.get(i).pair == pair && rows.get(i).measure() == measure) {
                ofPair.add(rows.get(i));
            }
        }
        return new RunPair(
                other.label,
                other.run,
                Comparability.of(base, other.run),
                ofPair,
                lacking(base, other.run),
                lacking(other.run, base));
    }

    private static List<String> lacking(final Run has, final Run lacks) {
        final Map<String, CaseRows> there = byKey(lacks);
        return has.cases().stream()
                .filter(row -> !there.containsKey(row.info().key()))
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
