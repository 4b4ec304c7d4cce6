package org.gup.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.chart.AxisKind;
import org.gup.bench.chart.ChartModel.Intervals;
import org.gup.bench.chart.ChartModel.Mark;
import org.gup.bench.count.CountForks;
import org.gup.bench.count.Operation;
import org.gup.bench.count.Walk;
import org.gup.bench.report.Section.Figure;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;

/** What calls do to memory, counted: costs without noise. */
final class CountSection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<CaseRows> walks = Arrays.stream(Walk.values())
                .flatMap(walk -> run.find(walk.id()).stream())
                .toList();
        final List<CaseRows> migrations = new CountForks()
                .cases(1).stream()
                        .filter(info -> info.id().startsWith(CountForks.MIGRATE))
                        .flatMap(info -> run.find(info.id()).stream())
                        .toList();
        final List<CaseRows> rows = new ArrayList<>(walks);
        rows.addAll(migrations);
        if (rows.isEmpty()) {
            return List.of();
        }
        final List<Table> tables = new ArrayList<>();
        if (!walks.isEmpty()) {
            tables.add(new Table("For each page of a walk, and for each call", walks(walks)));
        }
        if (!migrations.isEmpty()) {
            tables.add(new Table(
                    "Calls that migrate, for each page moved (for each page asked for if none moves)",
                    moves(migrations)));
        }
        return List.of(new Section(
                "operation-counts",
                "What do the calls do?",
                answers(run),
                List.of(new Figure(
                        "operation-locked",
                        "Locked operations for each page asked for.",
                        new Intervals(
                                "Locked operations per page",
                                AxisKind.LOG,
                                Double.NaN,
                                0,
                                rows.stream()
                                        .map(row -> new Intervals.Row(row.info().label(), 0, mark(row)))
                                        .toList()))),
                tables,
                List.of(
                        "Counted at every access to memory, not timed: the same on every machine. A locked operation is an atomic"
                                + " read-modify-write or a store with a full fence. Stores into the caller's array are not counted.",
                        "Linux 5.2 does 2 locked operations (reference, PG_referenced) and about 5 loads for each 4 KiB page of the fast"
                                + " walk, 2 for a huge leaf. The model tests PG_referenced before it sets it, which leaves 1 for a page"
                                + " in use.",
                        "A TLB flush is one round of interrupts to the other CPUs that run the process, in a kernel; in the model it"
                                + " costs nothing. A drain is work on every CPU. A page lock is a page flag: the seam does not tell"
                                + " one from another. Locked operations of the calls that migrate include the first pin and the"
                                + " second.")));
    }

    private static Mark mark(final CaseRows row) {
        final double locked = row.forks().get(0).mean();
        return Marks.counted(row, locked);
    }

    private static Map<String, Double> counters(final CaseRows row) {
        return row.forks().get(0).counters();
    }

    private static TextTable walks(final List<CaseRows> walks) {
        final TextTable table = new TextTable(1, header("call"));
        for (final CaseRows row : walks) {
            final double pages = counters(row).getOrDefault(CountForks.PAGES, 1.0);
            final List<String> page = new ArrayList<>(List.of(row.info().label() + ": each page"));
            final List<String> call = new ArrayList<>(List.of(row.info().label() + ": each call"));
            for (final Operation operation : Operation.values()) {
                final double each = counters(row).getOrDefault(CountForks.PAGE + operation.counter(), 0.0);
                final double all = counters(row).getOrDefault(CountForks.CALL + operation.counter(), 0.0);
                page.add(count(each));
                call.add(count(all - pages * each));
            }
            table.row(page.toArray(String[]::new));
            table.row(call.toArray(String[]::new));
        }
        return table;
    }

    private static TextTable moves(final List<CaseRows> migrations) {
        final TextTable table = new TextTable(1, header("call", "pages", "moved"));
        for (final CaseRows row : migrations) {
            final double pages = counters(row).getOrDefault(CountForks.PAGES, 1.0);
            final double moved = counters(row).getOrDefault(CountForks.MOVED, 0.0);
            final List<String> cells = new ArrayList<>(List.of(row.info().label(), count(pages), count(moved)));
            for (final Operation operation : Operation.values()) {
                cells.add(count(counters(row).getOrDefault(CountForks.CALL + operation.counter(), 0.0)
                        / (moved == 0 ? pages : moved)));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static String[] header(final String... first) {
        final List<String> header = new ArrayList<>(List.of(first));
        for (final Operation operation : Operation.values()) {
            header.add(operation.label());
        }
        return header.toArray(String[]::new);
    }

    /** A whole number as one; a dash for none. */
    private static String count(final double value) {
        if (value == 0) {
            return "-";
        }
        return value == Math.rint(value) ? Numbers.count((long) value) : Numbers.number(value);
    }

    private static List<String> answers(final Run run) {
        final List<String> answers = new ArrayList<>();
        final Optional<CaseRows> fast = run.find(Walk.FAST.id());
        final Optional<CaseRows> slow = run.find(Walk.SLOW.id());
        if (fast.isPresent() && slow.isPresent()) {
            answers.add("A 4 KiB page costs the fast walk " + page(fast.get(), Operation.LOCKED) + " locked, "
                    + loads(fast.get()) + " loads and no lock; the slow walk " + page(slow.get(), Operation.LOCKED)
                    + " locked, " + loads(slow.get()) + " loads and " + page(slow.get(), Operation.TABLE_LOCKS)
                    + " page-table lock.");
        }
        run.find(CountForks.MIGRATE + "slow-100")
                .ifPresent(row -> answers.add("A page that a long-term pin moves out of CMA costs "
                        + moved(row, Operation.LOCKED) + " locked operations, " + moved(row, Operation.FLUSHES)
                        + " TLB flush, "
                        + moved(row, Operation.ALLOCATIONS) + " allocation and " + moved(row, Operation.COPIES)
                        + " copy of 4 KiB, both pins included."));
        run.find(CountForks.MIGRATE + "huge")
                .ifPresent(row -> answers.add("A huge page costs "
                        + moved(row, Operation.FLUSHES) + " TLB flush, and "
                        + moved(row, Operation.COPIES) + " copies"
                        + run.find(CountForks.MIGRATE + "huge-entries")
                                .map(entries ->
                                        "; mapped by 512 entries, " + moved(entries, Operation.FLUSHES) + " flushes")
                                .orElse("")
                        + "."));
        return answers;
    }

    private static String page(final CaseRows row, final Operation operation) {
        return count(counters(row).getOrDefault(CountForks.PAGE + operation.counter(), 0.0));
    }

    private static String loads(final CaseRows row) {
        return count(counters(row).getOrDefault(CountForks.PAGE + Operation.ENTRY_LOADS.counter(), 0.0)
                + counters(row).getOrDefault(CountForks.PAGE + Operation.PAGE_LOADS.counter(), 0.0));
    }

    private static String moved(final CaseRows row, final Operation operation) {
        return count(counters(row).getOrDefault(CountForks.CALL + operation.counter(), 0.0)
                / counters(row).getOrDefault(CountForks.MOVED, 1.0));
    }
}
