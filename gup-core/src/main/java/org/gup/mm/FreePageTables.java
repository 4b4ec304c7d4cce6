package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.addressEnd;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.pgtable.TablePages;
import org.gup.tlb.MmuGather;

/**
 * Frees the tables that an unmapping has left without a mapping. Models {@code free_pgd_range()}, mm/memory.c, v5.2.
 *
 * <p>A table goes if the whole range it serves lies between floor and ceiling, the ends of the neighbouring mappings. Its
 * upper entry is cleared by an atomic exchange first; the frame is freed by the {@link MmuGather} once every walker that may
 * have read the entry has left. Frames that came with a dump are unlinked and left alone.
 *
 * <p>Threading: mmap_sem held for write; the range has been zapped.
 */
final class FreePageTables {
    private final PageTables pageTables;
    private final MmuGather gather;
    private final long floor;
    private final long ceiling;

    private FreePageTables(final PageTables pageTables, final MmuGather gather, final long floor, final long ceiling) {
        this.pageTables = pageTables;
        this.gather = gather;
        this.floor = floor;
        this.ceiling = ceiling;
    }

    /**
     * Frees what {@code [start, end)} has left.
     *
     * @param pageTables the tables
     * @param gather takes what is freed
     * @param start first address that was unmapped
     * @param end one past the last
     * @param floor end of the mapping before, or 0
     * @param ceiling start of the mapping after, or the end of what the top table serves
     */
    static void range(
            final PageTables pageTables,
            final MmuGather gather,
            final long start,
            final long end,
            final long floor,
            final long ceiling) {
        new FreePageTables(pageTables, gather, floor, ceiling)
                .freeBelow(
                        pageTables.root().topTable(),
                        pageTables.root().geometry().levels(),
                        start,
                        end);
    }

    private void freeBelow(final long table, final int level, final long start, final long end) {
        long address = start;
        do {
            final long next = addressEnd(address, end, level);
            final long entryAddress = TablePages.entryAddress(table, address, level);
            final long entry = TablePages.entryAcquire(entryAddress);
            if (PageTables.isTable(entry, level)) {
                final long child = pageTables.child(entry);
                if (level > PMD_LEVEL) {
                    freeBelow(child, level - 1, address, next);
                }
                final long served = address & -size(level);
                if (served >= floor && served + size(level) <= ceiling) {
                    TablePages.getAndSet(entryAddress, 0);
                    final long pfn = pageTables.tablePfn(child);
                    if (pageTables.isOwn(pfn)) {
                        gather.removeTable(pfn);
                    }
                }
            }
            address = next;
        } while (address != end);
    }
}
