package org.gup.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.gup.kernel.KernelVersion;

/** Counts what was played, and tells it in {@code target/conformance-report.md} and, shortly, on standard output. */
final class ConformanceReport {
    private static final Path FILE = Path.of("target", "conformance-report.md");

    private final Map<KernelVersion, Integer> passed = new EnumMap<>(KernelVersion.class);
    private final Map<KernelVersion, Integer> known = new EnumMap<>(KernelVersion.class);
    private final Map<KernelVersion, Integer> failed = new EnumMap<>(KernelVersion.class);
    private final List<String> failures = new ArrayList<>();

    void passed(final KernelVersion version) {
        passed.merge(version, 1, Integer::sum);
    }

    void known(final KernelVersion version) {
        known.merge(version, 1, Integer::sum);
    }

    void failed(final SpecRow row, final KernelVersion version, final Throwable why) {
        failed.merge(version, 1, Integer::sum);
        failures.add(row.id() + " " + version.release() + ": " + (why.getMessage() == null ? why : why.getMessage()));
    }

    void write(final List<SpecRow> rows, final Expectations expectations) throws IOException {
        final List<String> text = new ArrayList<>();
        text.add("# Rows of the specification, sections A to E");
        text.add("");
        text.add("| version | cells | passed | known to fail | failed | not counted |");
        text.add("| --- | --- | --- | --- | --- | --- |");
        final StringBuilder line = new StringBuilder("Conformance (" + rows.size() + " rows A to E):");
        for (final KernelVersion version : KernelVersion.values()) {
            final long countable =
                    rows.stream().filter(row -> row.isCountable(version)).count();
            text.add("| %s | %d | %d | %d | %d | %d |"
                    .formatted(
                            version.release(),
                            countable,
                            passed.getOrDefault(version, 0),
                            known.getOrDefault(version, 0),
                            failed.getOrDefault(version, 0),
                            rows.size() - countable));
            line.append(" %s %d/%d,".formatted(version.release(), passed.getOrDefault(version, 0), countable));
        }
        line.append(" %d known to fail, %d failed; %s".formatted(sum(known), sum(failed), FILE));
        list(text, "Not counted", notCounted(rows));
        list(text, "Known to fail", knownOnes(expectations));
        list(text, "Failed", failures);
        list(text, "Notes", notes(expectations));
        if (FILE.getParent() != null) {
            Files.createDirectories(FILE.getParent());
        }
        Files.write(FILE, text);
        System.out.println(line);
    }

    private static int sum(final Map<KernelVersion, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    private static void list(final List<String> text, final String title, final List<String> items) {
        text.add("");
        text.add("## " + title);
        text.add("");
        items.forEach(item -> text.add("- " + item));
        if (items.isEmpty()) {
            text.add("None.");
        }
    }

    private static List<String> notCounted(final List<SpecRow> rows) {
        final List<String> items = new ArrayList<>();
        for (final SpecRow row : rows) {
            for (final KernelVersion version : KernelVersion.values()) {
                if (!row.isCountable(version)) {
                    items.add(row.id() + " " + version.release() + ": " + row.cell(version));
                }
            }
        }
        return items;
    }

    private static List<String> knownOnes(final Expectations expectations) {
        final List<String> items = new ArrayList<>();
        expectations
                .entries()
                .values()
                .forEach(entry -> entry.known()
                        .forEach((version, why) -> items.add(entry.id() + " " + version.release() + ": " + why)));
        return items;
    }

    private static List<String> notes(final Expectations expectations) {
        final List<String> items = new ArrayList<>();
        expectations
                .entries()
                .values()
                .forEach(entry -> entry.notes().forEach(note -> items.add(entry.id() + ": " + note)));
        return items;
    }
}
