package org.gup.tlb;

import java.util.Arrays;
import org.gup.page.MemMap;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Pages and tables that an unmapping has taken out of the page tables and not yet freed. Models {@code struct mmu_gather}.
 *
 * <p>Order of use: entries are cleared first ({@link TablePages#getAndSet}), then handed in; {@link #flush} flushes (and
 * waits, see {@link TlbSync}), then drops the mapping's references, then frees the tables. So a walker that still reads a
 * table reads one that nobody else has been given.
 *
 * <p>Threading: one thread, for the length of one unmapping.
 */
public final class MmuGather {
    /** Pages held back before a flush happens by itself. */
    private static final int BATCH_PAGES = 1024;

    private final Task task;
    private final MemMap memMap;
    private final TablePages tables;
    private final WalkerEpoch epoch;
    private final TlbSync sync;
    private final long[] pagePfns = new long[BATCH_PAGES];
    private final int[] pageReferences = new int[BATCH_PAGES];
    private int pages;
    private long[] tablePfns = new long[16];
    private int tableCount;

    /**
     * An empty batch.
     *
     * @param task who unmaps
     * @param memMap where the pages are
     * @param tables where the tables are
     * @param epoch the walkers to wait for
     * @param sync which flushes wait
     */
    public MmuGather(
            final Task task,
            final MemMap memMap,
            final TablePages tables,
            final WalkerEpoch epoch,
            final TlbSync sync) {
        this.task = task;
        this.memMap = memMap;
        this.tables = tables;
        this.epoch = epoch;
        this.sync = sync;
    }

    /**
     * Takes over a mapping's references to a page. Models {@code tlb_remove_page()}.
     *
     * @param pfn a page whose entry has been cleared
     * @param references how many references the mapping held
     */
    public void removePage(final long pfn, final int references) {
        if (pages == BATCH_PAGES) {
            flush();
        }
        pagePfns[pages] = pfn;
        pageReferences[pages] = references;
        pages++;
    }

    /**
     * Takes over a table. Models {@code pte_free_tlb()} and its kin.
     *
     * @param pfn a table whose upper entry has been cleared
     */
    public void removeTable(final long pfn) {
        if (tableCount == tablePfns.length) {
            tablePfns = Arrays.copyOf(tablePfns, 2 * tableCount);
        }
        tablePfns[tableCount++] = pfn;
    }

    /** Flushes and frees everything handed in. Models {@code tlb_flush_mmu()}, {@code tlb_finish_mmu()}. */
    public void flush() {
        if (tableCount > 0 || (pages > 0 && sync == TlbSync.IPI_WAIT)) {
            epoch.synchronize();
        }
        for (int i = 0; i < pages; i++) {
            memMap.put(task, memMap.page(pagePfns[i]), pageReferences[i]);
        }
        pages = 0;
        for (int i = 0; i < tableCount; i++) {
            tables.free(tablePfns[i]);
        }
        tableCount = 0;
    }
}
