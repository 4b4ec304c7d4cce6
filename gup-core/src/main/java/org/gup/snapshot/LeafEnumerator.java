package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.ENTRIES;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.index;
import static org.gup.pgtable.PageTableGeometry.size;

import java.util.function.Consumer;
import org.gup.mm.MmStruct;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.jspecify.annotations.Nullable;

/**
 * Reports every entry at the end of a walk, in the order of addresses: pages, entries that stand for pages elsewhere, and
 * runs of empty entries.
 *
 * <p>Assumption: the tables were validated, or are a model's own; then enumeration looks at each entry once. Over a live
 * address space it sees each entry at some moment; the caller keeps the tables alive, by holding mmap_sem.
 *
 * <p>Threading: immutable; each enumeration is the caller's.
 */
public final class LeafEnumerator {
    private final EntrySource source;
    private final PageTableGeometry geometry;
    private final EntryDecoder decoder;
    private final long topPfn;

    LeafEnumerator(
            final EntrySource source, final PageTableGeometry geometry, final PteLayout layout, final long topPfn) {
        this.source = source;
        this.geometry = geometry;
        this.decoder = new EntryDecoder(layout, geometry);
        this.topPfn = topPfn;
    }

    /**
     * Over the tables of an address space.
     *
     * @param mm the address space; its mmap_sem is held during enumerations
     * @return an enumerator
     */
    public static LeafEnumerator of(final MmStruct mm) {
        final TablePages tables = mm.memory().tables();
        return new LeafEnumerator(
                (pfn, index) -> TablePages.entryAcquire(tables.address(pfn) + (long) index * Long.BYTES),
                mm.walkRoot().geometry(),
                mm.walkRoot().layout(),
                mm.walkRoot().topPfn());
    }

    /**
     * Reports every entry of user space that is not empty.
     *
     * @param consumer receives them
     */
    public void forEach(final Consumer<DumpedLeaf> consumer) {
        new Walk(consumer, false).table(topPfn, geometry.levels(), 0, geometry.taskSize());
    }

    /**
     * Reports every entry of a range, with runs of empty ones. An entry that maps more than the range is reported whole;
     * a run is cut at the range.
     *
     * @param start first address, rounded down to a page
     * @param end one past the last, rounded up to a page
     * @param consumer receives them
     * @throws IllegalArgumentException if the range is not in user space
     */
    public void forEach(final long start, final long end, final Consumer<DumpedLeaf> consumer) {
        final long from = start & PAGE_MASK;
        final long to = (end + PageTableGeometry.PAGE_SIZE - 1) & PAGE_MASK;
        if (start < 0 || end < start || to > geometry.taskSize()) {
            throw new IllegalArgumentException("range outside user space: start=0x" + Long.toHexString(start)
                    + ", end=0x" + Long.toHexString(end));
        }
        if (from < to) {
            final Walk walk = new Walk(consumer, true);
            walk.table(topPfn, geometry.levels(), from, to);
            walk.flushRun();
        }
    }

    /** One enumeration. */
    private final class Walk {
        private final Consumer<DumpedLeaf> consumer;
        private final boolean runs;
        private @Nullable DumpedLeaf run;

        Walk(final Consumer<DumpedLeaf> consumer, final boolean runs) {
            this.consumer = consumer;
            this.runs = runs;
        }

        void table(final long tablePfn, final int level, final long start, final long end) {
            final long size = size(level);
            long address = start;
            // The end of user space lies inside the top table, so no address wraps.
            for (int index = index(start, level); index < ENTRIES && address < end; index++) {
                final long base = address & -size;
                final long next = Math.min(base + size, end);
                final long entry = source.entry(tablePfn, index);
                if (Pte.isNone(entry)) {
                    empty(level, entry, address, next);
                } else if (EntryDecoder.isTable(entry, level)) {
                    table(Pte.pfn(entry), level - 1, address, next);
                } else {
                    flushRun();
                    consumer.accept(decoder.leaf(base, level, entry));
                }
                address = next;
            }
        }

        private void empty(final int level, final long entry, final long start, final long end) {
            if (!runs) {
                return;
            }
            final long pages = (end - start) >>> PAGE_SHIFT;
            final DumpedLeaf before = run;
            if (before != null && before.level() == level && before.end() == start) {
                run = new DumpedLeaf(
                        before.address(), before.nrPages() + pages, level, LeafKind.NONE, before.entry(), -1, false);
            } else {
                flushRun();
                run = new DumpedLeaf(start, pages, level, LeafKind.NONE, entry, -1, false);
            }
        }

        void flushRun() {
            if (run != null) {
                consumer.accept(run);
                run = null;
            }
        }
    }
}
