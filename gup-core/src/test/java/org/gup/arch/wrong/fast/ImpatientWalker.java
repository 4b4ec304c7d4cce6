package org.gup.arch.wrong.fast;

import java.util.concurrent.locks.ReentrantLock;
import org.agrona.UnsafeApi;
import org.gup.arch.wrong.mm.WrongFaults;

/** Takes a lock, faults and reads raw memory. */
public final class ImpatientWalker {
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * Does all three.
     *
     * @param address anything
     * @return anything
     */
    public long walk(final long address) {
        lock.lock();
        try {
            return UnsafeApi.getLong(WrongFaults.handle(address));
        } finally {
            lock.unlock();
        }
    }
}
