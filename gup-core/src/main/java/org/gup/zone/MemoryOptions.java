package org.gup.zone;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.gup.offheap.Await;
import org.gup.page.DevPagemap;
import org.gup.tlb.TlbSync;

/**
 * The options of {@link PhysicalMemory.Builder}. Not thread-safe.
 *
 * @param <B> the builder
 */
abstract class MemoryOptions<B extends MemoryOptions<B>> {
    int cpus = 2;
    int maxTasks = 64;
    long tablePages = 4096;
    long normalPages = 16384;
    long movablePages;
    long swapPages;
    long hugetlbPages;
    boolean importing;
    long importedPages;
    long firstTablePfn;
    long importedZeroPfn = -1;
    Await await = Await.YIELDING;
    TlbSync tlbSync = TlbSync.RCU_DEFER;
    final List<CmaRange> cmaAreas = new ArrayList<>();
    final List<Device> devices = new ArrayList<>();

    record Device(DevPagemap.Type type, long pages) {}

    MemoryOptions() {}

    /** This, as the type that callers see. */
    abstract B self();

    /**
     * How many CPUs.
     *
     * @param cpus 1 to {@link PhysicalMemory#MAX_CPUS}; default 2
     * @return this
     */
    public B cpus(final int cpus) {
        this.cpus = cpus;
        return self();
    }

    /**
     * How many tasks there may be at a time.
     *
     * @param maxTasks 1 to {@link PhysicalMemory#MAX_TASKS}; default 64
     * @return this
     */
    public B maxTasks(final int maxTasks) {
        this.maxTasks = maxTasks;
        return self();
    }

    /**
     * Frames for page tables.
     *
     * @param pages at least 1; default 4096
     * @return this
     */
    public B tablePages(final long pages) {
        this.tablePages = pages;
        return self();
    }

    /**
     * Size of ZONE_NORMAL, CMA areas included.
     *
     * @param pages at least 1, rounded up to a multiple of 1024; default 16384
     * @return this
     */
    public B normalPages(final long pages) {
        this.normalPages = pages;
        return self();
    }

    /**
     * Size of ZONE_MOVABLE.
     *
     * @param pages rounded up to a multiple of 1024; default 0: no such zone
     * @return this
     */
    public B movablePages(final long pages) {
        this.movablePages = pages;
        return self();
    }

    /**
     * Slots of the swap area.
     *
     * @param pages 0 to {@link PhysicalMemory#MAX_SWAP_PAGES}; default 0: nothing can be swapped out
     * @return this
     */
    public B swapPages(final long pages) {
        this.swapPages = pages;
        return self();
    }

    /**
     * Huge pages of 2 MiB that are set aside for hugetlbfs when the machine is built, from where movable pages come from.
     *
     * @param pages 2 MiB pages; default 0
     * @return this
     */
    public B hugetlbPages(final long pages) {
        this.hugetlbPages = pages;
        return self();
    }

    /**
     * Adds a CMA area, carved from the end of ZONE_NORMAL; the areas lie there in the order they are added.
     *
     * @param name its name, not taken by another
     * @param pages a multiple of 1024
     * @return this
     */
    public B cma(final String name, final long pages) {
        cmaAreas.add(new CmaRange(Objects.requireNonNull(name, "name"), 0, pages));
        return self();
    }

    /**
     * Adds a range of a device's pages. Each gets its idle reference at once, so every {@code struct page} is touched.
     *
     * @param type what the device is
     * @param pages at least 1
     * @return this
     */
    public B device(final DevPagemap.Type type, final long pages) {
        devices.add(new Device(Objects.requireNonNull(type, "type"), pages));
        return self();
    }

    /**
     * What waits do.
     *
     * @param await default {@link Await#YIELDING}
     * @return this
     */
    public B await(final Await await) {
        this.await = Objects.requireNonNull(await, "await");
        return self();
    }

    /**
     * What TLB flushes wait for.
     *
     * @param tlbSync default {@link TlbSync#RCU_DEFER}
     * @return this
     */
    public B tlbSync(final TlbSync tlbSync) {
        this.tlbSync = Objects.requireNonNull(tlbSync, "tlbSync");
        return self();
    }

    /**
     * Makes the first pfns those of a dump: in no zone, never allocated, each with a count of 0. The window of page
     * tables reaches from its first table to the end of the model's own.
     *
     * @param nrPages pages of the dump
     * @param firstTablePfn the lowest pfn that is a page table in the dump; {@code nrPages} if none is
     * @return this
     */
    public B imported(final long nrPages, final long firstTablePfn) {
        this.importing = true;
        this.importedPages = nrPages;
        this.firstTablePfn = firstTablePfn;
        return self();
    }

    /**
     * Makes a page of the dump the zero page.
     *
     * @param pfn below the dump's number of pages; default -1: the model's own
     * @return this
     */
    public B importedZeroPfn(final long pfn) {
        this.importedZeroPfn = pfn;
        return self();
    }
}
