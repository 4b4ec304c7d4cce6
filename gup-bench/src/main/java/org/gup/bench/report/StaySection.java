package org.gup.bench.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.gup.bench.migration.StayForks;
import org.gup.bench.migration.WhyPagesStay.Situation;
import org.gup.bench.report.Section.Table;
import org.gup.bench.results.CaseRows;
import org.gup.bench.results.Run;
import org.gup.bench.text.Numbers;

/** Why pages stay in contiguous memory although a long-term pin wants them out. */
final class StaySection implements Section.Source {
    @Override
    public List<Section> of(final Run run) {
        final List<CaseRows> rows = Arrays.stream(Situation.values())
                .flatMap(situation -> run.find(StayForks.caseId(situation)).stream())
                .toList();
        if (rows.isEmpty()) {
            return List.of();
        }
        return List.of(
                new Section(
                        "why-pages-stay",
                        "Why do pages stay where they are?",
                        answers(run),
                        List.of(),
                        MigrationTables.failures(rows, "moved").stream()
                                .map(table -> new Table("Why pages stayed", table))
                                .toList(),
                        List.of(
                                "Each call pins pages that are all in CMA, with one thing in the way, brought about on purpose. Nothing is"
                                        + " timed: the numbers are counts, the same on every machine. A huge page counts once.",
                                "A page that is busy is tried ten times; from the fourth try on its lock and its writeback are waited for."
                                        + " A page that is on no LRU list is not tried at all. A target that cannot be allocated ends the"
                                        + " migration, unless it was for a huge page, which is split. The pin succeeds in every case.")));
    }

    private static List<String> answers(final Run run) {
        final List<String> stay = new ArrayList<>();
        final List<String> move = new ArrayList<>();
        for (final Situation situation : Situation.values()) {
            final Optional<CaseRows> row = run.find(StayForks.caseId(situation));
            if (row.isEmpty() || situation == Situation.NOTHING) {
                continue;
            }
            final long left = Math.round(row.get().forks().get(0).mean());
            if (left > 0) {
                stay.add(situation.label() + " (" + Numbers.count(left) + " of " + situation.pages() + ")");
            } else {
                move.add(situation.label());
            }
        }
        final List<String> answers = new ArrayList<>();
        if (!stay.isEmpty()) {
            answers.add("The pin succeeds and pages stay in CMA with " + String.join("; ", stay) + ".");
        }
        if (!move.isEmpty()) {
            answers.add("All pages move in the end with " + String.join("; ", move) + ".");
        }
        return answers;
    }
}
