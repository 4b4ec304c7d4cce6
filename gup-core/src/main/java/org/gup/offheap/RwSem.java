package org.gup.offheap;

import org.agrona.UnsafeApi;

/**
 * A reader-writer semaphore in one off-heap {@code int}. Models {@code struct rw_semaphore}.
 *
 * <pre>
 *    31       30       29 ........ 0
 *  | WRITER | WAITING | readers inside |
 * </pre>
 *
 * <p>Assumptions: each {@code down} is matched by one {@code up} of the same kind; a reader does not take it again while
 * a writer may be waiting. Guarantees: readers exclude writers, writers exclude everybody; a waiting writer keeps new
 * readers out, so that it is not starved. Progress: blocking; waits go through {@link Await}.
 */
public final class RwSem {
    /** Bytes of a semaphore word. */
    public static final int LENGTH = Integer.BYTES;

    private static final int WRITER = 1 << 31;
    private static final int WAITING = 1 << 30;
    private static final int READERS = WAITING - 1;

    private RwSem() {}

    /**
     * Enters as a reader. Models {@code down_read()}.
     *
     * @param address address of the semaphore word
     * @param await what to do while a writer is inside or waiting
     */
    public static void downRead(final long address, final Await await) {
        for (int tries = 0; !tryDownRead(address); tries++) {
            await.pause(tries);
        }
    }

    /**
     * Enters as a reader if no writer is inside or waiting. Models {@code down_read_trylock()}.
     *
     * @param address address of the semaphore word
     * @return whether it entered
     */
    public static boolean tryDownRead(final long address) {
        while (true) {
            final int seen = wordVolatile(address);
            if ((seen & (WRITER | WAITING)) != 0) {
                return false;
            }
            if (UnsafeApi.compareAndSetInt(null, address, seen, seen + 1)) {
                return true;
            }
        }
    }

    /**
     * Leaves as a reader. Models {@code up_read()}.
     *
     * @param address address of the semaphore word
     * @throws IllegalStateException if no reader is inside
     */
    public static void upRead(final long address) {
        if ((wordVolatile(address) & READERS) == 0) {
            throw new IllegalStateException("up_read without a reader inside");
        }
        UnsafeApi.getAndAddInt(null, address, -1);
    }

    /**
     * Enters as the writer. Models {@code down_write()}.
     *
     * @param address address of the semaphore word
     * @param await what to do while somebody is inside
     */
    public static void downWrite(final long address, final Await await) {
        for (int tries = 0; ; tries++) {
            final int seen = wordVolatile(address);
            if ((seen & (WRITER | READERS)) == 0) {
                // Taking it clears WAITING; other waiting writers set it again on their next look.
                if (UnsafeApi.compareAndSetInt(null, address, seen, WRITER)) {
                    return;
                }
            } else if ((seen & WAITING) == 0) {
                UnsafeApi.compareAndSetInt(null, address, seen, seen | WAITING);
            }
            await.pause(tries);
        }
    }

    /**
     * Leaves as the writer. Models {@code up_write()}.
     *
     * @param address address of the semaphore word
     * @throws IllegalStateException if no writer is inside
     */
    public static void upWrite(final long address) {
        if ((wordVolatile(address) & WRITER) == 0) {
            throw new IllegalStateException("up_write without a writer inside");
        }
        UnsafeApi.getAndBitwiseAndInt(null, address, ~WRITER);
    }

    /**
     * Whether anybody is inside. Models {@code rwsem_is_locked()}.
     *
     * @param address address of the semaphore word
     * @return true with a reader or a writer inside
     */
    public static boolean isLocked(final long address) {
        return (wordVolatile(address) & (WRITER | READERS)) != 0;
    }

    /**
     * Whether a writer is inside.
     *
     * @param address address of the semaphore word
     * @return true with a writer inside
     */
    public static boolean isWriteLocked(final long address) {
        return (wordVolatile(address) & WRITER) != 0;
    }

    private static int wordVolatile(final long address) {
        if (Checks.ENABLED) {
            Checks.access(address, LENGTH);
        }
        return UnsafeApi.getIntVolatile(null, address);
    }
}
