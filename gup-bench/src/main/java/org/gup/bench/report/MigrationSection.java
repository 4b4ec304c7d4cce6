package org.gup.bench.report;

import static org.gup.bench.report.MigrationTables.counter;
import static org.gup.bench.report.MigrationTables.firstPin;
import static org.gup.bench.report.MigrationTables.phase;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Curves;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Stack;
import org.gup.bench.count.CountForks;
import org.gup.bench.count.Operation;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimate;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;
import org.gup.migrate.MigrationPhase;

/** The second question: what does migration cost? */
final class MigrationSection implements Section.Source {
    /** What a real kernel takes to migrate a page, in copies of a page. */
    private static final String KERNEL = "13 to 25";

    private final WhatIf whatIf;

    MigrationSection() {
        this(WhatIf.NOTHING);
    }

    /** With prices that the reader supposes. */
    MigrationSection(final WhatIf whatIf) {
        this.whatIf = whatIf;
    }

    @Override
    public List<Section> of(final Run run) {
        final List<CaseRows> rows = new MigrationForks(1)
                .cases(1).stream().flatMap(info -> run.find(info.id()).stream()).toList();
        if (rows.isEmpty()) {
            return List.of();
        }
        final List<Figure> figures = new ArrayList<>();
        shares(run).ifPresent(figures::add);
        phases(rows).ifPresent(figures::add);
        figures.add(new Figure(
                "migration-costs",
                "Every call: nanoseconds for each page asked for. A point leads to its raw rows.",
                new Intervals(
                        "Nanoseconds per page",
                        AxisKind.LOG,
                        Double.NaN,
                        0,
                        rows.stream()
                                .map(row -> new Intervals.Row(row.info().label(), 0, Marks.of(row)))
                                .toList())));
        final List<Table> tables = new ArrayList<>();
        tables.add(new Table("Calls", MigrationTables.calls(rows)));
        tables.add(new Table("Phases, in ns/page and as shares of their sum", MigrationTables.phases(rows)));
        MigrationTables.failures(rows).ifPresent(table -> tables.add(new Table("Why pages stayed", table)));
        final List<String> answers = answers(run);
        if (whatIf.isSupposed()) {
            MigrationTables.whatIf(run, rows, whatIf)
                    .ifPresent(table -> tables.add(new Table("What if flushes and drains had a price", table)));
            answers.add(supposed(run));
        }
        return List.of(new Section(
                "migration-cost",
                "What does migration cost?",
                answers,
                figures,
                tables,
                List.of(
                        "Each sample maps its pages anew, some of them in a contiguous memory area (CMA), times one call alone, and"
                                + " checks contents, counters and where the pages lie now.",
                        "Phases are timed by one stamp at each border, in calls of their own. Each is a median over the samples, what the"
                                + " stamps cost is in them, and so their sum need not be the whole that was measured without them:"
                                + " the table has the quotient. The chart has six colours: it shows isolating, putting, draining and"
                                + " putting back as one part, and remapping with the second pin; the table has them apart.",
                        "Why pages stayed comes from one more call of each kind, not timed. A page that stays is tried ten times.",
                        "A model has no TLB shootdown and no work on other CPUs: a kernel's drain of all pagevecs and its"
                                + " interrupts come on top. Kernel: a migration costs " + KERNEL
                                + " copies of a page (compaction, Linux 6.18).")));
    }

    private static Optional<CaseRows> find(final Run run, final String scenario) {
        return run.find(MigrationForks.PREFIX + scenario);
    }

    private static Optional<Figure> shares(final Run run) {
        final List<Curves.Point> points = new ArrayList<>();
        for (final int share : new int[] {0, 1, 10, 50, 100}) {
            find(run, "slow-" + share).ifPresent(row -> points.add(new Curves.Point(share, Marks.of(row))));
        }
        return points.size() < 2
                ? Optional.empty()
                : Optional.of(new Figure(
                        "migration-shares",
                        "get_user_pages(FOLL_LONGTERM) of 512 pages, by how many of them are in CMA.",
                        new Curves(
                                "Nanoseconds per page, by share in CMA",
                                "% of the pages in CMA",
                                AxisKind.LINEAR,
                                AxisKind.LINEAR,
                                List.of(new Curves.Series("512 base pages", 0, points)))));
    }

    /** The palette has six colours: what is short or seldom is one part. */
    private static final List<String> PARTS =
            List.of("first pin", "isolate, put, drain", "allocate", "unmap", "copy", "remap, pin again");

    private static Optional<Figure> phases(final List<CaseRows> rows) {
        final List<Stack.Bar> bars = rows.stream()
                .filter(row -> counter(row, "migrated") + counter(row, "failed") > 0)
                .filter(row -> Integer.parseInt(row.info().params().getOrDefault("pagesPerCall", "0")) >= 64)
                .map(row -> new Stack.Bar(row.info().label(), parts(row), Marks.of(row)))
                .toList();
        return bars.isEmpty()
                ? Optional.empty()
                : Optional.of(new Figure(
                        "migration-phases",
                        "Where the time goes: the parts, each stamped, against the whole without stamps.",
                        new Stack("Nanoseconds per page, by phase", PARTS, bars)));
    }

    private static List<Double> parts(final CaseRows row) {
        return List.of(
                firstPin(row),
                phase(row, MigrationPhase.ISOLATE)
                        + phase(row, MigrationPhase.PUT)
                        + phase(row, MigrationPhase.DRAIN)
                        + phase(row, MigrationPhase.PUTBACK),
                phase(row, MigrationPhase.ALLOCATE),
                phase(row, MigrationPhase.UNMAP),
                phase(row, MigrationPhase.COPY),
                phase(row, MigrationPhase.REMAP) + phase(row, MigrationPhase.REPIN));
    }

    private static List<String> answers(final Run run) {
        final List<String> answers = new ArrayList<>();
        final Optional<CaseRows> all = find(run, "slow-100");
        final Optional<CaseRows> none = find(run, "slow-0");
        if (all.isPresent() && none.isPresent()) {
            final Estimate times = Ratios.of(all.get(), none.get());
            answers.add("A long-term pin whose pages must all leave CMA costs "
                    + Numbers.withBounds(Estimates.mean(all.get().scores())) + " ns a page, "
                    + Numbers.withBounds(times) + " times one that migrates nothing.");
            final double[] copies = all.get().forks().stream()
                    .mapToDouble(
                            fork -> extra(fork, none.get()) / fork.counters().getOrDefault("copyColdNanos", Double.NaN))
                    .filter(ratio -> !Double.isNaN(ratio))
                    .toArray();
            if (copies.length > 0) {
                answers.add("A page's migration costs "
                        + Numbers.number(Arrays.stream(copies).average().orElse(Double.NaN))
                        + " copies of a page; in a real kernel, " + KERNEL + ".");
            }
        }
        find(run, "held")
                .ifPresent(held -> answers.add("A page that somebody else holds is tried ten times, for "
                        + Numbers.withBounds(Estimates.mean(held.scores())) + " ns, and stays in CMA."));
        return answers;
    }

    /** The answer with prices for what the model does not feel. */
    private String supposed(final Run run) {
        final Optional<CaseRows> moved = find(run, "slow-100");
        final Optional<Double> flushes = moved.flatMap(row -> MigrationTables.perPage(run, row, Operation.FLUSHES));
        final Optional<Double> drains = moved.flatMap(row -> MigrationTables.perPage(run, row, Operation.DRAINS));
        if (moved.isEmpty() || flushes.isEmpty() || drains.isEmpty()) {
            return "What if flushes and drains had a price? This run has not counted them (cases " + CountForks.MIGRATE
                    + "*), so it cannot say.";
        }
        final double measured = Estimates.mean(moved.get().scores()).value();
        final double whole = measured + flushes.get() * whatIf.ipiNanos() + drains.get() * whatIf.drainNanos();
        return "If a TLB flush cost " + Numbers.number(whatIf.ipiNanos()) + " ns and a drain of all CPUs "
                + Numbers.number(whatIf.drainNanos()) + " ns, a page that leaves CMA would cost "
                + Numbers.number(whole)
                + " ns, " + Numbers.number(whole / measured) + " times as much as measured.";
    }

    /** What a fork's migration of a page adds to its pin. */
    private static double extra(final ForkRow fork, final CaseRows none) {
        return none.forks().stream()
                .filter(other -> other.round() == fork.round() && other.machine() == fork.machine())
                .mapToDouble(other -> fork.mean() - other.mean())
                .findFirst()
                .orElse(Double.NaN);
    }
}
