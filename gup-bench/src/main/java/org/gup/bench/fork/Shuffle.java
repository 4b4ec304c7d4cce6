package org.gup.bench.fork;

import java.util.List;
import java.util.SplittableRandom;

/** Orders in which a round takes its cases: as {@link java.util.Collections#shuffle}, for a generator that splits. */
public final class Shuffle {
    private Shuffle() {}

    /**
     * The numbers from 0 on in random order.
     *
     * @param count how many
     * @param random where the order comes from
     * @return each once
     */
    public static int[] order(final int count, final SplittableRandom random) {
        final int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            final int j = random.nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /**
     * Puts a list in random order.
     *
     * @param list can be changed
     * @param random where the order comes from
     */
    public static <T> void shuffle(final List<T> list, final SplittableRandom random) {
        for (int i = list.size() - 1; i > 0; i--) {
            final int j = random.nextInt(i + 1);
            list.set(i, list.set(j, list.get(i)));
        }
    }
}
