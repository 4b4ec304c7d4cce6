package org.gup.zone;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.gup.offheap.Await;
import org.gup.offheap.Region;
import org.gup.page.DevPagemap;
import org.gup.page.DevPagemaps;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.pgtable.TablePages;
import org.gup.rmap.Rmap;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.tlb.WalkerEpoch;

/**
 * The memory of one modelled machine: {@code struct page} and contents of every frame, page tables, zones and LRU lists.
 *
 * <p>Owns everything off-heap. A page is allocated with one reference ({@link #allocPages}) and freed when its last one is
 * given back ({@link MemMap#put}); there is no other way to free it.
 *
 * <p>Assumptions: a task is used by one thread at a time; {@link #close} is not called from inside a call into the model.
 * Guarantees: once {@link #close} has begun, every public method but {@link #epoch}, {@link #isClosed} and
 * {@link #toString} throws {@link IllegalStateException} ("the model is closed") and touches no memory; calls under way are
 * waited for. Progress: allocation blocks on a zone's lock; everything else here is wait-free.
 */
public final class PhysicalMemory implements AutoCloseable {
    /** Most CPUs a model may have. */
    public static final int MAX_CPUS = 1024;
    /** Most tasks a model may have at a time. */
    public static final int MAX_TASKS = 1 << 16;
    /** Most slots that a swap area may have: 1 TiB. */
    public static final long MAX_SWAP_PAGES = 1L << 28;

    private final MemoryLayout layout;
    private final int cpus;
    private final Await await;
    private final TlbSync tlbSync;
    private final WalkerEpoch epoch;
    private final DevPagemaps devPagemaps = new DevPagemaps();
    /** What to free, last first. */
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    private final MemMap memMap;
    private final FrameStore frames;
    private final TablePages tables;
    private final List<Zone> zones;
    private final Lruvec lruvec;
    private final PageAllocator allocator;
    private final PageFreeing freeing;
    private final PageIsolation isolation;
    private final HugeZeroPage hugeZeroPage;
    private final HugetlbPool hugetlb;
    private final SwapArea swap;
    private final Rmap rmap;

    private PhysicalMemory(final Builder asked, final MemoryLayout layout) {
        this.layout = layout;
        this.cpus = asked.cpus;
        this.await = asked.await;
        this.tlbSync = asked.tlbSync;
        this.epoch = new WalkerEpoch(asked.maxTasks, await);
        boolean built = false;
        try {
            final long lruWords = 2L * ZoneDescriptor.LENGTH;
            final long pagevecWords = lruWords + LruLists.LENGTH;
            final Region words =
                    own(Region.allocate("zone words", pagevecWords + (long) cpus * Lruvec.PAGEVECS_LENGTH));
            this.memMap = own(new MemMap(layout.nrPages(), this::release));
            this.frames = own(new FrameStore(layout.nrPages()));
            this.tables = own(new TablePages(
                    layout.windowPfn(),
                    layout.tablesPfn() + layout.tablePages() - layout.windowPfn(),
                    layout.tablesPfn(),
                    layout.tablePages()));
            this.zones = BootMemory.zones(layout, memMap, epoch, await, words.address());
            this.lruvec = new Lruvec(
                    memMap,
                    epoch,
                    await,
                    new LruLists(memMap, await, words.address() + lruWords),
                    words.address() + pagevecWords,
                    cpus);
            final Zone[] byIndex = zones.toArray(Zone[]::new);
            this.allocator = new PageAllocator(memMap, frames, byIndex[0], byIndex.length > 1 ? byIndex[1] : null);
            this.hugeZeroPage = new HugeZeroPage(allocator);
            this.isolation = new PageIsolation(memMap, epoch, byIndex);
            this.swap = own(new SwapArea(memMap, frames, asked.swapPages));
            this.rmap = own(new Rmap(memMap, tables, epoch, await, tlbSync, layout.zeroPfn()));
            this.hugetlb = new HugetlbPool(memMap, epoch, allocator, byIndex, asked.hugetlbPages);
            this.freeing = new PageFreeing(memMap, epoch, lruvec, hugetlb, byIndex, layout.importedPages());
            BootMemory.reserve(layout, memMap, devPagemaps);
            built = true;
        } finally {
            if (!built) {
                freeOwned();
            }
        }
    }

    private <T extends AutoCloseable> T own(final T part) {
        owned.push(part);
        return part;
    }

    /** For {@link MemMap}, which is made before the parts that freeing needs. */
    private void release(final Task task, final long headPfn) {
        freeing.release(task, headPfn);
    }

    /**
     * What a machine is to have.
     *
     * @return a builder with defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * A new task.
     *
     * @param cpu whose per-CPU lists it uses, 0 to {@link #cpus} - 1
     * @return the task, to be given back with {@link #exitTask}
     * @throws IllegalArgumentException if there is no such CPU
     * @throws IllegalStateException if there are {@code maxTasks} tasks already, or the model is closed
     */
    public Task newTask(final int cpu) {
        if (cpu < 0 || cpu >= cpus) {
            throw new IllegalArgumentException("no such CPU: cpu=" + cpu + ", cpus=" + cpus);
        }
        checkOpen();
        return new Task(epoch.takeSlot(), cpu);
    }

    /**
     * Gives a task back. It must not be used any more.
     *
     * @param task what {@link #newTask} returned, not inside a call
     * @throws IllegalStateException if it was given back before, is inside a call, or the model is closed
     */
    public void exitTask(final Task task) {
        checkOpen();
        epoch.giveSlot(task.walkerSlot());
    }

    /**
     * Takes a block of pages, each with one reference. Models {@code alloc_pages()}, without reclaim.
     *
     * <p>A movable request is served from ZONE_MOVABLE first, then from ZONE_NORMAL, CMA pageblocks last; any other from
     * ZONE_NORMAL without its CMA pageblocks. Without {@link Gfp#GFP_COMP} each page of the block has a reference of its
     * own and goes back by itself; with it, the head has the one reference and the block goes back whole.
     *
     * @param task who wants it
     * @param gfp {@code GFP_*} bits, see {@link Gfp}
     * @param order log2 of the pages
     * @return pfn of the first page; -1 if there is no such block, or the order is above 10
     * @throws IllegalArgumentException if the order is negative or a bit unknown
     * @throws IllegalStateException if the model is closed
     */
    public long allocPages(final Task task, final int gfp, final int order) {
        epoch.enterCall(task);
        try {
            return allocator.allocate(task, gfp, order);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * The shared zero page: reserved, with one reference for ever. Models {@code ZERO_PAGE()}.
     *
     * @return its pfn
     */
    public long zeroPfn() {
        checkOpen();
        return layout.zeroPfn();
    }

    /**
     * The shared huge zero page, allocated at its first use and kept. Models {@code mm_get_huge_zero_page()}.
     *
     * <p>Differs: it has one reference and no user count, since nothing here would shrink it away.
     *
     * @param task who wants it
     * @return pfn of its head; -1 if there is no memory for it
     * @throws IllegalStateException if the model is closed
     */
    public long hugeZeroPfn(final Task task) {
        epoch.enterCall(task);
        try {
            return hugeZeroPage.get(task);
        } finally {
            epoch.exitCall(task);
        }
    }

    /**
     * Whether a page is the shared huge zero page. Models {@code is_huge_zero_page()}.
     *
     * @param headPfn a base page, or the head of a compound page
     * @return true if {@link #hugeZeroPfn} has allocated it
     * @throws IllegalStateException if the model is closed
     */
    public boolean isHugeZeroPfn(final long headPfn) {
        checkOpen();
        return headPfn >= 0 && headPfn == hugeZeroPage.pfn();
    }

    /**
     * Free pages of all zones, those that no list has taken in yet included.
     *
     * @return how many; exact when nobody allocates or frees meanwhile
     * @throws IllegalStateException if the model is closed
     */
    public long freePages() {
        long pages = 0;
        for (final Zone zone : zones) {
            pages += zone.freePages();
        }
        return pages;
    }

    /**
     * Whether a page is in a CMA area, and not isolated from it at the moment. Models {@code is_migrate_cma_page()}.
     *
     * @param pfn a pfn of the model
     * @return true if its pageblock is MIGRATE_CMA
     * @throws IllegalArgumentException if the pfn is outside the model
     */
    public boolean isCma(final long pfn) {
        checkOpen();
        if (!memMap.pfnValid(pfn)) {
            throw new IllegalArgumentException("pfn outside the model: pfn=" + pfn + ", nrPages=" + memMap.nrPages());
        }
        return memMap.pageblocks().migratetype(pfn) == Migratetype.CMA;
    }

    /**
     * How often the last reference to a page of a dump was given back. Such pages are in no zone, so they are free for
     * nobody; they only leave the LRU.
     *
     * @return how often
     */
    public long importedReleased() {
        checkOpen();
        return freeing.importedReleased();
    }

    /**
     * Adds up what every list and every touched {@code struct page} says. Costs time in proportion to the memory that was
     * ever allocated; the answer is exact when nobody is inside the model meanwhile.
     *
     * @return the books, see {@link MemoryAudit#balanced}
     * @throws IllegalStateException if the model is closed
     */
    public MemoryAudit audit() {
        epoch.enterInspection();
        try {
            return new MemoryAuditor(memMap).audit(zones, lruvec, hugetlb, cpus, layout.devices(), layout.zeroPfn());
        } finally {
            epoch.exitInspection();
        }
    }

    /**
     * The array of {@code struct page}.
     *
     * @return the one of this model
     */
    public MemMap memMap() {
        checkOpen();
        return memMap;
    }

    /**
     * Contents of frames.
     *
     * @return the one of this model
     */
    public FrameStore frames() {
        checkOpen();
        return frames;
    }

    /**
     * Page tables.
     *
     * @return the one of this model
     */
    public TablePages tables() {
        checkOpen();
        return tables;
    }

    /**
     * Who is inside the model. Stays usable after {@link #close}, when entering it throws.
     *
     * @return the one of this model
     */
    public WalkerEpoch epoch() {
        return epoch;
    }

    /**
     * Device ranges, for lookups.
     *
     * @return the one of this model
     */
    public DevPagemaps devPagemaps() {
        checkOpen();
        return devPagemaps;
    }

    /**
     * LRU lists and pagevecs.
     *
     * @return the one of this model
     */
    public Lruvec lruvec() {
        checkOpen();
        return lruvec;
    }

    /**
     * Pageblock isolation, for who allocates ranges.
     *
     * @return the one of this model
     */
    public PageIsolation isolation() {
        checkOpen();
        return isolation;
    }

    /**
     * Where pages are mapped.
     *
     * @return the one of this model
     */
    public Rmap rmap() {
        checkOpen();
        return rmap;
    }

    /**
     * The swap area.
     *
     * @return the one of this model, without slots if none were asked for
     */
    public SwapArea swap() {
        checkOpen();
        return swap;
    }

    /**
     * The pool of hugetlb pages.
     *
     * @return the one of this model, empty if none were asked for
     */
    public HugetlbPool hugetlb() {
        checkOpen();
        return hugetlb;
    }

    /**
     * What waits do.
     *
     * @return as it was built
     */
    public Await await() {
        checkOpen();
        return await;
    }

    /**
     * What TLB flushes wait for.
     *
     * @return as it was built
     */
    public TlbSync tlbSync() {
        checkOpen();
        return tlbSync;
    }

    /**
     * The zones with an allocator, ZONE_NORMAL first.
     *
     * @return one or two
     */
    public List<Zone> zones() {
        checkOpen();
        return zones;
    }

    /**
     * The CMA areas, in the order they were asked for.
     *
     * @return none or more
     */
    public List<CmaRange> cmaRanges() {
        checkOpen();
        return layout.cmaRanges();
    }

    /**
     * The device ranges, in the order they were asked for.
     *
     * @return none or more
     */
    public List<DevPagemap> devices() {
        checkOpen();
        return layout.devices();
    }

    /**
     * How many CPUs there are.
     *
     * @return at least 1
     */
    public int cpus() {
        checkOpen();
        return cpus;
    }

    private void checkOpen() {
        if (epoch.isClosed()) {
            throw new IllegalStateException("the model is closed");
        }
    }

    /**
     * Waits until nobody is inside the model, then frees all of its memory.
     *
     * @throws IllegalStateException if it was closed before
     */
    @Override
    public void close() {
        epoch.close();
        freeOwned();
    }

    private void freeOwned() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (final RuntimeException failed) {
                throw failed;
            } catch (final Exception failed) {
                throw new IllegalStateException(failed);
            }
        }
    }

    /**
     * Whether {@link #close} was called.
     *
     * @return true once it has begun
     */
    public boolean isClosed() {
        return epoch.isClosed();
    }

    @Override
    public String toString() {
        return "PhysicalMemory[" + layout.nrPages() + " pages, zones " + zones + (isClosed() ? ", closed]" : "]");
    }

    /** What a machine is to have. Numbers are checked by {@link #build}. Not thread-safe. */
    public static final class Builder extends MemoryOptions<Builder> {
        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Builds the machine.
         *
         * @return the memory, to be closed by the caller
         * @throws IllegalArgumentException if a number is out of range; the text quotes its name and value
         * @throws IllegalStateException if the operating system refuses the memory; nothing stays allocated
         */
        public PhysicalMemory build() {
            MemoryLayout.range("cpus", cpus, 1, MAX_CPUS);
            MemoryLayout.range("maxTasks", maxTasks, 1, MAX_TASKS);
            MemoryLayout.range("swapPages", swapPages, 0, MAX_SWAP_PAGES);
            return new PhysicalMemory(this, MemoryLayout.of(this));
        }
    }
}
