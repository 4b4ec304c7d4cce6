package org.gup.bench.text;

import java.util.List;
import java.util.stream.Collectors;

/** Comma-separated values as RFC 4180 has them, but for line feeds alone. What is unknown is empty. */
public final class Csv {
    private final int columns;
    private final StringBuilder text = new StringBuilder();

    /**
     * A table without rows.
     *
     * @param header names of the columns
     */
    public Csv(final String... header) {
        this.columns = header.length;
        row(List.of((Object[]) header));
    }

    /**
     * Adds a row.
     *
     * @param cells texts and numbers, one for each column
     */
    public void row(final List<?> cells) {
        if (cells.size() != columns) {
            throw new IllegalArgumentException("cells=" + cells.size() + ", columns=" + columns);
        }
        text.append(cells.stream().map(Csv::cell).collect(Collectors.joining(",")))
                .append('\n');
    }

    private static String cell(final Object value) {
        if (value instanceof Double number && !Double.isFinite(number)) {
            return "";
        }
        final String plain = value.toString();
        return plain.matches("(?s).*[\",\n\r].*") ? '"' + plain.replace("\"", "\"\"") + '"' : plain;
    }

    /**
     * All of it.
     *
     * @return the text of a file
     */
    public String text() {
        return text.toString();
    }
}
