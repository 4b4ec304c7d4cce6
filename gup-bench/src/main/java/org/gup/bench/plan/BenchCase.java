package org.gup.bench.plan;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.layout.Layout;

/**
 * One thing to be measured.
 *
 * @param subject what is timed
 * @param layout in which address space
 * @param pagesPerCall pages of one call
 * @param guard shape of the checks of the fast walk
 * @param access read or write
 * @param operations pages of one invocation, if they are not those of the annotation; else 0
 */
public record BenchCase(Subject subject, Layout layout, int pagesPerCall, String guard, String access, int operations) {
    /** The product's own shape of the checks. */
    public static final String FUSED = "fused";
    /** The other shape. */
    public static final String CHECK_BY_CHECK = "check-by-check";
    /** What synthetic layouts are asked for. */
    public static final String WRITE = "write";
    /** What dumps are asked for: a write would copy pages first. */
    public static final String READ = "read";

    /**
     * A case of a synthetic layout, with the product's own guard.
     *
     * @param subject what is timed
     * @param layout 4K or 2M
     * @param pagesPerCall pages of one call
     * @return the case
     */
    public static BenchCase synthetic(final Subject subject, final Layout layout, final int pagesPerCall) {
        return new BenchCase(subject, layout, pagesPerCall, FUSED, WRITE, 0);
    }

    /**
     * The baseline.
     *
     * @return the case
     */
    public static BenchCase baseline() {
        return synthetic(Subject.ATOMIC_ADD, Layout.BASE_PAGES, 512);
    }

    /**
     * What it may be compared with: cases of one cell differ in the subject or the guard alone.
     *
     * @return layout, pages per call, access
     */
    public String cell() {
        return layout.label() + "/" + pagesPerCall + "/" + access;
    }

    /**
     * The key of everything written about it.
     *
     * @return a stable name
     */
    public String id() {
        if (subject == Subject.ATOMIC_ADD) {
            return subject.key();
        }
        final String usual = layout.isDump() ? READ : WRITE;
        return subject.key() + "/" + layout.label() + "/" + pagesPerCall
                + (guard.equals(FUSED) ? "" : "/" + guard)
                + (access.equals(usual) ? "" : "/" + access);
    }

    /**
     * What a reader calls it.
     *
     * @return a few words
     */
    public String label() {
        final String usual = layout.isDump() ? READ : WRITE;
        return subject.label()
                + (guard.equals(FUSED) ? "" : ", " + guard)
                + (access.equals(usual) ? "" : ", " + access);
    }

    /**
     * The benchmark's parameters: every one it has.
     *
     * @return by name
     */
    public SortedMap<String, String> params() {
        return subject == Subject.ATOMIC_ADD
                ? new TreeMap<>()
                : new TreeMap<>(Map.of(
                        "layout",
                        layout.name(),
                        "pagesPerCall",
                        Integer.toString(pagesPerCall),
                        "guard",
                        guard,
                        "access",
                        access));
    }
}
