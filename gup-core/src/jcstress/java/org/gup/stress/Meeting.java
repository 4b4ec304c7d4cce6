package org.gup.stress;

import org.agrona.UnsafeApi;
import org.gup.offheap.Await;

/**
 * Lets two actors begin together. On a busy machine one would else often be done before the other is given a processor, and
 * nothing would race.
 */
final class Meeting {
    /** How often an actor looks whether the other has come, before it begins without it. */
    private static final int PATIENCE = 200;

    private Meeting() {}

    /** Nobody has come yet. */
    static void prepare(final long word) {
        UnsafeApi.putInt(null, word, 0);
    }

    /** Waits for the other actor, within reason. */
    static void meet(final long word) {
        UnsafeApi.getAndAddInt(null, word, 1);
        for (int tries = 0; tries < PATIENCE && UnsafeApi.getIntVolatile(null, word) < 2; tries++) {
            Await.YIELDING.pause(tries);
        }
    }
}
