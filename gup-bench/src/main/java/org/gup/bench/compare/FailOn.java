package org.gup.bench.compare;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.gup.bench.error.BadInputException;
import org.gup.bench.text.Glob;

/**
 * A rule that fails a build: cases that match got slower by more than a limit, significantly.
 *
 * @param cases which ones
 * @param measure of what
 * @param limit relative, such as 0.05
 * @param text as it was given
 */
public record FailOn(Glob cases, Measure measure, double limit, String text) {
    private static final Pattern RULE = Pattern.compile("(.*)>\\s*([0-9.]+)\\s*%");

    /**
     * Reads a rule.
     *
     * @param text {@code [CASES:][mean|p50|min]>N%}, or {@code CASES>N%} for the mean
     * @return the rule
     * @throws BadInputException if it is none
     */
    public static FailOn parse(final String text) {
        final Matcher rule = RULE.matcher(text.strip());
        if (!rule.matches()) {
            throw wrong(text);
        }
        final String left = rule.group(1).strip();
        final int colon = left.lastIndexOf(':');
        final String last = left.substring(colon + 1);
        // The names of dumps hold colons: only a measure behind one is a measure.
        final boolean measured = Measure.named(last).isPresent();
        if (colon >= 0 && !measured && !left.contains("tables:")) {
            throw wrong(text);
        }
        final String cases = !measured ? left : colon < 0 ? "" : left.substring(0, colon);
        try {
            return new FailOn(
                    new Glob(cases.isEmpty() ? "*" : cases),
                    Measure.named(last).orElse(Measure.MEAN),
                    Double.parseDouble(rule.group(2)) / 100,
                    text.strip());
        } catch (final NumberFormatException noNumber) {
            throw wrong(text);
        }
    }

    private static BadInputException wrong(final String text) {
        return new BadInputException(
                "bad rule '" + text + "': expected [CASES:][mean|p50|min]>N%, such as 'get-fast*:p50>5%'");
    }
}
