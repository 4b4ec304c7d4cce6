package org.gup.snapshot;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the files of a block device or a mount are made of, as far as it matters to who pins their pages. */
enum FileKind {
    /** The page cache of a file system on a disk. */
    CACHED,
    /** Memory: tmpfs, memfd, shared anonymous memory. */
    MEMORY,
    /** A file system whose pages are the device's own. */
    FS_DAX,
    /** A device of memory. */
    DEVICE_DAX,
    /** Frames that a driver has mapped, without pages behind them as far as pinning goes. */
    FRAMES;

    private static final String HEADER = "device,kind";

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Reads the table of devices. */
    static Map<String, FileKind> parse(final TextLines lines) {
        final String header = lines.next();
        if (header == null || !header.equals(HEADER)) {
            throw SnapshotException.ofFile(
                    lines.file(),
                    "bad header: got " + SnapshotException.quote(header == null ? "" : header) + ", allowed " + HEADER);
        }
        final Map<String, FileKind> kinds = new TreeMap<>();
        for (String text = lines.next(); text != null; text = lines.next()) {
            final String[] fields = text.split(",", -1);
            final FileKind kind = fields.length == 2 ? named(fields[1]) : null;
            if (kind == null) {
                throw lines.error(
                        "bad device: got " + SnapshotException.quote(text)
                                + ", allowed major:minor as in maps, a comma, and cached, memory, fs-dax, device-dax or frames");
            }
            kinds.put(fields[0], kind);
        }
        return kinds;
    }

    private static @Nullable FileKind named(final String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElse(null);
    }

    /** The table as text. */
    static String text(final Map<String, FileKind> kinds) {
        final StringBuilder text = new StringBuilder(HEADER).append('\n');
        kinds.forEach((device, kind) ->
                text.append(device).append(',').append(kind.word()).append('\n'));
        return text.toString();
    }

    /**
     * Kinds by device, from {@code /proc/PID/mountinfo}. Lines that are not understood are left out: the files of such a mount
     * count as cached.
     */
    static Map<String, FileKind> ofMounts(final TextLines lines) {
        final Map<String, FileKind> kinds = new TreeMap<>();
        for (String text = lines.next(); text != null; text = lines.next()) {
            final int separator = text.indexOf(" - ");
            final String[] before =
                    separator < 0 ? new String[0] : text.substring(0, separator).split(" ");
            final String[] after = separator < 0
                    ? new String[0]
                    : text.substring(separator + 3).split(" ");
            if (before.length >= 6 && after.length >= 3) {
                final FileKind kind = ofMount(after[0], before[5] + "," + after[2]);
                final String device = deviceOfMaps(before[2]);
                if (kind != CACHED && device != null) {
                    kinds.put(device, kind);
                }
            }
        }
        return kinds;
    }

    private static FileKind ofMount(final String type, final String options) {
        if (type.equals("tmpfs") || type.equals("devtmpfs") || type.equals("ramfs")) {
            return MEMORY;
        }
        final boolean dax = Arrays.stream(options.split(","))
                .anyMatch(option -> option.equals("dax") || option.equals("dax=always"));
        return dax ? FS_DAX : CACHED;
    }

    /** {@code mountinfo} writes numbers in decimal, {@code maps} in hexadecimal. */
    private static @Nullable String deviceOfMaps(final String device) {
        final String[] numbers = device.split(":", -1);
        try {
            return numbers.length != 2
                    ? null
                    : String.format(
                            Locale.ROOT, "%02x:%02x", Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]));
        } catch (final NumberFormatException notOne) {
            return null;
        }
    }

    /** What a mapping that is not anonymous maps. */
    static FileKind of(final SnapshotMapping mapping, final Map<String, FileKind> byDevice) {
        final DumpedVma vma = mapping.vma();
        if (vma.mayHideFrames()) {
            return FRAMES;
        }
        if (vma.isDeviceDax()) {
            return DEVICE_DAX;
        }
        if (isMemory(vma.path()) || mapping.runs().stream().anyMatch(FileKind::isOfMemory)) {
            return MEMORY;
        }
        return byDevice.getOrDefault(vma.device(), CACHED);
    }

    private static boolean isMemory(final String path) {
        return path.startsWith("/dev/zero")
                || path.startsWith("/dev/shm/")
                || path.startsWith("/memfd:")
                || path.startsWith("/SYSV")
                || path.startsWith("[anon_shmem:");
    }

    private static boolean isOfMemory(final PageRun run) {
        return run.file()
                && (run.kpageflags() & (PageRun.KPF_SWAPBACKED | PageFacts.KPF_ANON)) == PageRun.KPF_SWAPBACKED;
    }
}
