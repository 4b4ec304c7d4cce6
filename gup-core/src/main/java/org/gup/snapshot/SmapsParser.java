package org.gup.snapshot;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.snapshot.MapsParser.Line;
import org.jspecify.annotations.Nullable;

/** Reads {@code /proc/PID/smaps} beside {@code maps}: the two must tell of the same mappings. */
final class SmapsParser {
    private static final String VM_FLAGS = "VmFlags:";
    private static final String PROTECTION_KEY = "ProtectionKey:";
    private static final int PKEYS = 16;

    private final TextLines lines;
    private final List<Line> mappings;
    private final List<DumpedVma> vmas = new ArrayList<>();
    private int next;
    private @Nullable List<String> codes;
    private int pkey;

    private SmapsParser(final TextLines lines, final List<Line> mappings) {
        this.lines = lines;
        this.mappings = mappings;
    }

    /** The mappings, the gate area left out. */
    static List<DumpedVma> parse(final TextLines lines, final List<Line> mappings) {
        return new SmapsParser(lines, mappings).parse();
    }

    private List<DumpedVma> parse() {
        for (String text = lines.next(); text != null; text = lines.next()) {
            final int space = text.indexOf(' ');
            final String key = space < 0 ? text : text.substring(0, space);
            if (!key.endsWith(":")) {
                finish();
                begin(text);
            } else if (next == 0) {
                throw lines.error("detail before the first mapping: got " + SnapshotException.quote(text));
            } else if (key.equals(VM_FLAGS)) {
                codes = codes(text.substring(key.length()));
            } else if (key.equals(PROTECTION_KEY)) {
                pkey = pkey(text.substring(key.length()).strip());
            }
        }
        finish();
        if (next < mappings.size()) {
            throw lines.error("fewer mappings than maps: got " + next + ", allowed " + mappings.size());
        }
        return List.copyOf(vmas);
    }

    private void begin(final String text) {
        final Line line = MapsParser.parseLine(lines, text);
        if (next == mappings.size()) {
            throw lines.error("more mappings than maps: allowed " + mappings.size());
        }
        final Line expected = mappings.get(next);
        if (line.start() != expected.start()
                || line.end() != expected.end()
                || !line.perms().equals(expected.perms())) {
            throw lines.error(
                    "not the mapping that maps has: got " + describe(line) + ", allowed " + describe(expected));
        }
        next++;
        codes = null;
        pkey = 0;
    }

    private static String describe(final Line line) {
        return Long.toHexString(line.start()) + "-" + Long.toHexString(line.end()) + " " + line.perms();
    }

    /** Ends the mapping that the lines so far were about. */
    private void finish() {
        if (next == 0) {
            return;
        }
        final Line line = mappings.get(next - 1);
        if (codes == null) {
            throw lines.error("no " + VM_FLAGS + " line for the mapping " + describe(line));
        }
        if (line.isGate()) {
            return;
        }
        long flags = (long) pkey << VmFlags.VM_PKEY_SHIFT;
        for (final String code : codes) {
            flags |= VmFlagCodes.bit(code);
        }
        checkPerms(line, flags, codes);
        vmas.add(new DumpedVma(
                line.start(),
                line.end(),
                line.perms(),
                line.fileOffset(),
                line.device(),
                line.inode(),
                line.path(),
                flags,
                codes));
    }

    private void checkPerms(final Line line, final long flags, final List<String> vmFlagCodes) {
        final String perms = line.perms();
        final boolean agree = (perms.charAt(0) == 'r') == ((flags & VmFlags.VM_READ) != 0)
                && (perms.charAt(1) == 'w') == ((flags & VmFlags.VM_WRITE) != 0)
                && (perms.charAt(2) == 'x') == ((flags & VmFlags.VM_EXEC) != 0)
                && (perms.charAt(3) == 's') == ((flags & VmFlags.VM_MAYSHARE) != 0);
        if (!agree) {
            throw lines.error(VM_FLAGS + " does not agree with the permissions: got "
                    + SnapshotException.quote(String.join(" ", vmFlagCodes)) + " for " + describe(line));
        }
    }

    private List<String> codes(final String text) {
        if (codes != null) {
            throw lines.error(VM_FLAGS + " twice for one mapping");
        }
        final List<String> found = new ArrayList<>();
        for (final String code : text.strip().split(" +", -1)) {
            if (!code.isEmpty()) {
                if (!VmFlagCodes.wellFormed(code)) {
                    throw lines.error("bad " + VM_FLAGS + " code: got " + SnapshotException.quote(code)
                            + ", allowed two letters");
                }
                found.add(code);
            }
        }
        return found;
    }

    private int pkey(final String text) {
        if (text.length() >= 1 && text.length() <= 2 && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            final int key = Integer.parseInt(text);
            if (key < PKEYS) {
                return key;
            }
        }
        throw lines.error("bad " + PROTECTION_KEY + " got " + SnapshotException.quote(text) + ", allowed 0 to 15");
    }
}
