package org.gup.bench.agree;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.gup.bench.agree.truth.RecordedCall;

/**
 * Disagreements that are known and argued for. A line of the list has eight fields between tabs: how many there are; regular
 * expressions for the boot, the setup, the call with its flags ({@code call flags}), the field, the kernel's side and the
 * model's; and the reason.
 */
final class Explanations {
    private static final String RESOURCE = "/org/gup/bench/agree/explained.tsv";
    private static final int FIELDS = 8;

    private final List<Explanation> all;

    private Explanations(final List<Explanation> all) {
        this.all = all;
    }

    /** One line of the list, and how often it was needed. */
    static final class Explanation {
        private final long expected;
        private final List<Pattern> patterns = new ArrayList<>();
        private final String reason;
        private long found;

        private Explanation(final String line) {
            final String[] field = line.split("\t", -1);
            if (field.length != FIELDS) {
                throw new IllegalArgumentException(
                        "eight fields wanted: fields=" + field.length + ", line='" + line + "'");
            }
            this.expected = Long.parseLong(field[0]);
            for (int i = 1; i < FIELDS - 1; i++) {
                patterns.add(Pattern.compile(field[i]));
            }
            this.reason = field[FIELDS - 1];
        }

        private boolean matches(final RecordedCall call, final Difference difference) {
            return matches(0, call.boot())
                    && matches(1, call.setup())
                    && matches(2, call.call() + " " + call.flags())
                    && matches(3, difference.field())
                    && matches(4, difference.recorded())
                    && matches(5, difference.model());
        }

        private boolean matches(final int pattern, final String text) {
            return patterns.get(pattern).matcher(text).matches();
        }

        String reason() {
            return reason;
        }

        long expected() {
            return expected;
        }

        long found() {
            return found;
        }

        @Override
        public String toString() {
            return String.join(" | ", patterns.stream().map(Pattern::pattern).toList()) + ": " + reason;
        }
    }

    static Explanations bundled() {
        try (InputStream in = Objects.requireNonNull(Explanations.class.getResourceAsStream(RESOURCE), RESOURCE);
                BufferedReader text = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return of(text.lines().toList());
        } catch (final IOException failed) {
            throw new UncheckedIOException("cannot read " + RESOURCE, failed);
        }
    }

    static Explanations of(final List<String> lines) {
        return new Explanations(lines.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Explanation::new)
                .toList());
    }

    /** Whether a difference is on the list; counts it there. */
    boolean explains(final RecordedCall call, final Difference difference) {
        for (final Explanation explanation : all) {
            if (explanation.matches(call, difference)) {
                explanation.found++;
                return true;
            }
        }
        return false;
    }

    /** The lines that were needed, in their order. */
    List<Explanation> used() {
        return all.stream().filter(explanation -> explanation.found > 0).toList();
    }

    /** The lines whose number of disagreements is not the one they give. */
    List<Explanation> miscounted() {
        return all.stream()
                .filter(explanation -> explanation.found != explanation.expected)
                .toList();
    }
}
