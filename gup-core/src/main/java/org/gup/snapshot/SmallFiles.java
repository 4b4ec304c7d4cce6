package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;

/** Reads the two small files of a dump: the CR3 and the names of regions. */
final class SmallFiles {
    private static final String HEADER = "start,end,what";

    private SmallFiles() {}

    /** The frame of the top table: one line, the value of CR3 with PCID and flags zero, in hexadecimal. */
    static long topPfn(final TextLines lines) {
        final String text = lines.next();
        if (text == null) {
            throw SnapshotException.ofFile(lines.file(), "empty file, allowed one hexadecimal number");
        }
        final long cr3 = hexWithPrefix(lines, text.strip(), "CR3");
        if ((cr3 & (PAGE_SIZE - 1)) != 0) {
            throw lines.error("CR3 not a multiple of 4096: got " + SnapshotException.hex(cr3));
        }
        for (String more = lines.next(); more != null; more = lines.next()) {
            if (!more.isBlank()) {
                throw lines.error("more than one line: got " + SnapshotException.quote(more));
            }
        }
        return cr3 >>> PAGE_SHIFT;
    }

    /** The named regions, in the file's order. */
    static List<DumpedRegion> regions(final TextLines lines, final DumpOptions options) {
        final String header = lines.next();
        if (header == null || !header.equals(HEADER)) {
            throw SnapshotException.ofFile(
                    lines.file(),
                    "bad header: got " + SnapshotException.quote(header == null ? "" : header) + ", allowed " + HEADER);
        }
        final List<DumpedRegion> regions = new ArrayList<>();
        for (String text = lines.next(); text != null; text = lines.next()) {
            final String[] fields = text.split(",", -1);
            if (fields.length != 3) {
                throw lines.error("bad region: got " + fields.length + " fields, allowed " + HEADER);
            }
            if (regions.size() == options.maxVmas()) {
                throw lines.error("too many regions: allowed " + options.maxVmas());
            }
            final long start = hexWithPrefix(lines, fields[0], "start address");
            final long end = hexWithPrefix(lines, fields[1], "end address");
            if (start < 0 || end <= start || ((start | end) & (PAGE_SIZE - 1)) != 0) {
                throw lines.error("bad region: got " + SnapshotException.quote(text)
                        + ", allowed page-aligned addresses of user space, end above start");
            }
            regions.add(new DumpedRegion(start, end, fields[2]));
        }
        return List.copyOf(regions);
    }

    private static long hexWithPrefix(final TextLines lines, final String text, final String what) {
        if (!text.startsWith("0x")) {
            throw lines.error(
                    "bad " + what + ": got " + SnapshotException.quote(text) + ", allowed 0x and hexadecimal digits");
        }
        return lines.hex(text.substring(2), what);
    }
}
