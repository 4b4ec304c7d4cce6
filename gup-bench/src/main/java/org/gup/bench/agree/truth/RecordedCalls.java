package org.gup.bench.agree.truth;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The bundled recording. One gzipped text, column by column: what is the same in many rows stands once in a dictionary, and
 * neighbours are alike, so that 64 MB of CSV become a quarter of one.
 *
 * <pre>
 * gup recorded calls, format 1, kernel 5.2.1
 * dictionary NAME COUNT          then COUNT lines, one value each: "pages" (page lists), "notes"
 * column NAME COUNT              then COUNT lines, one for each row
 * </pre>
 *
 * <p>Columns that name a dictionary hold an index; the number of a row's id is the distance from the row before.
 */
public final class RecordedCalls {
    private static final String RESOURCE = "/org/gup/bench/agree/recorded-5.2.1.txt.gz";
    private static final String HEADING = "gup recorded calls, format 1, kernel 5.2.1";
    private static final List<String> PLAIN = List.of("setup", "call", "flags", "nr", "result", "pinned", "cma");
    private static final List<String> INDEXED = List.of("notes", "before", "after");

    private RecordedCalls() {}

    /**
     * The recording that comes with the program.
     *
     * @return every recorded call, in the order of its boots and numbers
     */
    public static List<RecordedCall> bundled() {
        try (InputStream in = RecordedCalls.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the recording is missing from the program: " + RESOURCE);
            }
            return read(in);
        } catch (final IOException failed) {
            throw new UncheckedIOException("cannot read the bundled recording", failed);
        }
    }

    /**
     * A row before its texts are parsed.
     *
     * @param id the row's id
     * @param plain the columns of {@link #PLAIN}
     * @param notes as in the recording
     * @param listed address of the first listed page
     * @param before page list, see {@link PageRunText}
     * @param after page list
     */
    record Row(String id, List<String> plain, String notes, long listed, String before, String after) {}

    static void write(final OutputStream out, final List<Row> rows) throws IOException {
        final Map<String, Integer> pages = new LinkedHashMap<>();
        final Map<String, Integer> notes = new LinkedHashMap<>();
        for (final Row row : rows) {
            pages.putIfAbsent(row.before(), pages.size());
            pages.putIfAbsent(row.after(), pages.size());
            notes.putIfAbsent(row.notes(), notes.size());
        }
        try (BufferedWriter text =
                new BufferedWriter(new OutputStreamWriter(new BestGzip(out), StandardCharsets.US_ASCII))) {
            line(text, HEADING);
            section(text, "dictionary pages", List.copyOf(pages.keySet()));
            section(text, "dictionary notes", List.copyOf(notes.keySet()));
            final List<String> ids = new ArrayList<>();
            String boot = "";
            int last = 0;
            for (final Row row : rows) {
                final int dash = row.id().lastIndexOf('-');
                final int number = Integer.parseInt(row.id().substring(dash + 1));
                final String thisBoot = row.id().substring(0, dash);
                ids.add(thisBoot.equals(boot) ? Integer.toString(number - last) : thisBoot + " " + number);
                boot = thisBoot;
                last = number;
            }
            section(text, "column id", ids);
            for (int i = 0; i < PLAIN.size(); i++) {
                final int at = i;
                column(text, PLAIN.get(i), rows, row -> row.plain().get(at));
            }
            column(text, "listed", rows, row -> Long.toHexString(row.listed()));
            column(text, "notes", rows, row -> String.valueOf(notes.get(row.notes())));
            column(text, "before", rows, row -> String.valueOf(pages.get(row.before())));
            column(text, "after", rows, row -> String.valueOf(pages.get(row.after())));
        }
    }

    private static void column(
            final BufferedWriter text, final String name, final List<Row> rows, final Function<Row, String> value)
            throws IOException {
        section(text, "column " + name, rows.stream().map(value).toList());
    }

    private static void section(final BufferedWriter text, final String name, final List<String> lines)
            throws IOException {
        line(text, name + " " + lines.size());
        for (final String line : lines) {
            line(text, line);
        }
    }

    private static void line(final BufferedWriter text, final String line) throws IOException {
        text.write(line);
        text.write('\n');
    }

    /**
     * Reads a recording.
     *
     * @param in the gzipped text
     * @return its calls
     * @throws IOException if it cannot be read, or is not one
     */
    static List<RecordedCall> read(final InputStream in) throws IOException {
        final Map<String, List<String>> sections = sections(in);
        final List<List<PageRun>> pages = sectionOf(sections, "dictionary pages").stream()
                .map(PageRunText::parse)
                .toList();
        final List<Map<String, String>> notes = sectionOf(sections, "dictionary notes").stream()
                .map(RecordedCalls::notes)
                .toList();
        final List<String> ids = sectionOf(sections, "column id");
        final List<List<String>> plain = new ArrayList<>();
        for (final String name : PLAIN) {
            plain.add(sectionOf(sections, "column " + name));
        }
        final List<String> listed = sectionOf(sections, "column listed");
        final List<List<String>> indexed = new ArrayList<>();
        for (final String name : INDEXED) {
            indexed.add(sectionOf(sections, "column " + name));
        }
        final List<RecordedCall> calls = new ArrayList<>(ids.size());
        String boot = "";
        int number = 0;
        for (int i = 0; i < ids.size(); i++) {
            final String id = ids.get(i);
            final int blank = id.indexOf(' ');
            if (blank >= 0) {
                boot = id.substring(0, blank);
                number = Integer.parseInt(id.substring(blank + 1));
            } else {
                number += Integer.parseInt(id);
            }
            final String[] cma = plain.get(6).get(i).split(" ", -1);
            calls.add(new RecordedCall(
                    boot + "-" + Integer.toString(100_000 + number).substring(1),
                    plain.get(0).get(i),
                    plain.get(1).get(i),
                    plain.get(2).get(i),
                    plain.get(3).get(i),
                    plain.get(4).get(i),
                    plain.get(5).get(i),
                    cma[0],
                    cma[1],
                    notes.get(Integer.parseInt(indexed.get(0).get(i))),
                    Long.parseUnsignedLong(listed.get(i), 16),
                    pages.get(Integer.parseInt(indexed.get(1).get(i))),
                    pages.get(Integer.parseInt(indexed.get(2).get(i)))));
        }
        return List.copyOf(calls);
    }

    private static Map<String, List<String>> sections(final InputStream in) throws IOException {
        final BufferedReader text =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(in), StandardCharsets.US_ASCII));
        final String heading = text.readLine();
        if (!HEADING.equals(heading)) {
            throw new IOException("not a recording: heading='" + heading + "', expected '" + HEADING + "'");
        }
        final Map<String, List<String>> sections = new LinkedHashMap<>();
        for (String line = text.readLine(); line != null; line = text.readLine()) {
            final int blank = line.lastIndexOf(' ');
            final int count = Integer.parseInt(line.substring(blank + 1));
            final List<String> lines = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                final String value = text.readLine();
                if (value == null) {
                    throw new IOException("the recording ends within '" + line + "'");
                }
                lines.add(value);
            }
            sections.put(line.substring(0, blank), lines);
        }
        return sections;
    }

    private static List<String> sectionOf(final Map<String, List<String>> sections, final String name)
            throws IOException {
        final List<String> section = sections.get(name);
        if (section == null) {
            throw new IOException("the recording has no section '" + name + "'");
        }
        return section;
    }

    private static Map<String, String> notes(final String text) {
        final Map<String, String> notes = new LinkedHashMap<>();
        if (!text.isEmpty()) {
            for (final String note : text.split(";", -1)) {
                final int equals = note.indexOf('=');
                notes.put(note.substring(0, equals), note.substring(equals + 1));
            }
        }
        return Map.copyOf(notes);
    }

    /** The smallest output, whatever it costs. */
    private static final class BestGzip extends GZIPOutputStream {
        BestGzip(final OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }
}
