package org.gup.bench.report;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.layout.Layout;
import org.gup.bench.plan.BenchCase;
import org.gup.bench.plan.Manifest;
import org.gup.bench.plan.Subject;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;

/**
 * What was measured of the first question, case by case, and case against case.
 *
 * <p>Nothing is left out: a disturbed fork counts like any other, and is marked.
 */
public final class Answers {
    private final Map<BenchCase, CaseRows> rows = new LinkedHashMap<>();

    /**
     * The answers of a run.
     *
     * @param run what was measured; cases of other questions are not looked at
     */
    public Answers(final Run run) {
        run.cases().forEach(row -> BenchCase.of(row.info()).ifPresent(benchCase -> rows.putIfAbsent(benchCase, row)));
    }

    /**
     * One row of the table.
     *
     * @param benchCase the case
     * @param rows its forks
     * @param nanos nanoseconds per page
     * @param fastest the fastest iteration of all forks, in nanoseconds per page
     * @param timesBaseline against one atomic add per page; NaN if that was not measured
     */
    public record Row(BenchCase benchCase, CaseRows rows, Estimate nanos, double fastest, double timesBaseline) {}

    /**
     * The rows, in the order of the manifest.
     *
     * @return one for each case
     */
    public List<Row> rows() {
        return rows.entrySet().stream()
                .map(entry -> new Row(
                        entry.getKey(),
                        entry.getValue(),
                        nanos(entry.getKey()),
                        entry.getValue().scores().stream()
                                .flatMapToDouble(Arrays::stream)
                                .min()
                                .orElseThrow(),
                        timesBaseline(entry.getValue())))
                .toList();
    }

    /** Each fork against the baseline of its own machine. */
    private double timesBaseline(final CaseRows ofCase) {
        final CaseRows baseline = rows.get(BenchCase.baseline());
        if (baseline == null) {
            return Double.NaN;
        }
        return ofCase.forks().stream()
                .mapToDouble(fork -> fork.mean()
                        / baseline.forks().stream()
                                .filter(other -> other.machine() == fork.machine())
                                .mapToDouble(ForkRow::mean)
                                .average()
                                .orElse(Double.NaN))
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }

    /**
     * Whether a case was measured.
     *
     * @param benchCase a case
     * @return true if there is a fork of it
     */
    public boolean has(final BenchCase benchCase) {
        return rows.containsKey(benchCase);
    }

    /**
     * Nanoseconds per page.
     *
     * @param benchCase a measured case
     * @return the estimate
     */
    public Estimate nanos(final BenchCase benchCase) {
        return Estimates.mean(of(benchCase).scores());
    }

    /**
     * One case against another, paired by round and machine where both ran there.
     *
     * @param numerator the one
     * @param denominator the other
     * @return the ratio
     */
    public Estimate ratio(final BenchCase numerator, final BenchCase denominator) {
        return Ratios.of(of(numerator), of(denominator));
    }

    /**
     * The fast case that the answer is about: 512 base pages in one call, or a dump if there is nothing else.
     *
     * @return the case, if anything was got fast
     */
    public Optional<BenchCase> headlineFast() {
        return walkOf512()
                .or(() -> rows.keySet().stream()
                        .filter(benchCase -> benchCase.subject() == Subject.GET_FAST)
                        .findFirst());
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
                .filter(rows::containsKey);
    }

    /**
     * Fast cases that have a slow sibling.
     *
     * @return in the order of the manifest
     */
    public List<BenchCase> comparedFast() {
        return rows.keySet().stream()
                .filter(benchCase -> benchCase.subject() == Subject.GET_FAST
                        && benchCase.twin().isEmpty())
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
                .filter(rows::containsKey);
    }

    /**
     * The forks of a case.
     *
     * @param benchCase a measured case
     * @return in the order in which they ran
     */
    public CaseRows of(final BenchCase benchCase) {
        final CaseRows ofCase = rows.get(benchCase);
        if (ofCase == null) {
            throw new IllegalArgumentException("not measured: " + benchCase.id());
        }
        return ofCase;
    }

    /**
     * A counter of a case.
     *
     * @param benchCase a measured case
     * @param counter its name
     * @return the sum over all forks
     */
    long sum(final BenchCase benchCase, final String counter) {
        return of(benchCase).forks().stream()
                .mapToLong((final ForkRow fork) -> fork.counter(counter))
                .sum();
    }
}
