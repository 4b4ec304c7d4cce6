package org.gup.snapshot;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.PteLayout;
import org.gup.snapshot.MapsParser.Line;
import org.jspecify.annotations.Nullable;

/**
 * The page tables of one process of a real machine, with its mappings: parsed, and validated so that they can be walked.
 *
 * <p>A dump named NAME is these files of one folder:
 * <ul>
 *   <li>{@code pagetables-NAME.bin.gz}: {physical address, 8 bytes little endian; 4096 bytes} for each table that is
 *       reachable from the user half of the top table, ascending;
 *   <li>{@code NAME.cr3}: physical address of the top table, as {@code 0x} and hexadecimal digits;
 *   <li>{@code NAME.maps.txt} and {@code NAME.smaps.txt.gz}: {@code /proc/PID/maps} and {@code /proc/PID/smaps};
 *   <li>{@code NAME.layout.csv}, if there is one: {@code start,end,what} names regions.
 * </ul>
 *
 * <p>Levels. Unless the options say 4 or 5, both are tried, and the data decides: at the wrong depth some table is never
 * reached, is reached at two levels, or turns out to be mapped as a page. The first to be tried is 5 if a mapping lies
 * above 47 bits or the name has {@code l5} before a dash, 4 otherwise; only an address space without pages passes both.
 *
 * <p>Threading: immutable.
 */
public final class PageTableDump {
    /**
     * Name of the dump that {@link #bundled} reads: a process of Linux 6.12.117 with 4 levels, made to have every kind of
     * 4 KiB entry.
     */
    public static final String BUNDLED = "k612l4-mixed4k";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,99}");
    private static final Pattern FIVE_LEVELS = Pattern.compile(".*l5(-.*)?");
    private static final int MAX_CR3_BYTES = 4096;
    private static final long RECORD_BYTES = Long.BYTES + PageTableGeometry.PAGE_SIZE;

    private final String name;
    private final PteLayout layout;
    private final PageTableGeometry geometry;
    private final long topPfn;
    private final TableSet tables;
    private final List<DumpedVma> vmas;
    private final List<DumpedRegion> regions;
    private final List<DumpedDevice> devices;
    private final TableValidator.Findings findings;

    private PageTableDump(final DumpSource source, final String name, final DumpOptions options) {
        this.name = name;
        this.layout = options.layout();
        this.topPfn = SmallFiles.topPfn(text(source, name + ".cr3", MAX_CR3_BYTES));
        final List<Line> lines = MapsParser.parse(text(source, name + ".maps.txt", options.maxTextBytes()), options);
        this.vmas = SmapsParser.parse(packedText(source, name + ".smaps.txt.gz", options), lines);
        this.regions = regions(source, name + ".layout.csv", options);
        final long maxTableBytes = options.maxTables() * RECORD_BYTES;
        final String tablesName = "pagetables-" + name + ".bin.gz";
        // What is packed may be a little larger than what it unpacks to.
        final byte[] packed = source.read(tablesName, Math.min(maxTableBytes + maxTableBytes / 16, 1L << 30));
        this.tables = TableSet.parse(
                BoundedInput.gzip(source.display(tablesName), packed, maxTableBytes + RECORD_BYTES), options);
        this.geometry = geometry(options);
        this.findings = TableValidator.validate(tables, topPfn, geometry, options, vmas);
        this.devices = DeviceRanges.infer(tables, leaves(), vmas, findings.zeroPfn());
    }

    /**
     * Reads a dump.
     *
     * @param folder where its files are
     * @param name its name, without folder and endings
     * @return the dump
     * @throws SnapshotException if it cannot be read or is not one
     */
    public static PageTableDump load(final Path folder, final String name) {
        return load(folder, name, DumpOptions.DEFAULTS);
    }

    /**
     * Reads a dump.
     *
     * @param folder where its files are
     * @param name its name, without folder and endings
     * @param options how to read it
     * @return the dump
     * @throws SnapshotException if it cannot be read or is not one
     */
    public static PageTableDump load(final Path folder, final String name, final DumpOptions options) {
        checkName(name);
        return new PageTableDump(DumpSource.folder(folder), name, options);
    }

    /**
     * Reads the dump that comes with this library: {@link #BUNDLED}.
     *
     * @return the dump
     */
    public static PageTableDump bundled() {
        return load(DumpSource.classPath(), BUNDLED, DumpOptions.DEFAULTS);
    }

    static PageTableDump load(final DumpSource source, final String name, final DumpOptions options) {
        checkName(name);
        return new PageTableDump(source, name, options);
    }

    private static void checkName(final String name) {
        Objects.requireNonNull(name, "name");
        if (!NAME.matcher(name).matches()) {
            throw new SnapshotException("bad name of a dump: got " + SnapshotException.quote(name)
                    + ", allowed letters, digits, dots, dashes and underscores");
        }
    }

    private static TextLines text(final DumpSource source, final String fileName, final int maxBytes) {
        return new TextLines(BoundedInput.plain(source.display(fileName), source.read(fileName, maxBytes), maxBytes));
    }

    private static TextLines packedText(final DumpSource source, final String fileName, final DumpOptions options) {
        return new TextLines(BoundedInput.gzip(
                source.display(fileName), source.read(fileName, options.maxTextBytes()), options.maxTextBytes()));
    }

    private static List<DumpedRegion> regions(
            final DumpSource source, final String fileName, final DumpOptions options) {
        final byte[] bytes = source.readIfPresent(fileName, options.maxTextBytes());
        return bytes == null
                ? List.of()
                : SmallFiles.regions(
                        new TextLines(BoundedInput.plain(source.display(fileName), bytes, options.maxTextBytes())),
                        options);
    }

    private PageTableGeometry geometry(final DumpOptions options) {
        if (options.levels() != DumpOptions.DETECT_LEVELS) {
            return PageTableGeometry.ofLevels(options.levels());
        }
        final boolean high =
                !vmas.isEmpty() && vmas.get(vmas.size() - 1).end() > PageTableGeometry.FOUR_LEVEL.taskSize();
        final PageTableGeometry first = high || FIVE_LEVELS.matcher(name).matches()
                ? PageTableGeometry.FIVE_LEVEL
                : PageTableGeometry.FOUR_LEVEL;
        final PageTableGeometry other = PageTableGeometry.ofLevels(9 - first.levels());
        final String firstProblem = problem(first, options);
        if (firstProblem == null) {
            return first;
        }
        if (problem(other, options) == null) {
            return other;
        }
        throw new SnapshotException(
                firstProblem + " (read with " + first.levels() + " levels; " + other.levels() + " do not fit either)");
    }

    private @Nullable String problem(final PageTableGeometry candidate, final DumpOptions options) {
        try {
            TableValidator.validate(tables, topPfn, candidate, options, vmas);
            return null;
        } catch (final SnapshotException wrong) {
            return wrong.getMessage();
        }
    }

    /**
     * Its name.
     *
     * @return without folder and endings
     */
    public String name() {
        return name;
    }

    /**
     * Levels of the page table.
     *
     * @return the geometry
     */
    public PageTableGeometry geometry() {
        return geometry;
    }

    /**
     * Which software bits mean what.
     *
     * @return the layout
     */
    public PteLayout layout() {
        return layout;
    }

    /**
     * Frame of the top table.
     *
     * @return a pfn
     */
    public long topPfn() {
        return topPfn;
    }

    /**
     * How many tables there are.
     *
     * @return tables, the top one included
     */
    public int nrTables() {
        return tables.size();
    }

    /**
     * One past the last frame that needs a {@code struct page}: the size of a memory that holds this dump.
     *
     * @return pages
     */
    public long endPfn() {
        return findings.endPfn();
    }

    /**
     * The shared zero page of the machine: what special entries name in mappings that hide no frames.
     *
     * @return its pfn, or -1 if no entry shows it
     */
    public long zeroPfn() {
        return findings.zeroPfn();
    }

    /**
     * The mappings, ascending. The gate area (vsyscall) is not one.
     *
     * @return a list that cannot be changed
     */
    public List<DumpedVma> vmas() {
        return vmas;
    }

    /**
     * Named regions, if the dump has names.
     *
     * @return a list that cannot be changed
     */
    public List<DumpedRegion> regions() {
        return regions;
    }

    /**
     * What the tables map.
     *
     * @return an enumerator over the dumped tables
     */
    public LeafEnumerator leaves() {
        return new LeafEnumerator(tables, geometry, layout, topPfn);
    }

    /**
     * What is present, joined into ranges.
     *
     * @return a list that cannot be changed
     */
    public List<DumpedRange> presentRanges() {
        return PresentRanges.of(leaves(), vmas);
    }

    /**
     * Device ranges that the leaves imply: the hull, in whole blocks of 2 MiB, of mapped device pages.
     *
     * @return a list that cannot be changed
     */
    public List<DumpedDevice> devices() {
        return devices;
    }

    TableSet tables() {
        return tables;
    }
}
