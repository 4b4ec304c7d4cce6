package org.gup.offheap;

import org.agrona.UnsafeApi;

/**
 * A test-and-set lock in one off-heap {@code int}: 0 free, 1 taken. Models {@code spinlock_t}.
 *
 * <p>Assumptions: a holder neither sleeps nor takes the same lock again. Guarantees: mutual exclusion; what was written
 * before {@link #unlock} is visible after the next {@link #lock}. Progress: blocking, unfair.
 */
public final class SpinLock {
    /** Bytes of a lock word. */
    public static final int LENGTH = Integer.BYTES;

    private SpinLock() {}

    /**
     * Takes the lock, waiting for it.
     *
     * @param address address of the lock word
     * @param await what to do while it is taken
     */
    public static void lock(final long address, final Await await) {
        for (int tries = 0; !tryLock(address); tries++) {
            await.pause(tries);
        }
    }

    /**
     * Takes the lock if it is free.
     *
     * @param address address of the lock word
     * @return whether it was taken
     */
    public static boolean tryLock(final long address) {
        if (Checks.ENABLED) {
            Checks.access(address, LENGTH);
        }
        // Order: the CAS acquires; it pairs with the release in unlock.
        return UnsafeApi.getIntOpaque(null, address) == 0 && UnsafeApi.compareAndSetInt(null, address, 0, 1);
    }

    /**
     * Gives the lock back.
     *
     * @param address address of the lock word
     * @throws IllegalStateException if it is free; only with {@link Checks#ENABLED}
     */
    public static void unlock(final long address) {
        if (Checks.ENABLED) {
            Checks.access(address, LENGTH);
            if (UnsafeApi.getIntOpaque(null, address) == 0) {
                throw new IllegalStateException(
                        "unlock of a lock that is free: address=0x" + Long.toHexString(address));
            }
        }
        UnsafeApi.putIntRelease(null, address, 0);
    }
}
