package org.gup.bench.layout;

import java.util.List;

/**
 * Pages to ask for, which may stand for more of the same: empty pages of one mapping go one way.
 *
 * @param range the pages to ask for; what it is names a kind of mapping
 * @param mapping the one mapping it is in, for reports
 * @param pages how many it stands for; the last page asked for stands for those that are not
 * @param held whether there is something in memory or in swap, of a process; false for other layouts
 */
public record AskedRange(PageRange range, String mapping, long pages, boolean held) {
    static List<AskedRange> all(final List<PageRange> ranges) {
        return ranges.stream()
                .map(range -> new AskedRange(range, range.what(), range.pages(), false))
                .toList();
    }
}
