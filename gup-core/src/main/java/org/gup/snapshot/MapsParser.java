package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.gup.pgtable.PageTableGeometry;

/**
 * Reads {@code /proc/PID/maps}. The vsyscall line names a gate area, which is not a mapping of the address space; it is
 * recognised and left out.
 */
final class MapsParser {
    /** One line; {@code flags} are not in it. */
    record Line(long start, long end, String perms, long fileOffset, String device, long inode, String path) {
        boolean isGate() {
            return start < 0;
        }
    }

    private static final String VSYSCALL = "[vsyscall]";
    private static final String PERMS = "r-w-x-ps";
    private static final Pattern DEVICE = Pattern.compile("[0-9a-f]{1,8}:[0-9a-f]{1,8}");

    private MapsParser() {}

    static List<Line> parse(final TextLines lines, final DumpOptions options) {
        final List<Line> parsed = new ArrayList<>();
        for (String text = lines.next(); text != null; text = lines.next()) {
            if (parsed.size() == options.maxVmas()) {
                throw lines.error("too many mappings: allowed " + options.maxVmas());
            }
            final Line line = parseLine(lines, text);
            if (!parsed.isEmpty()) {
                checkOrder(lines, parsed.get(parsed.size() - 1), line);
            }
            parsed.add(line);
        }
        if (parsed.isEmpty()) {
            throw SnapshotException.ofFile(lines.file(), "no mappings: got an empty file");
        }
        return parsed;
    }

    private static void checkOrder(final TextLines lines, final Line before, final Line line) {
        if (Long.compareUnsigned(line.start, before.end) >= 0) {
            return;
        }
        final boolean overlaps = Long.compareUnsigned(line.end, before.start) > 0;
        throw lines.error((overlaps ? "overlaps the mapping before" : "not ascending") + ": got "
                + Long.toHexString(line.start) + "-" + Long.toHexString(line.end) + " after "
                + Long.toHexString(before.start) + "-" + Long.toHexString(before.end));
    }

    /** {@code start-end perms offset device inode path}. */
    static Line parseLine(final TextLines lines, final String text) {
        final String[] fields = text.split(" ", 6);
        final int dash = fields[0].indexOf('-');
        if (fields.length < 5 || dash < 0) {
            throw lines.error("bad mapping: got " + SnapshotException.quote(text)
                    + ", allowed start-end perms offset device inode path");
        }
        final long start = lines.hex(fields[0].substring(0, dash), "start address");
        final long end = lines.hex(fields[0].substring(dash + 1), "end address");
        final String perms = fields[1];
        boolean goodPerms = perms.length() == 4;
        for (int i = 0; goodPerms && i < 4; i++) {
            goodPerms = perms.charAt(i) == PERMS.charAt(2 * i) || perms.charAt(i) == PERMS.charAt(2 * i + 1);
        }
        if (!goodPerms) {
            throw lines.error("bad permissions: got " + SnapshotException.quote(perms) + ", allowed [r-][w-][x-][ps]");
        }
        final long fileOffset = lines.hex(fields[2], "file offset");
        if (!DEVICE.matcher(fields[3]).matches()) {
            throw lines.error("bad device: got " + SnapshotException.quote(fields[3]) + ", allowed major:minor");
        }
        final long inode = inode(lines, fields[4]);
        final Line line =
                new Line(start, end, perms, fileOffset, fields[3], inode, fields.length < 6 ? "" : fields[5].strip());
        checkBounds(lines, line);
        return line;
    }

    private static void checkBounds(final TextLines lines, final Line line) {
        final String range = Long.toHexString(line.start) + "-" + Long.toHexString(line.end);
        if (Long.compareUnsigned(line.start, line.end) >= 0) {
            throw lines.error("end not above start: got " + range);
        }
        if (((line.start | line.end) & (PAGE_SIZE - 1)) != 0) {
            throw lines.error("not page-aligned: got " + range);
        }
        final long taskSize = PageTableGeometry.FIVE_LEVEL.taskSize();
        final boolean user = line.start >= 0 && line.end >= 0 && line.end <= taskSize;
        if (!user && !(line.start < 0 && line.path.equals(VSYSCALL))) {
            throw lines.error("outside user space: got " + range + ", allowed up to " + Long.toHexString(taskSize)
                    + ", or " + VSYSCALL);
        }
    }

    private static long inode(final TextLines lines, final String text) {
        try {
            return Long.parseUnsignedLong(text);
        } catch (final NumberFormatException bad) {
            throw lines.error("bad inode: got " + SnapshotException.quote(text) + ", allowed a decimal number");
        }
    }
}
