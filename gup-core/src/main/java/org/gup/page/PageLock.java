package org.gup.page;

import static org.gup.page.PageDescriptor.PG_LOCKED;

import org.gup.offheap.Await;

/** The page lock, a bit of {@code flags}. Models {@code lock_page()}. Blocking, unfair. */
public final class PageLock {
    private PageLock() {}

    /**
     * Takes the lock if it is free. Models {@code trylock_page()}.
     *
     * @param page address of a head's or base page's hot record
     * @return whether it was taken
     */
    public static boolean tryLock(final long page) {
        return (PageDescriptor.setFlags(page, PG_LOCKED) & PG_LOCKED) == 0;
    }

    /**
     * Takes the lock, waiting for it.
     *
     * @param page address of a head's or base page's hot record
     * @param await what to do while it is taken
     */
    public static void lock(final long page, final Await await) {
        for (int tries = 0; !tryLock(page); tries++) {
            await.pause(tries);
        }
    }

    /**
     * Gives the lock back. Models {@code unlock_page()}.
     *
     * @param page address of a head's or base page's hot record
     * @throws IllegalStateException if it is not locked
     */
    public static void unlock(final long page) {
        if ((PageDescriptor.clearFlags(page, PG_LOCKED) & PG_LOCKED) == 0) {
            throw new IllegalStateException("unlock_page of a page that is not locked");
        }
    }

    /**
     * Waits until nobody holds the lock. Models {@code wait_on_page_locked()}; without a reference, as
     * {@code put_and_wait_on_page_locked()} does it: the page may then be another's by the time the wait ends.
     *
     * @param page address of a head's or base page's hot record
     * @param await what to do while it is taken
     */
    public static void waitUnlocked(final long page, final Await await) {
        for (int tries = 0; (PageDescriptor.flagsVolatile(page) & PG_LOCKED) != 0; tries++) {
            await.pause(tries);
        }
    }
}
