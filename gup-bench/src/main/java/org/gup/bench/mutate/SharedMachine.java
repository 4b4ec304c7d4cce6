package org.gup.bench.mutate;

import java.util.ArrayList;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.bench.layout.CmaSteering;
import org.gup.cma.CmaArea;
import org.gup.migrate.MigratePages;
import org.gup.migrate.MigrationTarget;
import org.gup.offheap.Await;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.MemoryAudit;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;

/**
 * A machine that several threads use at once: memory with a contiguous area and swap, the calls, and what moves pages. Its books
 * are checked when it is closed.
 *
 * <p>Threading: any number of threads, each with a task of its own; {@link #close} after all of them have ended.
 */
public final class SharedMachine implements AutoCloseable {
    private static final long PAGES = 16_384;
    private static final long AREA_PAGES = 2048;
    private static final long SWAP_PAGES = 4096;
    private static final int MOST_LEFT = 4;

    private final PhysicalMemory memory;
    private final GetUserPages gup;
    private final MigratePages migrator;
    private final CmaArea area;
    private final MigrationTarget anywhere;
    private final long freeAtStart;
    private long reclaimed;

    /** A machine with 64 MiB of memory, 8 of them contiguous, and 16 MiB of swap, whose threads yield when they wait. */
    public SharedMachine() {
        this(Await.YIELDING);
    }

    /**
     * The same.
     *
     * @param await what its threads do when they wait; an exception ends a wait for good
     */
    public SharedMachine(final Await await) {
        memory = PhysicalMemory.builder()
                .await(await)
                .normalPages(PAGES)
                .cma("shared", AREA_PAGES)
                .swapPages(SWAP_PAGES)
                .maxTasks(256)
                .build();
        gup = new GetUserPages(memory);
        migrator = new MigratePages(memory, null);
        area = new CmaArea(memory, memory.cmaRanges().get(0), migrator);
        anywhere = this::anotherPage;
        freeAtStart = memory.freePages();
    }

    /**
     * The memory.
     *
     * @return the one that everything here belongs to
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The calls.
     *
     * @return those of v5.2
     */
    public GetUserPages gup() {
        return gup;
    }

    MigratePages migrator() {
        return migrator;
    }

    CmaArea area() {
        return area;
    }

    MigrationTarget anywhere() {
        return anywhere;
    }

    /** A frame of the same size, wherever movable pages come from. */
    private long anotherPage(final Task task, final long headPfn) {
        final int order = memory.memMap().compoundOrder(headPfn);
        return memory.allocPages(task, order == 0 ? Gfp.GFP_MOVABLE : Gfp.GFP_MOVABLE | Gfp.GFP_COMP, order);
    }

    /**
     * From now on user pages come from the contiguous area as long as it has any. To be called before other threads start.
     *
     * @param task who does it
     */
    public void preferContiguous(final Task task) {
        new CmaSteering(memory, task).on();
    }

    /**
     * Looks at the books once all address spaces are closed and all pages given back.
     *
     * @param task who looks
     * @throws IllegalStateException if they do not balance, or something is still in use; the text says what
     */
    public void checkBooks(final Task task) {
        memory.lruvec().drainAll(task);
        reclaimed = reclaimSwapCache(task);
        final List<String> wrong = new ArrayList<>();
        final MemoryAudit audit = memory.audit();
        if (!audit.balanced()) {
            wrong.add("books that balance expected, found " + audit);
        }
        final long used = freeAtStart - memory.freePages();
        // The huge zero page, once made, stays.
        if (used != 0 && used != PageTableGeometry.HPAGE_PMD_NR) {
            wrong.add("pages still in use: expected 0, found " + used + ": " + leftPages());
        }
        compare(wrong, "page tables still in use", memory.tables().allocated());
        compare(wrong, "swap slots still in use", memory.swap().inUse());
        compare(wrong, "contiguous pages still allocated", area.usedPages());
        if (!wrong.isEmpty()) {
            throw new IllegalStateException(String.join("; ", wrong));
        }
    }

    /**
     * Pages that had stayed in the swap cache, though no entry named their slots any more. As in the kernel, a page that is
     * locked when its last mapping goes stays there until it is reclaimed; {@link #checkBooks} does that.
     *
     * @return how many the last look at the books has found
     */
    public long reclaimed() {
        return reclaimed;
    }

    /** What reclaim does with pages of the swap cache whose slots nobody names. Nobody maps or locks anything any more. */
    private long reclaimSwapCache(final Task task) {
        final MemMap memMap = memory.memMap();
        long found = 0;
        for (final Zone zone : memory.zones()) {
            for (long pfn = zone.startPfn(); pfn < zone.endPfn(); pfn++) {
                final long page = memMap.page(pfn);
                if ((PageDescriptor.flagsVolatile(page) & PageDescriptor.PG_SWAPCACHE) != 0
                        && memMap.pteMapcount(pfn) == 0
                        && memory.swap().count(PageDescriptor.coldLong(memMap.cold(pfn), PageDescriptor.PRIVATE_OFFSET))
                                == 0
                        && PageRef.tryGet(page, 1)) {
                    if (PageLock.tryLock(page)) {
                        found += memory.swap().removeFromCache(task, pfn) ? 1 : 0;
                        PageLock.unlock(page);
                    }
                    memMap.put(task, page, 1);
                }
            }
        }
        return found;
    }

    private static void compare(final List<String> wrong, final String what, final long found) {
        if (found != 0) {
            wrong.add(what + ": expected 0, found " + found);
        }
    }

    /** The first few pages that are in use, and what is known about them. */
    private String leftPages() {
        final MemMap memMap = memory.memMap();
        final List<String> left = new ArrayList<>();
        for (final Zone zone : memory.zones()) {
            for (long pfn = zone.startPfn(); pfn < zone.endPfn() && left.size() < MOST_LEFT; pfn++) {
                final long page = memMap.page(pfn);
                if (PageRef.countOpaque(page) > 0 && pfn != memory.zeroPfn() && !memory.isHugeZeroPfn(pfn)) {
                    left.add("pfn " + pfn + " (references " + PageRef.countOpaque(page) + ", mappings "
                            + memMap.pteMapcount(pfn) + ", flags 0x"
                            + Integer.toHexString(PageDescriptor.flagsOpaque(page)) + ", first word 0x"
                            + Long.toHexString(memory.frames().getLong(pfn, 0)) + ")");
                }
            }
        }
        return String.join(", ", left);
    }

    @Override
    public void close() {
        memory.close();
    }
}
