package org.gup.shim;

import org.jspecify.annotations.Nullable;

/**
 * Notices that a thread waits: it looks at the same few words over and over. Every wait of the model is of that kind (a lock
 * word, a walker's slot, an entry and the lock of the page it names), and no work of the model is.
 */
final class SpinDetector implements AccessObserver {
    private static final int WORDS = 8;
    private static final int LOOKS = 20_000;

    private final Runnable waiting;
    private final long[] words = new long[WORDS];
    private int next;
    private int looks;

    /** @param waiting called when the thread has begun to wait, and again after as many more looks */
    SpinDetector(final Runnable waiting) {
        this.waiting = waiting;
    }

    @Override
    public void before(final AccessKind kind, final @Nullable Object base, final long address, final long bytes) {
        for (final long word : words) {
            if (word == address) {
                looks++;
                if (looks >= LOOKS) {
                    looks = 0;
                    waiting.run();
                }
                return;
            }
        }
        words[next] = address;
        next = (next + 1) % WORDS;
        looks = 0;
    }
}
