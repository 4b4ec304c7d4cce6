package org.gup.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.gup.kernel.KernelVersion;

/** One row of the specification's conformance matrix, as {@code conformance/rows.csv} has it. */
record SpecRow(String line, List<String> columns) {
    static final String RESOURCE = "/conformance/rows.csv";
    private static final int HASH_BYTES = 6;
    private static final int COLUMNS = 7;
    private static final int V5_1 = 4;
    private static final int V5_2 = 5;

    static List<SpecRow> load() {
        final List<SpecRow> rows = new ArrayList<>();
        for (final String line : lines(RESOURCE)) {
            final List<String> columns = split(line);
            if (columns.size() != COLUMNS) {
                throw new IllegalStateException("not " + COLUMNS + " columns: " + line);
            }
            rows.add(new SpecRow(line, columns));
        }
        return rows.subList(1, rows.size());
    }

    static List<String> lines(final String resource) {
        try (InputStream in = SpecRow.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("no such resource: " + resource);
            }
            return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .toList();
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static List<String> split(final String line) {
        final List<String> columns = new ArrayList<>();
        final StringBuilder column = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            final char at = line.charAt(i);
            if (at == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                column.append('"');
                i++;
            } else if (at == '"') {
                quoted = !quoted;
            } else if (at == ',' && !quoted) {
                columns.add(column.toString());
                column.setLength(0);
            } else {
                column.append(at);
            }
        }
        columns.add(column.toString());
        return columns;
    }

    String id() {
        return columns.get(0);
    }

    String section() {
        return columns.get(1).substring(0, 1);
    }

    String setup() {
        return columns.get(2);
    }

    String call() {
        return columns.get(3);
    }

    /** What the row says of a version: the seed state has v5.1's fast calls and v5.2's slow ones. */
    String cell(final KernelVersion version) {
        return switch (version) {
            case V5_1 -> columns.get(V5_1);
            case V5_2 -> columns.get(V5_2);
            case SEED -> columns.get(call().startsWith("F") ? V5_1 : V5_2);
        };
    }

    /** Whether the row says something definite of a version. */
    boolean isCountable(final KernelVersion version) {
        return !cell(version).startsWith("n/a") && cell(version).indexOf('?') < 0;
    }

    /** The first twelve hex digits of the SHA-256 of the row's line. */
    String hash() {
        try {
            final byte[] digest = MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (final NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
