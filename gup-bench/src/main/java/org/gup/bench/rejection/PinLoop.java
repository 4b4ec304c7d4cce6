package org.gup.bench.rejection;

import org.gup.mm.MmStruct;
import org.gup.task.Task;

/**
 * Longterm calls of one kernel, in a loop that is timed. Public because what implements it is loaded by {@link KernelCopy}, and
 * so lives in another package of the same name.
 */
public interface PinLoop {
    /**
     * Calls get_user_pages(FOLL_WRITE | FOLL_LONGTERM).
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param start first address
     * @param nrPages pages of each call
     * @param pages an array for each call; nothing is given back
     * @param results what each call returned
     * @param calls how many
     * @return nanoseconds of all of them
     */
    long slow(Task task, MmStruct mm, long start, int nrPages, long[][] pages, long[] results, int calls);

    /**
     * Calls get_user_pages_fast(FOLL_WRITE | FOLL_LONGTERM).
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is not held
     * @param start first address
     * @param nrPages pages of each call
     * @param pages an array for each call; nothing is given back
     * @param results what each call returned
     * @param calls how many
     * @return nanoseconds of all of them
     */
    long fast(Task task, MmStruct mm, long start, int nrPages, long[][] pages, long[] results, int calls);

    /**
     * Counts what a call of get_user_pages(FOLL_WRITE | FOLL_LONGTERM) does in vain: pages whose mapping it had found, and which
     * it did not return. Gives back what it returned.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param start first address
     * @param nrPages pages
     * @return pages pinned and given back inside the call
     */
    int thrownAway(Task task, MmStruct mm, long start, int nrPages);
}
