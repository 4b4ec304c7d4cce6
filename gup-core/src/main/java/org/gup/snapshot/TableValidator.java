package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.ENTRIES;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import java.util.List;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;

/**
 * Proves that a set of tables can be walked before anybody does: every table that an entry of the user half points to is
 * there, each is reached once (so there is no loop, and as many entries to look at as the file has), each frame that a
 * walk would take a reference to lies in the modelled memory and is not itself a table, and each leaf lies in a mapping.
 *
 * <p>A table reached twice is refused even at one level. Linux has that only where two mappings of one hugetlbfs file
 * share a PMD table, whose reference counting the model lacks.
 *
 * <p>The kernel half of the top table points to tables that a dump does not have; it is not looked at.
 */
final class TableValidator {
    private final TableSet tables;
    private final PageTableGeometry geometry;
    private final PteLayout layout;
    private final DumpOptions options;
    private final List<DumpedVma> vmas;
    private final EntryDecoder decoder;
    /** Level at which each table was reached; 0: not yet. */
    private final byte[] levels;

    private int reached;
    private int vma;
    private long leafPages;
    private long endPfn;
    private long zeroPfn = -1;

    private TableValidator(
            final TableSet tables,
            final PageTableGeometry geometry,
            final DumpOptions options,
            final List<DumpedVma> vmas) {
        this.tables = tables;
        this.geometry = geometry;
        this.layout = options.layout();
        this.options = options;
        this.vmas = vmas;
        this.decoder = new EntryDecoder(layout, geometry);
        this.levels = new byte[tables.size()];
        this.endPfn = tables.pfn(tables.size() - 1) + 1;
    }

    /**
     * What was found out on the way.
     *
     * @param endPfn one past the last frame that needs a {@code struct page}
     * @param zeroPfn the shared zero page, or -1 if no entry shows it
     */
    record Findings(long endPfn, long zeroPfn) {}

    /**
     * Validates.
     *
     * @param topPfn frame of the top table
     * @return what was found out
     * @throws SnapshotException at the first problem
     */
    static Findings validate(
            final TableSet tables,
            final long topPfn,
            final PageTableGeometry geometry,
            final DumpOptions options,
            final List<DumpedVma> vmas) {
        return new TableValidator(tables, geometry, options, vmas).validate(topPfn);
    }

    private Findings validate(final long topPfn) {
        if (!vmas.isEmpty() && vmas.get(vmas.size() - 1).end() > geometry.taskSize()) {
            throw SnapshotException.ofFile(
                    tables.file(),
                    "mappings reach beyond the user space of " + geometry.levels() + " levels: got end "
                            + SnapshotException.hex(vmas.get(vmas.size() - 1).end()) + ", allowed "
                            + SnapshotException.hex(geometry.taskSize()));
        }
        final int top = tables.indexOf(topPfn);
        if (top < 0) {
            throw SnapshotException.ofFile(
                    tables.file(),
                    "the top table is not among the tables: got CR3 "
                            + SnapshotException.hex(topPfn << PageTableGeometry.PAGE_SHIFT));
        }
        levels[top] = (byte) geometry.levels();
        reached = 1;
        // The upper half is the kernel's.
        walk(top, geometry.levels(), 0, ENTRIES / 2);
        if (reached < tables.size()) {
            int lost = 0;
            while (levels[lost] != 0) {
                lost++;
            }
            throw SnapshotException.atOffset(
                    tables.file(),
                    TableSet.offset(lost, 0) - Long.BYTES,
                    "table that no entry points to: got "
                            + SnapshotException.hex(tables.pfn(lost) << PageTableGeometry.PAGE_SHIFT));
        }
        return new Findings(endPfn, zeroPfn);
    }

    private void walk(final int table, final int level, final long base, final int entries) {
        for (int index = 0; index < entries; index++) {
            final long entry = tables.entryAt(table, index);
            if (Pte.isNone(entry)) {
                continue;
            }
            final String problem = decoder.problem(entry, level);
            if (problem != null) {
                throw error(table, index, level, problem);
            }
            final long address = base + (long) index * PageTableGeometry.size(level);
            if (EntryDecoder.isTable(entry, level)) {
                walk(child(table, index, level, entry), level - 1, address, ENTRIES);
            } else {
                leaf(table, index, decoder.leaf(address, level, entry));
            }
        }
    }

    private int child(final int table, final int index, final int level, final long entry) {
        final int child = tables.indexOf(Pte.pfn(entry));
        if (child < 0) {
            throw error(table, index, level, "points to a table that is not in the file");
        }
        if (levels[child] != 0) {
            throw error(
                    table,
                    index,
                    level,
                    (levels[child] == level - 1
                                    ? "points to a table that is in use already"
                                    : "loop or table at two levels")
                            + ": reached at level " + levels[child] + " and now at level " + (level - 1));
        }
        levels[child] = (byte) (level - 1);
        reached++;
        return child;
    }

    private void leaf(final int table, final int index, final DumpedLeaf leaf) {
        final int level = leaf.level();
        while (vma < vmas.size() && vmas.get(vma).end() <= leaf.address()) {
            vma++;
        }
        if (vma == vmas.size()
                || leaf.address() < vmas.get(vma).start()
                || leaf.end() > vmas.get(vma).end()) {
            throw error(
                    table, index, level, "not inside one mapping: address " + SnapshotException.hex(leaf.address()));
        }
        leafPages += leaf.nrPages();
        if (leafPages > options.maxLeafPages()) {
            throw error(table, index, level, "too many mapped pages: allowed " + options.maxLeafPages());
        }
        if (leaf.isSpecial()) {
            if (!vmas.get(vma).mayHideFrames()) {
                zeroPage(table, index, leaf);
            }
        } else if (leaf.kind().hasFrame()) {
            needPages(table, index, leaf.pfn(), leaf.nrPages());
            checkNoTable(table, index, leaf);
        } else if (leaf.pfn() >= 0) {
            needPages(table, index, leaf.pfn(), 1);
        }
    }

    /** A special entry of a mapping that hides no frames can only be the zero page. */
    private void zeroPage(final int table, final int index, final DumpedLeaf leaf) {
        if (leaf.isWritable()) {
            throw error(table, index, PTE_LEVEL, "writable zero page: SPECIAL and RW in a mapping without PFNMAP");
        }
        if (zeroPfn >= 0 && zeroPfn != leaf.pfn()) {
            throw error(
                    table,
                    index,
                    PTE_LEVEL,
                    "two zero pages: got pfn " + SnapshotException.hex(leaf.pfn()) + " and "
                            + SnapshotException.hex(zeroPfn));
        }
        zeroPfn = leaf.pfn();
        needPages(table, index, leaf.pfn(), 1);
        checkNoTable(table, index, leaf);
    }

    private void needPages(final int table, final int index, final long pfn, final long nrPages) {
        if (pfn == 0 || pfn + nrPages > options.maxPages()) {
            throw error(
                    table,
                    index,
                    levels[table],
                    "page outside the modelled memory: got pfn " + SnapshotException.hex(pfn) + ", allowed 1 to "
                            + SnapshotException.hex(options.maxPages() - nrPages));
        }
        endPfn = Math.max(endPfn, pfn + nrPages);
    }

    private void checkNoTable(final int table, final int index, final DumpedLeaf leaf) {
        final long hit = tables.firstIn(leaf.pfn(), leaf.pfn() + leaf.nrPages());
        if (hit >= 0) {
            throw error(table, index, leaf.level(), "maps a page table: pfn " + SnapshotException.hex(hit));
        }
    }

    private SnapshotException error(final int table, final int index, final int level, final String what) {
        return SnapshotException.atOffset(
                tables.file(),
                TableSet.offset(table, index),
                "entry " + index + " of the level " + level + " table "
                        + SnapshotException.hex(tables.pfn(table) << PageTableGeometry.PAGE_SHIFT) + ": " + what
                        + ": got "
                        + SnapshotException.hex(tables.entryAt(table, index)));
    }
}
