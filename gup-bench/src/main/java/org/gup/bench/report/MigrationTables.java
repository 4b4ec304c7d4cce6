package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.gup.bench.count.CountForks;
import org.gup.bench.count.Operation;
import org.gup.bench.migration.MigrationForks;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.ForkRow;
import org.gup.bench.results.Run;
import org.gup.bench.stats.Estimates;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;
import org.gup.migrate.MigrationFailure;
import org.gup.migrate.MigrationPhase;

/** The tables of the second question. */
final class MigrationTables {
    private MigrationTables() {}

    /** The mean of a counter over the forks; 0 where none has it. */
    static double counter(final CaseRows row, final String name) {
        return row.forks().stream()
                .map(ForkRow::counters)
                .mapToDouble(counters -> counters.getOrDefault(name, 0.0))
                .average()
                .orElse(0);
    }

    static double phase(final CaseRows row, final MigrationPhase phase) {
        return counter(row, MigrationForks.PHASE + phase.name().toLowerCase(Locale.ROOT));
    }

    /** What comes before the first border. */
    static double firstPin(final CaseRows row) {
        return counter(row, MigrationForks.PHASE + "before");
    }

    /** The whole call as its phases add up. */
    static double sumOfPhases(final CaseRows row) {
        double sum = firstPin(row);
        for (final MigrationPhase phase : MigrationPhase.values()) {
            sum += phase(row, phase);
        }
        return sum;
    }

    static TextTable calls(final List<CaseRows> rows) {
        final TextTable table = new TextTable(
                1,
                "call",
                "pages",
                "in CMA",
                "ns/page",
                "migrated",
                "not",
                "rounds",
                "drains",
                "sum of phases / whole");
        for (final CaseRows row : rows) {
            table.row(
                    row.info().label(),
                    row.info().params().getOrDefault("pagesPerCall", ""),
                    row.info().params().getOrDefault("inCma", ""),
                    Numbers.withBounds(Estimates.mean(row.scores())),
                    Numbers.number(counter(row, "migrated")),
                    Numbers.number(counter(row, "failed")),
                    Numbers.number(counter(row, "rounds")),
                    Numbers.number(counter(row, "drains")),
                    Numbers.number(
                            sumOfPhases(row) / Estimates.mean(row.scores()).value()));
        }
        return table;
    }

    /** Every phase of every call that has phases, in nanoseconds per page and as a share of their sum. */
    static TextTable phases(final List<CaseRows> rows) {
        final List<String> header = new ArrayList<>(List.of("call", "first pin"));
        for (final MigrationPhase phase : MigrationPhase.values()) {
            header.add(phase == MigrationPhase.REPIN ? "re-pin" : phase.name().toLowerCase(Locale.ROOT));
        }
        header.add("whole");
        final TextTable table = new TextTable(1, header.toArray(String[]::new));
        for (final CaseRows row : rows) {
            final double sum = sumOfPhases(row);
            final List<String> cells = new ArrayList<>(List.of(row.info().label(), part(firstPin(row), sum)));
            for (final MigrationPhase phase : MigrationPhase.values()) {
                cells.add(part(phase(row, phase), sum));
            }
            cells.add(Numbers.number(Estimates.mean(row.scores()).value()));
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }

    private static String part(final double nanos, final double sum) {
        return nanos == 0 || sum == 0 ? "-" : Numbers.number(nanos) + " (" + Numbers.share(nanos / sum) + ")";
    }

    /** Why pages stayed, and how often they were tried, where any did. */
    static Optional<TextTable> failures(final List<CaseRows> rows, final String... more) {
        final TextTable table = new TextTable(2, header(more));
        boolean any = false;
        for (final CaseRows row : rows) {
            for (final MigrationFailure cause : MigrationFailure.values()) {
                final String name = cause.name().toLowerCase(Locale.ROOT).replace('_', '-');
                final double tries = counter(row, MigrationForks.TRIES + name);
                if (tries == 0) {
                    continue;
                }
                any = true;
                final List<String> cells = new ArrayList<>(List.of(
                        row.info().label(),
                        label(cause),
                        Numbers.count(Math.round(tries)),
                        Numbers.count(Math.round(counter(row, MigrationForks.STAYED + name)))));
                for (final String counter : more) {
                    cells.add(Numbers.count(Math.round(counter(row, counter))));
                }
                table.row(cells.toArray(String[]::new));
            }
        }
        return any ? Optional.of(table) : Optional.empty();
    }

    private static String[] header(final String... more) {
        final List<String> header = new ArrayList<>(List.of("call", "why", "tries that failed", "pages that stayed"));
        for (final String counter : more) {
            header.add("pages " + counter);
        }
        return header.toArray(String[]::new);
    }

    static String label(final MigrationFailure cause) {
        return switch (cause) {
            case NOT_ISOLATED -> "not on the LRU";
            case LOCKED -> "locked";
            case WRITEBACK -> "under writeback";
            case ORPHANED -> "buffers of no file";
            case STILL_MAPPED -> "still mapped";
            case EXTRA_REFERENCE -> "held by somebody else";
            case NO_MEMORY -> "no memory for a target";
            case GIVEN_UP -> "not tried: no memory before it";
        };
    }

    /** How often a call does something, for each page asked for; empty if it was not counted in this run. */
    static Optional<Double> perPage(final Run run, final CaseRows timed, final Operation operation) {
        final String scenario = timed.info().id().substring(MigrationForks.PREFIX.length());
        return run.find(CountForks.MIGRATE + scenario).map(counted -> {
            final Map<String, Double> counters = counted.forks().get(0).counters();
            return counters.getOrDefault(CountForks.CALL + operation.counter(), 0.0)
                    / counters.getOrDefault(CountForks.PAGES, 1.0);
        });
    }

    /** What is measured, and what would be with the prices supposed; empty if nothing was counted. */
    static Optional<TextTable> whatIf(final Run run, final List<CaseRows> rows, final WhatIf whatIf) {
        final TextTable table = new TextTable(
                1,
                "call",
                "measured ns/page",
                "flushes/page",
                "+ flushes x " + Numbers.number(whatIf.ipiNanos()) + " ns",
                "drains/page",
                "+ drains x " + Numbers.number(whatIf.drainNanos()) + " ns",
                "what if, ns/page",
                "times as much");
        boolean any = false;
        for (final CaseRows row : rows) {
            final Optional<Double> flushes = perPage(run, row, Operation.FLUSHES);
            final Optional<Double> drains = perPage(run, row, Operation.DRAINS);
            if (flushes.isEmpty() || drains.isEmpty()) {
                continue;
            }
            any = true;
            final double measured = Estimates.mean(row.scores()).value();
            final double ofFlushes = flushes.get() * whatIf.ipiNanos();
            final double ofDrains = drains.get() * whatIf.drainNanos();
            table.row(
                    row.info().label(),
                    Numbers.withBounds(Estimates.mean(row.scores())),
                    Numbers.number(flushes.get()),
                    Numbers.number(ofFlushes),
                    Numbers.number(drains.get()),
                    Numbers.number(ofDrains),
                    Numbers.number(measured + ofFlushes + ofDrains),
                    Numbers.number((measured + ofFlushes + ofDrains) / measured));
        }
        return any ? Optional.of(table) : Optional.empty();
    }
}
