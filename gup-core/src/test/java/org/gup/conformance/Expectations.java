package org.gup.conformance;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.gup.kernel.KernelVersion;

/**
 * What each case must observe: {@code conformance/expectations.txt}.
 *
 * <pre>
 *  A08 a51c3fa9d3e0                                  row, and the hash of its line in rows.csv
 *    v5.1: result=1 warnings=0                       every observation named must have this value
 *    seed v5.2: result=-EINVAL warnings=1 held=yes
 *    note: ...                                       why, where the row alone does not say it
 *    known v5.2: ...                                 the argument for a case that fails and should not be mended
 * </pre>
 *
 * A version without a line is not counted; the line may be {@code all:}.
 */
record Expectations(Map<String, Entry> entries) {
    static final String RESOURCE = "/conformance/expectations.txt";

    /** One row's. */
    record Entry(
            String id,
            String hash,
            Map<KernelVersion, Map<String, String>> expected,
            Map<KernelVersion, String> known,
            List<String> notes) {}

    static Expectations load() {
        return parse(SpecRow.lines(RESOURCE));
    }

    static Expectations parse(final List<String> lines) {
        final Map<String, Entry> entries = new LinkedHashMap<>();
        Entry entry = null;
        for (final String line : lines) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            if (!line.startsWith(" ")) {
                final String[] words = line.trim().split(" +", -1);
                entry = new Entry(
                        words[0],
                        words[1],
                        new EnumMap<>(KernelVersion.class),
                        new EnumMap<>(KernelVersion.class),
                        new ArrayList<>());
                if (entries.put(entry.id(), entry) != null) {
                    throw new IllegalStateException("expectations name a row twice: " + line);
                }
            } else if (entry == null) {
                throw new IllegalStateException("expectations before the first row: " + line);
            } else {
                parse(entry, line.trim());
            }
        }
        return new Expectations(entries);
    }

    private static void parse(final Entry entry, final String line) {
        final int colon = line.indexOf(": ");
        if (colon < 0) {
            throw new IllegalStateException("expectations without a colon: " + line);
        }
        final String head = line.substring(0, colon);
        final String rest = line.substring(colon + 2).trim();
        if (head.equals("note")) {
            entry.notes().add(rest);
        } else if (head.startsWith("known ")) {
            versions(head.substring("known ".length()))
                    .forEach(version -> entry.known().put(version, rest));
        } else {
            for (final KernelVersion version : versions(head)) {
                final Map<String, String> values =
                        entry.expected().computeIfAbsent(version, absent -> new LinkedHashMap<>());
                for (final String pair : rest.split(" +", -1)) {
                    final int equals = pair.indexOf('=');
                    if (values.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
                        throw new IllegalStateException("expectations name a value twice: " + line);
                    }
                }
            }
        }
    }

    private static List<KernelVersion> versions(final String head) {
        final List<KernelVersion> versions = new ArrayList<>();
        for (final String word : head.split(" +", -1)) {
            switch (word) {
                case "all" -> versions.addAll(List.of(KernelVersion.values()));
                case "v5.1" -> versions.add(KernelVersion.V5_1);
                case "seed" -> versions.add(KernelVersion.SEED);
                case "v5.2" -> versions.add(KernelVersion.V5_2);
                default -> throw new IllegalStateException("no such version: " + word);
            }
        }
        return versions;
    }
}
