package org.gup.bench.plan;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.gup.bench.layout.Layout;
import org.gup.bench.results.CaseInfo;

/**
 * One thing to be measured.
 *
 * @param subject what is timed
 * @param layout in which address space
 * @param pagesPerCall pages of one call
 * @param guard shape of the checks of the fast walk
 * @param access read or write
 * @param operations pages of one invocation, if they are not those of the annotation; else 0
 * @param twin tells apart cases that measure the same: empty, or such as {@code 3a} for one half of the third A/A pair
 */
public record BenchCase(
        Subject subject, Layout layout, int pagesPerCall, String guard, String access, int operations, String twin) {
    /** The product's own shape of the checks. */
    public static final String FUSED = "fused";
    /** The other shape. */
    public static final String CHECK_BY_CHECK = "check-by-check";
    /** What synthetic layouts are asked for. */
    public static final String WRITE = "write";
    /** What dumps are asked for: a write would copy pages first. */
    public static final String READ = "read";

    /**
     * A case that is no half of an A/A pair.
     *
     * @param subject what is timed
     * @param layout in which address space
     * @param pagesPerCall pages of one call
     * @param guard shape of the checks of the fast walk
     * @param access read or write
     * @param operations pages of one invocation, if they are not those of the annotation; else 0
     */
    public BenchCase(
            final Subject subject,
            final Layout layout,
            final int pagesPerCall,
            final String guard,
            final String access,
            final int operations) {
        this(subject, layout, pagesPerCall, guard, access, operations, "");
    }

    /**
     * The same case as one half of an A/A pair.
     *
     * @param half such as {@code 3a}
     * @return a case that measures the same
     */
    public BenchCase withTwin(final String half) {
        return new BenchCase(subject, layout, pagesPerCall, guard, access, operations, half);
    }

    /**
     * The case that a row of results is about.
     *
     * @param info the row
     * @return the case, if its benchmark is one of the subjects
     */
    public static Optional<BenchCase> of(final CaseInfo info) {
        final int sign = info.id().indexOf('#');
        return Subject.of(info.benchmark()).map(subject -> {
            if (subject == Subject.ATOMIC_ADD) {
                return baseline();
            }
            final SortedMap<String, String> params = info.params();
            return new BenchCase(
                    subject,
                    new Layout(params.getOrDefault("layout", "")),
                    Integer.parseInt(params.getOrDefault("pagesPerCall", "0")),
                    params.getOrDefault("guard", FUSED),
                    params.getOrDefault("access", WRITE),
                    info.operations(),
                    sign < 0 ? "" : info.id().substring(sign + 1));
        });
    }

    /**
     * The same for the results.
     *
     * @param forks how many JVMs are planned for it
     * @return what is written about it
     */
    public CaseInfo info(final int forks) {
        return new CaseInfo(id(), rowLabel(), subject.benchmark(), params(), operations, forks);
    }

    /**
     * What a reader calls it where no column says the layout.
     *
     * @return a few words
     */
    public String rowLabel() {
        return subject == Subject.ATOMIC_ADD ? label() : label() + ", " + layout.label() + " x " + pagesPerCall;
    }

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
                + (access.equals(usual) ? "" : "/" + access)
                + (twin.isEmpty() ? "" : "#" + twin);
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
                + (access.equals(usual) ? "" : ", " + access)
                + (twin.isEmpty() ? "" : " (A/A " + twin + ")");
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
