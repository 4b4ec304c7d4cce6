package org.gup.offheap;

/**
 * What a thread does between two looks at a word that another thread will change.
 *
 * <p>Every wait in the model (a lock that is taken, walkers that have not left yet) goes through one of these, so that a
 * test can step it and a machine with few cores can yield.
 */
@FunctionalInterface
public interface Await {
    /** Spins briefly, then yields: on a machine with few cores the thread waited for needs this one's core. */
    Await YIELDING = tries -> {
        if (tries < 16) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
    };

    /**
     * Called once for each failed look.
     *
     * @param tries how many looks have failed before this one
     */
    void pause(int tries);
}
