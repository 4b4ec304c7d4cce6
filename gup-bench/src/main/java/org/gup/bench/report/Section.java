package org.gup.bench.report;

import java.util.ArrayList;
import java.util.List;
import org.gup.bench.chart.ChartModel;
import org.gup.bench.results.Run;
import org.gup.bench.text.TextTable;

/**
 * A part of the report: a question, its answers, and what they rest on. A further question adds a {@link Source} and nothing
 * else: page, charts, links to raw rows and tests know sections, not questions.
 *
 * @param id of the element; letters and dashes
 * @param title the question
 * @param answers sentences, the first one is the answer
 * @param figures charts
 * @param tables what the charts were drawn from, or what cannot be drawn
 * @param notes how to read them
 */
public record Section(
        String id, String title, List<String> answers, List<Figure> figures, List<Table> tables, List<String> notes) {
    /** Copies the lists. */
    public Section {
        answers = List.copyOf(answers);
        figures = List.copyOf(figures);
        tables = List.copyOf(tables);
        notes = List.copyOf(notes);
    }

    /**
     * A chart with what is said about it.
     *
     * @param id of the element
     * @param caption what a reader should see in it
     * @param chart the chart
     */
    public record Figure(String id, String caption, ChartModel chart) {}

    /**
     * A table under a title.
     *
     * @param title what it shows
     * @param table the cells
     */
    public record Table(String title, TextTable table) {
        /**
         * Names of the columns.
         *
         * @return with how they are aligned
         */
        public List<Cell> header() {
            return cells(table.header());
        }

        /**
         * The rows.
         *
         * @return cells with how they are aligned
         */
        public List<Row> rows() {
            return table.rows().stream().map(row -> new Row(cells(row))).toList();
        }

        private List<Cell> cells(final List<String> texts) {
            final List<Cell> cells = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                cells.add(new Cell(texts.get(i), i >= table.leftColumns()));
            }
            return cells;
        }
    }

    /**
     * A row of a table.
     *
     * @param cells from the left
     */
    public record Row(List<Cell> cells) {}

    /**
     * A cell of a table.
     *
     * @param text what stands in it
     * @param number whether it is aligned right
     */
    public record Cell(String text, boolean number) {}

    /** Makes a section of a run, if the run has anything for it. */
    @FunctionalInterface
    interface Source {
        List<Section> of(Run run);
    }
}
