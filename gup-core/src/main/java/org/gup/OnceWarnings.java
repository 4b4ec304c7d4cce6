package org.gup;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.gup.stat.Counter;
import org.gup.task.Task;

/**
 * Warnings that are given once for each place. Models {@code WARN_ON_ONCE()}, with the message kept instead of printed.
 *
 * <p>Threading: any thread; of several that warn at once, one does.
 */
final class OnceWarnings {
    /** Places that warn. */
    enum Site {
        GET_USER_PAGES_LOCKED,
        GET_USER_PAGES_UNLOCKED,
        GET_USER_PAGES_REMOTE
    }

    private static final Site[] SITES = Site.values();

    private final AtomicReferenceArray<String> given = new AtomicReferenceArray<>(SITES.length);

    /** Gives a warning unless this place has given one since the last reset. */
    @SuppressWarnings("EnumOrdinal") // an index into an array of this class
    void warn(final Task task, final Site site, final String message) {
        if (given.compareAndSet(site.ordinal(), null, message)) {
            task.counters().add(Counter.WARNINGS, 1);
        }
    }

    List<String> given() {
        return IntStream.range(0, given.length())
                .mapToObj(given::get)
                .filter(Objects::nonNull)
                .toList();
    }

    void reset() {
        for (int i = 0; i < given.length(); i++) {
            given.set(i, null);
        }
    }
}
