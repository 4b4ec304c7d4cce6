package org.gup.bench.mutate;

/** What can be done to part of an address space. */
public enum Mutation {
    /** munmap, mmap at the same place, every page written. */
    UNMAP("munmap", true, true),
    /** mprotect to read-only and back. */
    PROTECT("mprotect", true, false),
    /** madvise(MADV_DONTNEED), every page written. */
    DISCARD("discard", false, true),
    /** fork; the child writes a page and exits. */
    FORK("fork", false, false),
    /** Pages move to other frames, as by move_pages(2). */
    MIGRATE("migration", false, false),
    /** A contiguous block is allocated, written and given back: pages move out of its way. */
    CONTIGUOUS("cma", false, false),
    /** Pages go to swap. */
    SWAP_OUT("swap-out", false, false),
    /** Access is taken away, to learn who uses a page. */
    NUMA_HINT("numa-hint", false, false),
    /** The window is mapped anew with huge pages. */
    HUGE("huge", true, true);

    private final String id;
    private final boolean refusing;
    private final boolean emptying;

    Mutation(final String id, final boolean refusing, final boolean emptying) {
        this.id = id;
        this.refusing = refusing;
        this.emptying = emptying;
    }

    /**
     * The key of what is written about it.
     *
     * @return letters and dashes
     */
    public String id() {
        return id;
    }

    /**
     * Whether meanwhile a call that wants to write may be refused.
     *
     * @return true where -EFAULT, or fewer pages, is a right answer
     */
    public boolean isRefusing() {
        return refusing;
    }

    /**
     * Whether a page may be new, and not stamped yet.
     *
     * @return true where zeroes are right contents
     */
    public boolean isEmptying() {
        return emptying;
    }
}
