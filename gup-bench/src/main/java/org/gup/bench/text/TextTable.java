package org.gup.bench.text;

import java.util.ArrayList;
import java.util.List;

/** A table of texts, as Markdown or for a terminal. The first columns are words, aligned left; the others are numbers, aligned right. */
public final class TextTable {
    /** Markdown wants a dash and a colon. */
    private static final int MIN_WIDTH = 2;

    private final List<String> header;
    private final int leftColumns;
    private final List<List<String>> rows = new ArrayList<>();

    /**
     * An empty table.
     *
     * @param leftColumns how many columns, from the first on, are words; the others are numbers
     * @param header names of the columns
     */
    public TextTable(final int leftColumns, final String... header) {
        this.leftColumns = leftColumns;
        this.header = List.of(header);
    }

    /**
     * Adds a row.
     *
     * @param cells one for each column
     */
    public void row(final String... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException("cells=" + cells.length + ", columns=" + header.size());
        }
        rows.add(List.of(cells));
    }

    /**
     * Whether there is no row.
     *
     * @return true until the first one is added
     */
    public boolean isEmpty() {
        return rows.isEmpty();
    }

    /**
     * Names of the columns.
     *
     * @return as given
     */
    public List<String> header() {
        return header;
    }

    /**
     * The rows.
     *
     * @return in the order in which they were added
     */
    public List<List<String>> rows() {
        return List.copyOf(rows);
    }

    /**
     * How many columns are words.
     *
     * @return counted from the left
     */
    public int leftColumns() {
        return leftColumns;
    }

    /**
     * As Markdown.
     *
     * @return lines
     */
    public List<String> markdown() {
        final List<String> lines = new ArrayList<>();
        lines.add("| " + String.join(" | ", padded(header)) + " |");
        final StringBuilder rule = new StringBuilder("|");
        for (int column = 0; column < header.size(); column++) {
            final String dashes = "-".repeat(width(column));
            rule.append(column < leftColumns ? " " + dashes + " |" : " " + dashes.substring(1) + ": |");
        }
        lines.add(rule.toString());
        rows.forEach(row -> lines.add("| " + String.join(" | ", padded(row)) + " |"));
        return lines;
    }

    /**
     * For a terminal.
     *
     * @return lines
     */
    public List<String> plain() {
        final List<String> lines = new ArrayList<>();
        lines.add(String.join("  ", padded(header)).stripTrailing());
        rows.forEach(row -> lines.add(String.join("  ", padded(row)).stripTrailing()));
        return lines;
    }

    private List<String> padded(final List<String> cells) {
        final List<String> padded = new ArrayList<>();
        for (int column = 0; column < cells.size(); column++) {
            final String gap = " ".repeat(width(column) - cells.get(column).length());
            padded.add(column < leftColumns ? cells.get(column) + gap : gap + cells.get(column));
        }
        return padded;
    }

    private int width(final int column) {
        return Math.max(
                Math.max(MIN_WIDTH, header.get(column).length()),
                rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0));
    }
}
