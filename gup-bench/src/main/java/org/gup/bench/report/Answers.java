package org.gup.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.PlannedCase;
import org.gup.bench.plan.Subject;
import org.gup.bench.run.ForkResult;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;

/**
 * What was measured, case by case, and case against case.
 *
 * <p>Nothing is left out: a disturbed fork counts like any other, and is marked.
 */
public final class Answers {
    private final Map<BenchCase, List<ForkResult>> forks = new LinkedHashMap<>();
    private final int cpus;

    /**
     * The answers of a run.
     *
     * @param cases what was planned, in the order of the tables
     * @param results what was measured, at least one fork of each case
     * @param cpus processors of the machine
     */
    public Answers(final List<PlannedCase> cases, final List<ForkResult> results, final int cpus) {
        this.cpus = cpus;
        for (final PlannedCase planned : cases) {
            forks.put(planned.benchCase(), new ArrayList<>());
        }
        for (final ForkResult result : results) {
            final List<ForkResult> ofCase = forks.get(result.forkRun().benchCase());
            if (ofCase == null) {
                throw new IllegalArgumentException(
                        "not planned: " + result.forkRun().benchCase().id());
            }
            ofCase.add(result);
        }
        forks.forEach((benchCase, ofCase) -> {
            if (ofCase.isEmpty()) {
                throw new IllegalArgumentException("not measured: " + benchCase.id());
            }
        });
    }

    /**
     * One row of the table.
     *
     * @param benchCase the case
     * @param nanos nanoseconds per page
     * @param fastest the fastest iteration of all forks, in nanoseconds per page
     * @param timesBaseline against one atomic add per page
     * @param disturbed forks that may have been disturbed
     */
    public record Row(BenchCase benchCase, Estimate nanos, double fastest, double timesBaseline, int disturbed) {}

    /**
     * The rows, in the order of the manifest.
     *
     * @return one for each case
     */
    public List<Row> rows() {
        final double baseline = nanos(BenchCase.baseline()).value();
        return forks.keySet().stream()
                .map(benchCase -> new Row(
                        benchCase,
                        nanos(benchCase),
                        of(benchCase).stream()
                                .flatMapToDouble(fork -> Arrays.stream(fork.iterations()))
                                .min()
                                .orElseThrow(),
                        nanos(benchCase).value() / baseline,
                        (int) of(benchCase).stream()
                                .filter(fork -> !fork.disturbances(cpus).isEmpty())
                                .count()))
                .toList();
    }

    /**
     * Nanoseconds per page.
     *
     * @param benchCase a measured case
     * @return the estimate
     */
    public Estimate nanos(final BenchCase benchCase) {
        return Estimates.mean(of(benchCase).stream().map(ForkResult::iterations).toList());
    }

    /**
     * One case against another, paired by round where both ran in it.
     *
     * @param numerator the one
     * @param denominator the other
     * @return the ratio
     */
    public Estimate ratio(final BenchCase numerator, final BenchCase denominator) {
        final Map<Integer, Double> ones = meansByRound(numerator);
        final Map<Integer, Double> others = meansByRound(denominator);
        final int[] rounds = ones.keySet().stream()
                .filter(others::containsKey)
                .mapToInt(Integer::intValue)
                .sorted()
                .toArray();
        if (rounds.length == 0) {
            return Estimates.pairedRatio(
                    new double[] {nanos(numerator).value()},
                    new double[] {nanos(denominator).value()});
        }
        return Estimates.pairedRatio(
                Arrays.stream(rounds)
                        .mapToDouble(round -> ones.getOrDefault(round, Double.NaN))
                        .toArray(),
                Arrays.stream(rounds)
                        .mapToDouble(round -> others.getOrDefault(round, Double.NaN))
                        .toArray());
    }

    private Map<Integer, Double> meansByRound(final BenchCase benchCase) {
        final Map<Integer, Double> means = new LinkedHashMap<>();
        of(benchCase).forEach(fork -> means.put(fork.forkRun().round(), fork.mean()));
        return means;
    }

    /**
     * The fast case that the answer is about: 512 base pages in one call, or a dump if there is nothing else.
     *
     * @return the case
     */
    public BenchCase headlineFast() {
        return walkOf512()
                .or(() -> forks.keySet().stream()
                        .filter(benchCase -> benchCase.subject() == Subject.GET_FAST)
                        .findFirst())
                .orElseThrow(() -> new IllegalArgumentException("nothing was got fast"));
    }

    /**
     * The same case with another subject.
     *
     * @param benchCase a case
     * @param subject the other subject
     * @return the other case, if it was measured
     */
    public Optional<BenchCase> sibling(final BenchCase benchCase, final Subject subject) {
        return Optional.of(new BenchCase(
                        subject,
                        benchCase.layout(),
                        benchCase.pagesPerCall(),
                        benchCase.guard(),
                        benchCase.access(),
                        benchCase.operations()))
                .filter(forks::containsKey);
    }

    /**
     * Fast cases that have a slow sibling.
     *
     * @return in the order of the manifest
     */
    public List<BenchCase> comparedFast() {
        return forks.keySet().stream()
                .filter(benchCase -> benchCase.subject() == Subject.GET_FAST)
                .filter(benchCase -> sibling(benchCase, Subject.GET_SLOW).isPresent())
                .toList();
    }

    /**
     * Whether the walk of 512 base pages in one call was measured.
     *
     * @return the case, if it was
     */
    public Optional<BenchCase> walkOf512() {
        return Optional.of(BenchCase.synthetic(Subject.GET_FAST, Layout.BASE_PAGES, Manifest.HEADLINE_PAGES))
                .filter(forks::containsKey);
    }

    /**
     * The forks of a case.
     *
     * @param benchCase a measured case
     * @return in the order in which they ran
     */
    public List<ForkResult> of(final BenchCase benchCase) {
        final List<ForkResult> ofCase = forks.get(benchCase);
        if (ofCase == null) {
            throw new IllegalArgumentException("not measured: " + benchCase.id());
        }
        return ofCase;
    }

    /**
     * Every fork.
     *
     * @return by case
     */
    public List<ForkResult> all() {
        return forks.values().stream().flatMap(List::stream).toList();
    }

    /**
     * Processors of the machine.
     *
     * @return at least 1
     */
    public int cpus() {
        return cpus;
    }
}
