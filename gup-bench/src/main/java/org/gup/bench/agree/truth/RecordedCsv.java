package org.gup.bench.agree.truth;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The recording as it was made: {@code truth.csv} with a line for each call, and {@code truth-pages-*.csv} with lines for its
 * pages, each possibly gzipped. Makes the bundled form of it.
 */
public final class RecordedCsv {
    /** Notes that say what the call did or was given; the others describe how the scene was set. */
    private static final Set<String> NOTES = Set.of(
            "addr",
            "rawflags",
            "present_before",
            "present_after",
            "movable_before",
            "movable_after",
            "minflt",
            "majflt",
            "mig_ok",
            "mig_fail",
            "slow_calls",
            "slow",
            "faults",
            "fault_flags",
            "drains",
            "migrate_calls",
            "warns",
            "warn_at",
            "locked_after",
            "sem_held_after",
            "down_read",
            "up_read",
            "distinct_vmas",
            "pgmap_ref_delta",
            "nr_isolated_delta",
            "leaf_level",
            "size_out",
            "result_is_bytes");

    private static final int PAGE_SHIFT = 12;

    private RecordedCsv() {}

    /**
     * Converts the original files.
     *
     * @param directory where they are
     * @param out receives the bundled form
     * @return how many calls there are
     * @throws IOException if a file is missing or not as expected
     */
    public static int convert(final Path directory, final OutputStream out) throws IOException {
        final Map<String, Pages> pages = new HashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (final Path file : files.filter(RecordedCsv::hasPages).sorted().toList()) {
                readPages(file, pages);
            }
        }
        final List<RecordedCalls.Row> rows = new ArrayList<>();
        eachLine(existing(directory, "truth.csv"), (field, column) -> rows.add(row(field, column, pages)));
        rows.sort(Comparator.comparing(RecordedCalls.Row::id));
        RecordedCalls.write(out, rows);
        return rows.size();
    }

    private static boolean hasPages(final Path file) {
        return String.valueOf(file.getFileName()).startsWith("truth-pages-");
    }

    private static Path existing(final Path directory, final String name) throws IOException {
        for (final String ending : List.of("", ".gz")) {
            final Path file = directory.resolve(name + ending);
            if (Files.exists(file)) {
                return file;
            }
        }
        throw new IOException("no " + name + " or " + name + ".gz in " + directory);
    }

    private static BufferedReader open(final Path file) throws IOException {
        final InputStream in = Files.newInputStream(file);
        return new BufferedReader(new InputStreamReader(
                file.toString().endsWith(".gz") ? new GZIPInputStream(in) : in, StandardCharsets.US_ASCII));
    }

    private static Map<String, Integer> columns(final BufferedReader text) throws IOException {
        final Map<String, Integer> columns = new HashMap<>();
        for (final String name : String.valueOf(text.readLine()).split(",", -1)) {
            columns.put(name, columns.size());
        }
        return columns;
    }

    private static RecordedCalls.Row row(
            final String[] field, final Map<String, Integer> column, final Map<String, Pages> pages) {
        final String id = cell(field, column, "id");
        final Pages of = pages.getOrDefault(id, new Pages());
        return new RecordedCalls.Row(
                id,
                List.of(
                        cell(field, column, "setup"),
                        cell(field, column, "call"),
                        cell(field, column, "flags"),
                        cell(field, column, "nr"),
                        cell(field, column, "result"),
                        cell(field, column, "pages_pinned"),
                        cell(field, column, "pages_in_cma_before") + " " + cell(field, column, "pages_in_cma_after")),
                notes(cell(field, column, "notes")),
                of.listed,
                PageRunText.of(of.merged(of.before)),
                PageRunText.of(of.merged(of.after)));
    }

    private static String cell(final String[] field, final Map<String, Integer> column, final String name) {
        final Integer at = column.get(name);
        if (at == null) {
            throw new IllegalArgumentException("no column '" + name + "'");
        }
        if (at >= field.length) {
            throw new IllegalArgumentException("no field for column '" + name + "': fields=" + field.length);
        }
        return field[at];
    }

    private static String notes(final String all) {
        final Set<String> kept = new LinkedHashSet<>();
        for (final String note : all.split(";", -1)) {
            final int equals = note.indexOf('=');
            if (equals > 0 && NOTES.contains(note.substring(0, equals))) {
                kept.add(note);
            }
        }
        return String.join(";", kept);
    }

    private static void readPages(final Path file, final Map<String, Pages> pages) throws IOException {
        eachLine(file, (field, column) -> {
            final Pages of = pages.computeIfAbsent(cell(field, column, "id"), key -> new Pages());
            switch (cell(field, column, "phase")) {
                case "before" -> of.add(of.before, field, column, true);
                case "after" -> of.add(of.after, field, column, false);
                default -> {
                    // The held pages are those of the table, which the recording has checked itself.
                }
            }
        });
    }

    /** What is done with a line of a file. */
    private interface Line {
        void accept(String[] field, Map<String, Integer> column);
    }

    /** Reads a file to its end; what is wrong in it is said with the place. */
    private static void eachLine(final Path file, final Line then) throws IOException {
        try (BufferedReader text = open(file)) {
            final Map<String, Integer> column = columns(text);
            int number = 1;
            for (String line = text.readLine(); line != null; line = text.readLine()) {
                number++;
                try {
                    then.accept(line.split(",", -1), column);
                } catch (final IllegalArgumentException wrong) {
                    throw new IOException(file.getFileName() + ":" + number + ": " + wrong.getMessage(), wrong);
                }
            }
        }
    }

    /** The pages of one call as they come in. */
    private static final class Pages {
        /** How many pages, and the rest of the run's text. */
        private record Run(int pages, String text) {}

        private final List<Run> before = new ArrayList<>();
        private final List<Run> after = new ArrayList<>();
        private final Map<Integer, Long> frames = new HashMap<>();
        private long listed;

        void add(final List<Run> runs, final String[] field, final Map<String, Integer> column, final boolean first) {
            final int page = Integer.parseInt(cell(field, column, "first_page"));
            final int pages = Integer.parseInt(cell(field, column, "count"));
            listed = RecordedCall.number(cell(field, column, "vaddr")) - ((long) page << PAGE_SHIFT);
            final StringBuilder text = new StringBuilder(entry(field, column))
                    .append(',')
                    .append(Long.toHexString(RecordedCall.number(cell(field, column, "vm_flags"))));
            final String pfn = cell(field, column, "pfn");
            if (!cell(field, column, "ref").isEmpty()) {
                final long frame = RecordedCall.number(pfn);
                text.append(frame(field, column)).append(',').append(mark(page, frame, first));
                for (int i = 0; first && i < pages; i++) {
                    frames.put(page + i, frame + i);
                }
            }
            runs.add(new Run(pages, text.toString()));
        }

        private char mark(final int page, final long frame, final boolean first) {
            final Long was = frames.get(page);
            return first || (was != null && was == frame) ? '=' : '!';
        }

        private static String frame(final String[] field, final Map<String, Integer> column) {
            return String.join(
                    ",",
                    "",
                    Long.toHexString(RecordedCall.number(cell(field, column, "bits")) & PageRunText.BITS),
                    Long.toHexString(RecordedCall.number(cell(field, column, "page_flags")) & PageRunText.PAGE_FLAGS),
                    cell(field, column, "ref"),
                    cell(field, column, "mapcount"),
                    cell(field, column, "order"));
        }

        /** The last level that was read, and its entry. */
        private static String entry(final String[] field, final Map<String, Integer> column) {
            final List<String> levels = List.of("pte", "pmd", "pud", "p4d");
            for (int i = 0; i < levels.size(); i++) {
                final String raw = cell(field, column, levels.get(i));
                if (!raw.isEmpty()) {
                    return (i + 1) + "," + Long.toHexString(PageState.masked(RecordedCall.number(raw)));
                }
            }
            throw new IllegalArgumentException("a page without any entry: " + String.join(",", field));
        }

        private List<String> merged(final List<Run> runs) {
            final List<String> merged = new ArrayList<>();
            for (int i = 0; i < runs.size(); ) {
                final Run run = runs.get(i);
                int pages = 0;
                while (i < runs.size() && runs.get(i).text().equals(run.text())) {
                    pages += runs.get(i).pages();
                    i++;
                }
                merged.add(pages + "*" + run.text());
            }
            return merged;
        }
    }
}
