package org.gup.property;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Makes a failing sequence short: leaves parts out as long as it still fails. Delta debugging, the simple form. */
final class Shrinker {
    private Shrinker() {}

    /**
     * A short sequence that still fails.
     *
     * @param failing a sequence that fails
     * @param fails tells of any sequence whether it fails
     * @return one from which no single element can be left out
     */
    static <T> List<T> shrink(final List<T> failing, final Predicate<List<T>> fails) {
        List<T> shortest = List.copyOf(failing);
        int part = Math.max(1, shortest.size() / 2);
        while (true) {
            final List<T> shorter = withoutOnePart(shortest, part, fails);
            if (shorter.size() < shortest.size()) {
                shortest = shorter;
                part = Math.min(part, Math.max(1, shortest.size() / 2));
            } else if (part == 1) {
                return shortest;
            } else {
                part = part / 2;
            }
        }
    }

    private static <T> List<T> withoutOnePart(final List<T> whole, final int part, final Predicate<List<T>> fails) {
        for (int start = 0; start < whole.size(); start += part) {
            final List<T> rest = new ArrayList<>(whole.subList(0, start));
            rest.addAll(whole.subList(Math.min(whole.size(), start + part), whole.size()));
            if (fails.test(rest)) {
                return rest;
            }
        }
        return whole;
    }
}
