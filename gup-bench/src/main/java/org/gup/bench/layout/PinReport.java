package org.gup.bench.layout;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.gup.bench.layout.PinSurvey.Row;
import org.gup.bench.layout.PinSurvey.Way;
import org.gup.bench.text.Csv;
import org.gup.bench.text.Numbers;
import org.gup.bench.text.TextTable;
import org.gup.flags.Errno;

/**
 * A survey in words and tables.
 *
 * @param label of the layout
 * @param question what was asked for, such as {@code for reading}
 * @param survey what was found
 */
public record PinReport(String label, String question, PinSurvey survey) {
    private static final int SCHEMA = 1;
    private static final int PAGE_KIB = 4;

    /**
     * The answer.
     *
     * @return the sentence, then what else is to be said
     */
    public List<String> sentences() {
        final List<String> sentences = new ArrayList<>();
        final long all = survey.pages();
        sentences.add("Of the " + size(all) + " of " + label + ", pinned " + question + ": " + part(Way.FAST)
                + " go by the lock-free walk, " + part(Way.SLOW) + " fall back to the slow path, " + part(Way.FAULT)
                + " need a fault, " + part(Way.MIGRATED) + " are moved out of contiguous memory, " + part(Way.REFUSED)
                + " are refused.");
        final long held = held(survey.rows());
        if (held > 0 && held < all) {
            final long fast = survey.rows().stream()
                    .filter(row -> row.way() == Way.FAST)
                    .mapToLong(Row::held)
                    .sum();
            sentences.add("Of the " + size(held) + " in memory or in swap, " + Numbers.count(fast) + " ("
                    + share(fast, held) + ") go by the walk.");
        }
        survey.by(row -> row.way() == Way.REFUSED ? "-" + Errno.name(row.errno()) + ", " + row.why() : "")
                .forEach((why, rows) -> {
                    if (!why.isEmpty()) {
                        sentences.add("Refused with " + why + ": " + Numbers.count(pages(rows)) + " pages.");
                    }
                });
        if (survey.contiguous() > 0) {
            sentences.add(
                    Numbers.count(survey.contiguous())
                            + " pages were pinned where they are, in contiguous memory, and block its allocations while they are held.");
        }
        return sentences;
    }

    private String part(final Way way) {
        final long pages = survey.pages(way);
        return Numbers.count(pages) + (pages == 0 ? "" : " (" + share(pages, survey.pages()) + ")");
    }

    private static String size(final long pages) {
        final long mib = pages * PAGE_KIB / 1024;
        return Numbers.count(pages)
                + (pages == 1 ? " page (" : " pages (")
                + (mib == 0 ? pages * PAGE_KIB + " KiB)" : Numbers.count(mib) + " MiB)");
    }

    private static String share(final long part, final long whole) {
        return Numbers.share((double) part / whole);
    }

    private static long pages(final List<Row> rows) {
        return rows.stream().mapToLong(Row::pages).sum();
    }

    private static long pages(final List<Row> rows, final Way way) {
        return rows.stream()
                .filter(row -> row.way() == way)
                .mapToLong(Row::pages)
                .sum();
    }

    /**
     * Pages by mapping.
     *
     * @param each each mapping, else each kind
     * @return the one with the most pages first
     */
    public TextTable mappings(final boolean each) {
        final boolean held = held(survey.rows()) > 0;
        final List<String> header = new ArrayList<>(List.of(each ? "mapping" : "kind", "pages"));
        if (held) {
            header.add("held");
        }
        header.addAll(List.of("fast", "slow", "fault", "migrate", "refused"));
        final TextTable table = new TextTable(1, header.toArray(String[]::new));
        final Function<Row, String> name = each ? Row::mapping : Row::kind;
        survey.by(name).forEach((key, rows) -> row(table, key, rows, held));
        row(table, "all", survey.rows(), held);
        return table;
    }

    private static void row(final TextTable table, final String name, final List<Row> rows, final boolean held) {
        final List<String> cells = new ArrayList<>(List.of(name, Numbers.count(pages(rows))));
        if (held) {
            cells.add(Numbers.count(held(rows)));
        }
        for (final Way way : Way.values()) {
            cells.add(Numbers.count(pages(rows, way)));
        }
        table.row(cells.toArray(String[]::new));
    }

    private static long held(final List<Row> rows) {
        return rows.stream().mapToLong(Row::held).sum();
    }

    /**
     * Pages by way and reason.
     *
     * @return in the order of the ways
     */
    public TextTable reasons() {
        final TextTable table = new TextTable(4, "way", "why", "walk stopped", "errno", "pages");
        for (final Way way : Way.values()) {
            final Map<List<String>, Long> found = new LinkedHashMap<>();
            survey.rows().stream()
                    .filter(row -> row.way() == way)
                    .forEach(row ->
                            found.merge(List.of(row.why(), row.reason().name(), errno(row)), row.pages(), Long::sum));
            found.entrySet().stream()
                    .sorted(Map.Entry.<List<String>, Long>comparingByValue().reversed())
                    .forEach(entry -> table.row(
                            word(way),
                            entry.getKey().get(0),
                            entry.getKey().get(1).equals("NONE")
                                    ? "-"
                                    : entry.getKey().get(1),
                            entry.getKey().get(2),
                            Numbers.count(entry.getValue())));
        }
        return table;
    }

    private static String errno(final Row row) {
        return row.errno() == 0 ? "-" : "-" + Errno.name(row.errno());
    }

    private static String word(final Way way) {
        return switch (way) {
            case FAST -> "fast";
            case SLOW -> "slow";
            case FAULT -> "fault";
            case MIGRATED -> "migrate";
            case REFUSED -> "refused";
        };
    }

    /**
     * How to read it.
     *
     * @return sentences
     */
    public List<String> notes() {
        final List<String> notes = new ArrayList<>();
        notes.add("Each page was asked for by itself, in the address space as it was found: "
                + Numbers.count(survey.asked())
                + " pages were asked for, " + Numbers.count(survey.faults()) + " faults taken"
                + (survey.migrated() > 0 ? ", " + Numbers.count(survey.migrated()) + " pages moved" : "") + ".");
        if (survey.asked() < survey.pages()) {
            notes.add("The other " + Numbers.count(survey.pages() - survey.asked())
                    + " are empty pages beyond the first " + Numbers.count(SnapshotRanges.MOST_EMPTY)
                    + " of their mapping, and go the way of these.");
        }
        return notes;
    }

    /**
     * Every mapping, way and reason.
     *
     * @return the text of a file
     */
    public String csv() {
        final Csv csv = new Csv(
                "layout", "kind", "mapping", "way", "stop_reason", "errno", "why", "pages", "held", "contiguous");
        survey.rows()
                .forEach(row -> csv.row(List.of(
                        label,
                        row.kind(),
                        row.mapping(),
                        word(row.way()),
                        row.reason().name(),
                        errno(row),
                        row.why(),
                        row.pages(),
                        row.held(),
                        row.contiguous())));
        return csv.text();
    }

    /**
     * The same as JSON, with the totals.
     *
     * @return an object
     */
    public JsonObject json() {
        final JsonObject root = new JsonObject();
        root.addProperty("schema", "gup-bench-layout/" + SCHEMA);
        root.addProperty("layout", label);
        root.addProperty("question", question);
        root.addProperty("pages", survey.pages());
        root.addProperty("asked", survey.asked());
        root.addProperty("faults", survey.faults());
        root.addProperty("migrated", survey.migrated());
        final JsonArray rows = new JsonArray();
        for (final Row row : survey.rows()) {
            final JsonObject entry = new JsonObject();
            entry.addProperty("kind", row.kind());
            entry.addProperty("mapping", row.mapping());
            entry.addProperty("way", word(row.way()));
            entry.addProperty("stopReason", row.reason().name());
            entry.addProperty("errno", errno(row));
            entry.addProperty("why", row.why());
            entry.addProperty("pages", row.pages());
            entry.addProperty("held", row.held());
            entry.addProperty("contiguous", row.contiguous());
            rows.add(entry);
        }
        root.add("rows", rows);
        return root;
    }
}
