package org.gup.bench.paired;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What the mails of June 2019 said about the two alternatives to the test of v5.2: a test for contiguous memory inside the walk,
 * and one as a second pass over the array. Message {@value #MESSAGE}, 11 June 2019: {@code gup_benchmark
 * -r 100} over 128 MiB on an EPYC 7601, v5.2-rc2, no contiguous memory configured.
 */
public final class June2019 {
    /** The mail that all figures are from. */
    public static final String MESSAGE = "20190611122935.GA9919@dhcp-128-55.nay.redhat.com";

    /** Pages of their range: 128 MiB. */
    public static final int PAGES = 32_768;

    /** Pages of one call for which they have a baseline. */
    public static final int PAGES_PER_CALL = 64;

    /** Pages of one call, in the order of the mail. */
    public static final List<Integer> SIZES = List.of(64, 128, 256, 512);

    /** Microseconds for the range with 64 pages a call, by arm. */
    private static final Map<String, Double> FIRST = Map.of(
            "v5.2", 477.80,
            "v5.2-lt", 481.07,
            "cma-second-pass", 481.80,
            "cma-second-pass-lt", 640.41,
            "cma-in-walk", 466.24,
            "cma-in-walk-lt", 529.74);

    /** Microseconds for the range by arm, for each of {@link #SIZES}: a later run. */
    private static final Map<String, List<Double>> SWEEP = Map.of(
            "cma-second-pass-lt", List.of(633.23, 676.83, 747.14, 683.19),
            "cma-in-walk-lt", List.of(528.32, 529.10, 523.95, 512.88),
            "cma-second-pass", List.of(479.73, 473.87, 477.67, 488.70),
            "cma-in-walk", List.of(470.13, 467.11, 463.06, 469.62));

    /** What the ids of our variants with a fused guard begin with. */
    private static final String FUSED = "fused-";

    private June2019() {}

    /**
     * The published cost of a variant.
     *
     * @param arm id of the arm
     * @param pagesPerCall pages of one call
     * @param first whether of the first run, which has a baseline and 64 pages a call alone; else of the sweep
     * @return nanoseconds per page, if the mail has it
     */
    public static OptionalDouble nanosPerPage(final String arm, final int pagesPerCall, final boolean first) {
        final Double micros;
        if (first) {
            micros = pagesPerCall == PAGES_PER_CALL ? FIRST.get(arm) : null;
        } else {
            final List<Double> sweep = SWEEP.get(arm);
            final int size = SIZES.indexOf(pagesPerCall);
            micros = sweep == null || size < 0 ? null : sweep.get(size);
        }
        return micros == null ? OptionalDouble.empty() : OptionalDouble.of(micros * 1000 / PAGES);
    }

    /**
     * The published ratio of two variants, both of one run.
     *
     * @param arm id of the one that has more
     * @param base id of what it is compared with
     * @param pagesPerCall pages of one call
     * @return the ratio, of the first run if it has both, else of the sweep; NaN if neither has
     */
    public static double ratio(final String arm, final String base, final int pagesPerCall) {
        final double ofFirst = ratio(arm, base, pagesPerCall, true);
        return Double.isNaN(ofFirst) ? ratio(arm, base, pagesPerCall, false) : ofFirst;
    }

    /**
     * The ratio of two variants in one of the runs.
     *
     * @param arm id of the one that has more
     * @param base id of what it is compared with
     * @param pagesPerCall pages of one call
     * @param first whether of the first run; else of the sweep
     * @return the ratio; NaN if the run does not have both
     */
    public static double ratio(final String arm, final String base, final int pagesPerCall, final boolean first) {
        final OptionalDouble more = nanosPerPage(plain(arm), pagesPerCall, first);
        final OptionalDouble less = nanosPerPage(plain(base), pagesPerCall, first);
        return more.isPresent() && less.isPresent() ? more.getAsDouble() / less.getAsDouble() : Double.NaN;
    }

    /** The kernel has one shape of checks: our fused variants stand beside the same figures. */
    private static String plain(final String arm) {
        return arm.startsWith(FUSED) ? arm.substring(FUSED.length()) : arm;
    }
}
