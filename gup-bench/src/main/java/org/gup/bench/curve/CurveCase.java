package org.gup.bench.curve;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One point of a curve.
 *
 * @param family which factor is varied
 * @param kind which curve of the family
 * @param x the value of the factor, as it stands in the id
 * @param label what a reader calls it
 * @param pages pages of one call
 * @param write whether the pages are got to be written
 */
public record CurveCase(String family, String kind, String x, String label, int pages, boolean write) {
    /** What the id of every case begins with. */
    public static final String PREFIX = "curve/";

    /**
     * The key of everything written about it.
     *
     * @return family, kind and factor
     */
    public String id() {
        return PREFIX + family + "/" + kind + "/" + x;
    }

    /** What the files say about it. */
    SortedMap<String, String> params() {
        return new TreeMap<>(Map.of(
                "family",
                family,
                "kind",
                kind,
                "x",
                x,
                "pagesPerCall",
                Integer.toString(pages),
                "access",
                write ? "write" : "read"));
    }
}
