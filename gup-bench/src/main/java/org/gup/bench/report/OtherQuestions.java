package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.gup.bench.results.Run;

/** The answers that {@link Summary} does not give: those of every question but the first. */
public final class OtherQuestions {
    private static final Set<String> OF_THE_SUMMARY = Set.of("fast-or-slow", "same-code");

    private final List<Section> sections;

    /**
     * The other questions of a run.
     *
     * @param run what was measured
     */
    public OtherQuestions(final Run run) {
        this(run, WhatIf.NOTHING);
    }

    /**
     * The other questions of a run, with what the reader supposes.
     *
     * @param run what was measured
     * @param whatIf prices of what the model does not feel
     */
    public OtherQuestions(final Run run, final WhatIf whatIf) {
        this.sections = new ReportPage(run, whatIf)
                .sections().stream()
                        .filter(section -> !OF_THE_SUMMARY.contains(section.id()))
                        .toList();
    }

    /**
     * For a terminal.
     *
     * @param bold makes a text stand out
     * @return lines; none if nothing else was asked
     */
    public List<String> terminal(final UnaryOperator<String> bold) {
        final List<String> lines = new ArrayList<>();
        for (final Section section : sections) {
            lines.add("");
            lines.add(bold.apply(section.title()));
            lines.addAll(section.answers());
        }
        return lines;
    }

    /**
     * For {@code summary.md}.
     *
     * @return Markdown; empty if nothing else was asked
     */
    public String markdown() {
        final StringBuilder text = new StringBuilder();
        for (final Section section : sections) {
            text.append("\n## ").append(section.title()).append("\n\n");
            section.answers().forEach(answer -> text.append(answer).append("\n\n"));
            for (final Section.Table table : section.tables()) {
                text.append(table.title()).append(":\n\n");
                table.table().markdown().forEach(line -> text.append(line).append('\n'));
                text.append('\n');
            }
            section.notes().forEach(note -> text.append(note).append("\n\n"));
        }
        return text.toString();
    }
}
