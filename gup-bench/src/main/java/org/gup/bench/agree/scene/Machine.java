package org.gup.bench.agree.scene;

import static org.gup.page.Pageblock.PAGES;

import java.util.ArrayDeque;
import java.util.Deque;
import org.gup.GetUserPages;
import org.gup.GetUserPagesBuilder;
import org.gup.bench.layout.CmaSteering;
import org.gup.page.DevPagemap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.HugetlbPool;
import org.gup.zone.PhysicalMemory;

/**
 * A machine of the model with the memory of a boot. It serves one scene after another as long as each leaves it as it was.
 *
 * <p>Not thread-safe.
 */
public final class Machine implements AutoCloseable {
    /** The kernel takes a CMA page for a user only when no other movable block is free; so none is. */
    private static final long CMA_PAGES = 8192;

    private static final long NORMAL_PAGES = 16384;
    private static final long MOVABLE_PAGES = 16384;
    private static final long FS_DAX_PAGES = 2048;
    private static final long DEVICE_DAX_PAGES = 2048;
    private static final long SWAP_PAGES = 2048;
    private static final int POOL_PAGES = 8;
    private static final int THIRD_PAGE = 2;
    private static final long TEMPORARY = -1;

    private final Boot boot;
    private final PhysicalMemory memory;
    private final Task keeper;
    private final GetUserPages gup;
    private final long free;

    /**
     * A fresh machine.
     *
     * @param boot whose memory it has
     */
    public Machine(final Boot boot) {
        this.boot = boot;
        final boolean movable = boot == Boot.MOVABLE || boot == Boot.NO_CMA;
        final PhysicalMemory.Builder builder = PhysicalMemory.builder()
                .normalPages(boot == Boot.CMA ? NORMAL_PAGES + CMA_PAGES : NORMAL_PAGES)
                .movablePages(movable ? MOVABLE_PAGES : 0)
                .device(DevPagemap.Type.FS_DAX, FS_DAX_PAGES)
                .device(DevPagemap.Type.DEVICE_DAX, DEVICE_DAX_PAGES)
                .swapPages(SWAP_PAGES)
                .hugetlbPages(POOL_PAGES);
        if (boot == Boot.CMA) {
            builder.cma("lent", CMA_PAGES);
        }
        this.memory = builder.build();
        this.keeper = memory.newTask(0);
        final GetUserPagesBuilder calls = GetUserPages.builder(memory);
        if (boot == Boot.NO_CMA) {
            calls.configCma(false).configFsDax(false);
        }
        if (boot == Boot.VSYSCALL) {
            calls.vsyscallPage(memory.allocPages(keeper, 0, 0));
        }
        this.gup = calls.build();
        if (boot == Boot.CMA) {
            leaveOnlyCma();
        }
        // Allocated once and kept, which the recorded kernel had done before, too.
        memory.hugeZeroPfn(keeper);
        this.free = memory.freePages();
    }

    /**
     * Its boot.
     *
     * @return which
     */
    public Boot boot() {
        return boot;
    }

    /**
     * Its memory.
     *
     * @return the model
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The calls of its kernel.
     *
     * @return the calls
     */
    public GetUserPages gup() {
        return gup;
    }

    /**
     * The device of a kind.
     *
     * @param type which kind
     * @return its range
     */
    DevPagemap device(final DevPagemap.Type type) {
        return memory.devices().stream()
                .filter(device -> device.type() == type)
                .findFirst()
                .orElseThrow();
    }

    /** Turns every movable pageblock outside of CMA into an unmovable one. */
    void leaveOnlyCma() {
        new CmaSteering(memory, keeper).on();
    }

    /** Makes two free pageblocks outside of CMA, which can merge, movable again. */
    void leaveTwoBlocks() {
        final long end = memory.cmaRanges().get(0).startPfn();
        for (long pfn = end - 2 * PAGES; pfn > 0; pfn -= 2 * PAGES) {
            if (memory.isolation().firstUsed(keeper, pfn, pfn + 2 * PAGES) < 0
                    && memory.isolation().start(keeper, pfn, pfn + 2 * PAGES, Migratetype.UNMOVABLE)) {
                memory.isolation().undo(keeper, pfn, pfn + 2 * PAGES, Migratetype.MOVABLE);
                return;
            }
        }
        throw new IllegalStateException("no free pageblocks outside of CMA");
    }

    /**
     * Exchanges free pages of the hugetlb pool for pages in CMA.
     *
     * @param first whether the page that is taken first
     * @param others whether the others
     */
    void movePoolToCma(final boolean first, final boolean others) {
        final HugetlbPool pool = memory.hugetlb();
        final Deque<Long> taken = new ArrayDeque<>();
        for (long pfn = pool.allocate(keeper); pfn >= 0; pfn = pool.allocate(keeper)) {
            taken.push(pfn);
        }
        while (!taken.isEmpty()) {
            // The first one taken comes last, and is the first one again.
            final long old = taken.pop();
            if (taken.isEmpty() ? first : others) {
                replaceByCma(old);
            } else {
                put(old);
            }
        }
    }

    private void replaceByCma(final long old) {
        final long fresh = memory.allocPages(keeper, Gfp.GFP_MOVABLE | Gfp.GFP_COMP, HugetlbPool.ORDER);
        PageDescriptor.setFlags(memory.memMap().page(fresh), PageDescriptor.PG_HUGETLB);
        PageDescriptor.coldLong(memory.memMap().cold(fresh + THIRD_PAGE), PageDescriptor.MAPPING_OFFSET, TEMPORARY);
        memory.hugetlb().moveState(old, fresh);
        put(old);
        put(fresh);
    }

    private void put(final long pfn) {
        memory.memMap().put(keeper, memory.memMap().page(pfn), 1);
    }

    /**
     * Drains the pagevecs and compares the free memory with what there was at first.
     *
     * @return pages that are missing
     */
    public long leakedPages() {
        memory.lruvec().drainAll(keeper);
        return free - memory.freePages();
    }

    @Override
    public void close() {
        memory.close();
    }
}
