package org.gup.snapshot;

import static org.gup.page.MemMap.MAX_PAGES;

import java.util.Objects;
import org.gup.pgtable.PteLayout;

/**
 * How to read a dump, and how much of one to accept. What an input claims about itself never decides how much memory is
 * used; these limits do.
 *
 * @param layout which software bits mean what in the dumped entries
 * @param levels levels of the page table: 4, 5, or {@link #DETECT_LEVELS}
 * @param maxTables most page tables
 * @param maxPages pages of physical memory: every table, and every page that has a {@code struct page}, lies below
 * @param maxLeafPages most base pages that all leaves together may map
 * @param maxVmas most mappings
 * @param maxTextBytes most bytes of one text file, unpacked
 */
public record DumpOptions(
        PteLayout layout, int levels, int maxTables, long maxPages, long maxLeafPages, int maxVmas, int maxTextBytes) {
    /** Find the number of levels out. */
    public static final int DETECT_LEVELS = 0;

    /**
     * Linux 6.12 entries, levels found out; at most 16,384 tables, 64 GiB of memory, 1 TiB mapped, 65,536 mappings and
     * 32 MiB of text.
     */
    public static final DumpOptions DEFAULTS =
            new DumpOptions(PteLayout.V6_12, DETECT_LEVELS, 1 << 14, 1L << 24, 1L << 28, 1 << 16, 32 << 20);

    /** Checks the numbers. */
    public DumpOptions {
        Objects.requireNonNull(layout, "layout");
        if (levels != DETECT_LEVELS && levels != 4 && levels != 5) {
            throw new IllegalArgumentException("levels must be 4, 5 or 0 to detect: levels=" + levels);
        }
        range("maxTables", maxTables, 1 << 20);
        range("maxPages", maxPages, MAX_PAGES);
        range("maxLeafPages", maxLeafPages, 1L << 40);
        range("maxVmas", maxVmas, 1 << 24);
        range("maxTextBytes", maxTextBytes, 1 << 30);
    }

    private static void range(final String name, final long value, final long most) {
        if (value < 1 || value > most) {
            throw new IllegalArgumentException(name + " out of range: " + value + ", allowed 1 to " + most);
        }
    }

    /**
     * The same, for the entries of another kernel.
     *
     * @param other which software bits mean what
     * @return options
     */
    public DumpOptions withLayout(final PteLayout other) {
        return new DumpOptions(other, levels, maxTables, maxPages, maxLeafPages, maxVmas, maxTextBytes);
    }

    /**
     * The same, with the number of levels given or to be found out.
     *
     * @param number 4, 5 or {@link #DETECT_LEVELS}
     * @return options
     */
    public DumpOptions withLevels(final int number) {
        return new DumpOptions(layout, number, maxTables, maxPages, maxLeafPages, maxVmas, maxTextBytes);
    }

    /**
     * The same, with another limit of page tables.
     *
     * @param tables most page tables
     * @return options
     */
    public DumpOptions withMaxTables(final int tables) {
        return new DumpOptions(layout, levels, tables, maxPages, maxLeafPages, maxVmas, maxTextBytes);
    }

    /**
     * The same, with another size of physical memory.
     *
     * @param pages pages
     * @return options
     */
    public DumpOptions withMaxPages(final long pages) {
        return new DumpOptions(layout, levels, maxTables, pages, maxLeafPages, maxVmas, maxTextBytes);
    }

    /**
     * The same, with another limit of mapped pages.
     *
     * @param pages most base pages that all leaves together may map
     * @return options
     */
    public DumpOptions withMaxLeafPages(final long pages) {
        return new DumpOptions(layout, levels, maxTables, maxPages, pages, maxVmas, maxTextBytes);
    }

    /**
     * The same, with another limit of mappings.
     *
     * @param vmas most mappings
     * @return options
     */
    public DumpOptions withMaxVmas(final int vmas) {
        return new DumpOptions(layout, levels, maxTables, maxPages, maxLeafPages, vmas, maxTextBytes);
    }

    /**
     * The same, with another limit of text.
     *
     * @param bytes most bytes of one text file, unpacked
     * @return options
     */
    public DumpOptions withMaxTextBytes(final int bytes) {
        return new DumpOptions(layout, levels, maxTables, maxPages, maxLeafPages, maxVmas, bytes);
    }
}
