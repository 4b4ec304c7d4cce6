package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Page states of a process as text: a header, then one line for each {@link PageRun}, ascending. */
final class PagemapCsv {
    static final String HEADER =
            "vaddr,npages,pfn,present,swap,file_or_shared,exclusive,softdirty,kpageflags,kpagecount,perms,path";

    private static final int FIELDS = 12;
    private static final long MOST_PFN = 1L << 40;

    private PagemapCsv() {}

    /** The runs that hold something; pages of which no line tells are empty. */
    static List<PageRun> parse(final TextLines lines, final SnapshotLimits limits) {
        final String header = lines.next();
        if (header == null || !header.equals(HEADER)) {
            throw SnapshotException.ofFile(
                    lines.file(),
                    "bad header: got " + SnapshotException.quote(header == null ? "" : header) + ", allowed " + HEADER);
        }
        final List<PageRun> runs = new ArrayList<>();
        long before = 0;
        long held = 0;
        for (String text = lines.next(); text != null; text = lines.next()) {
            final PageRun run = parseLine(lines, text);
            if (run.start() < before) {
                throw lines.error("not ascending: got " + SnapshotException.hex(run.start()) + " after pages up to "
                        + SnapshotException.hex(before));
            }
            before = run.end();
            if (run.held()) {
                held += run.nrPages();
                if (held > limits.maxHeldPages()) {
                    throw lines.error("too many pages in memory and in swap: allowed " + limits.maxHeldPages()
                            + " of 4 KiB; choose mappings, or raise the limit");
                }
                runs.add(run);
            }
        }
        return runs;
    }

    private static PageRun parseLine(final TextLines lines, final String text) {
        final String[] fields = text.split(",", FIELDS);
        if (fields.length != FIELDS) {
            throw lines.error("bad line: got " + fields.length + " fields, allowed " + FIELDS + ": " + HEADER);
        }
        final long start = prefixed(lines, fields[0], "vaddr");
        final long pages = lines.decimal(fields[1], "npages");
        if ((start & (PAGE_SIZE - 1)) != 0) {
            throw lines.error("vaddr not page-aligned: got " + SnapshotException.quote(fields[0]));
        }
        if (pages < 1 || start < 0 || pages > (Long.MAX_VALUE - start) >>> PAGE_SHIFT) {
            throw lines.error("npages out of range: got " + fields[1] + " from " + SnapshotException.hex(start)
                    + ", allowed 1 to the end of user space");
        }
        final boolean present = bit(lines, fields[3], "present");
        final boolean swap = bit(lines, fields[4], "swap");
        final boolean file = bit(lines, fields[5], "file_or_shared");
        final boolean exclusive = bit(lines, fields[6], "exclusive");
        bit(lines, fields[7], "softdirty");
        if (present && swap) {
            throw lines.error("present and in swap at once: got 1,1, allowed one of them");
        }
        final long pfn = fields[2].isEmpty() ? 0 : prefixed(lines, fields[2], "pfn");
        if (pfn < 0 || pfn >= MOST_PFN) {
            throw lines.error(
                    "pfn out of range: got " + fields[2] + ", allowed below " + SnapshotException.hex(MOST_PFN));
        }
        final long flags = fields[8].isEmpty() ? 0 : prefixed(lines, fields[8], "kpageflags");
        final long count = fields[9].isEmpty() ? -1 : lines.decimal(fields[9], "kpagecount");
        return new PageRun(
                start,
                pages,
                present && pfn != 0 ? pfn : PageRun.NO_PFN,
                present,
                swap,
                file,
                exclusive,
                flags,
                present ? count : -1);
    }

    private static boolean bit(final TextLines lines, final String text, final String what) {
        if (text.equals("0") || text.equals("1")) {
            return text.equals("1");
        }
        throw lines.error("bad " + what + ": got " + SnapshotException.quote(text) + ", allowed 0 or 1");
    }

    private static long prefixed(final TextLines lines, final String text, final String what) {
        if (!text.startsWith("0x")) {
            throw lines.error(
                    "bad " + what + ": got " + SnapshotException.quote(text) + ", allowed 0x and hexadecimal digits");
        }
        return lines.hex(text.substring(2), what);
    }

    /** One line, without its end. */
    static String line(final PageRun run, final DumpedVma vma) {
        return String.format(
                Locale.ROOT,
                "0x%x,%d,%s,%d,%d,%d,%d,0,%s,%s,%s,%s",
                run.start(),
                run.nrPages(),
                run.pfn() == PageRun.NO_PFN ? "" : SnapshotException.hex(run.pfn()),
                run.present() ? 1 : 0,
                run.swap() ? 1 : 0,
                run.file() ? 1 : 0,
                run.exclusive() ? 1 : 0,
                run.kpageflags() == 0 ? "" : SnapshotException.hex(run.kpageflags()),
                run.kpagecount() < 0 ? "" : Long.toString(run.kpagecount()),
                vma.perms(),
                vma.path());
    }
}
