package org.gup.page;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A range of pages that belongs to a device. Models {@code struct dev_pagemap} and its percpu reference.
 *
 * <p>Lookups are lock-free over a registry that is replaced as a whole. A lookup that finds a live range holds a reference
 * to it, which keeps {@link #kill} from completing, until {@link #put}.
 */
public final class DevPagemap {
    /** What the range is for. */
    public enum Type {
        /** A file system's persistent memory. */
        FS_DAX,
        /** A character device's. */
        DEVICE_DAX
    }

    private static final long DEAD = Long.MIN_VALUE;

    private final Type type;
    private final long startPfn;
    private final long endPfn;
    /** References held by lookups; {@link #DEAD} is added once the range is killed. */
    private final AtomicLong references = new AtomicLong();

    /**
     * A live range.
     *
     * @param type what it is for
     * @param startPfn first pfn
     * @param endPfn one past the last
     */
    public DevPagemap(final Type type, final long startPfn, final long endPfn) {
        if (startPfn < 0 || endPfn <= startPfn) {
            throw new IllegalArgumentException("empty device range: startPfn=" + startPfn + ", endPfn=" + endPfn);
        }
        this.type = type;
        this.startPfn = startPfn;
        this.endPfn = endPfn;
    }

    /**
     * What the range is for.
     *
     * @return its type
     */
    public Type type() {
        return type;
    }

    /**
     * First pfn.
     *
     * @return a pfn
     */
    public long startPfn() {
        return startPfn;
    }

    /**
     * One past the last pfn.
     *
     * @return a pfn
     */
    public long endPfn() {
        return endPfn;
    }

    /**
     * Whether a page is in the range.
     *
     * @param pfn any number
     * @return true if it is
     */
    public boolean contains(final long pfn) {
        return pfn >= startPfn && pfn < endPfn;
    }

    /**
     * Takes a reference if the range is alive. Models {@code percpu_ref_tryget_live()}.
     *
     * @return whether it was taken
     */
    public boolean tryGet() {
        while (true) {
            final long seen = references.get();
            if (seen < 0) {
                return false;
            }
            if (references.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
    }

    /**
     * Gives a reference back. Models {@code put_dev_pagemap()}.
     *
     * @throws IllegalStateException if none is held
     */
    public void put() {
        while (true) {
            final long seen = references.get();
            if (seen == 0 || seen == DEAD) {
                throw new IllegalStateException(
                        "put of a device range without a reference: startPfn=" + startPfn + ", endPfn=" + endPfn);
            }
            if (references.compareAndSet(seen, seen - 1)) {
                return;
            }
        }
    }

    /** No reference will be given from now on. Models {@code percpu_ref_kill()}. */
    public void kill() {
        references.updateAndGet(seen -> seen < 0 ? seen : seen + DEAD);
    }

    /**
     * References held.
     *
     * @return how many, whether alive or dead
     */
    public long references() {
        final long seen = references.get();
        return seen < 0 ? seen - DEAD : seen;
    }
}
