package org.gup.snapshot;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What smaps says of a mapping besides its flags. A line that is not there counts as zero.
 *
 * @param rssKb in memory, without zero pages
 * @param swapKb in swap
 * @param anonHugeKb in huge pages of anonymous memory that one entry maps
 * @param fileHugeKb the same for files and shared memory
 * @param pageKb page size of the mapping; 4 unless it is hugetlb
 * @param hugeEligible whether a fault may make a huge page
 */
record MappingDetails(long rssKb, long swapKb, long anonHugeKb, long fileHugeKb, long pageKb, boolean hugeEligible) {
    private static final String UNIT = " kB";

    long heldKb() {
        return rssKb + swapKb;
    }

    /** Details of the mappings in the order of the text, which {@link SmapsParser} has found to be well-formed. */
    static List<MappingDetails> parse(final TextLines lines) {
        final List<MappingDetails> found = new ArrayList<>();
        MappingDetails current = null;
        for (String text = lines.next(); text != null; text = lines.next()) {
            final int space = text.indexOf(' ');
            final String key = space < 0 ? text : text.substring(0, space);
            if (!key.endsWith(":")) {
                add(found, current);
                current = new MappingDetails(0, 0, 0, 0, 0, false);
            } else if (current != null) {
                current = current.with(lines, key, text.substring(key.length()).strip());
            }
        }
        add(found, current);
        return found;
    }

    private static void add(final List<MappingDetails> found, final @Nullable MappingDetails current) {
        if (current != null) {
            found.add(current);
        }
    }

    private MappingDetails with(final TextLines lines, final String key, final String value) {
        return switch (key) {
            case "Rss:" ->
                new MappingDetails(kb(lines, key, value), swapKb, anonHugeKb, fileHugeKb, pageKb, hugeEligible);
            case "Swap:" ->
                new MappingDetails(rssKb, kb(lines, key, value), anonHugeKb, fileHugeKb, pageKb, hugeEligible);
            case "AnonHugePages:" ->
                new MappingDetails(rssKb, swapKb, kb(lines, key, value), fileHugeKb, pageKb, hugeEligible);
            case "ShmemPmdMapped:", "FilePmdMapped:" ->
                new MappingDetails(rssKb, swapKb, anonHugeKb, fileHugeKb + kb(lines, key, value), pageKb, hugeEligible);
            case "Private_Hugetlb:", "Shared_Hugetlb:" ->
                new MappingDetails(rssKb + kb(lines, key, value), swapKb, anonHugeKb, fileHugeKb, pageKb, hugeEligible);
            case "KernelPageSize:" ->
                new MappingDetails(rssKb, swapKb, anonHugeKb, fileHugeKb, kb(lines, key, value), hugeEligible);
            case "THPeligible:" ->
                new MappingDetails(rssKb, swapKb, anonHugeKb, fileHugeKb, pageKb, number(lines, key, value) != 0);
            default -> this;
        };
    }

    private static long kb(final TextLines lines, final String key, final String value) {
        if (!value.endsWith(UNIT)) {
            throw lines.error("bad " + key + " got " + SnapshotException.quote(value) + ", allowed a number and kB");
        }
        return number(lines, key, value.substring(0, value.length() - UNIT.length()));
    }

    private static long number(final TextLines lines, final String key, final String value) {
        return lines.decimal(value, key.substring(0, key.length() - 1));
    }
}
