package org.gup.snapshot;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.gup.flags.VmFlags;
import org.gup.snapshot.MapsParser.Line;
import org.jspecify.annotations.Nullable;

/** Processes in files. */
final class RecordedProcess {
    private static final String MAPS = ".maps";
    private static final String SMAPS = ".smaps";
    private static final String PAGEMAP = ".pagemap.csv";
    private static final String DEVICES = ".devices.csv";
    private static final String GZIP = ".gz";

    private RecordedProcess() {}

    /** A file as stored. */
    private static final class Input {
        private final String shown;
        private final byte[] bytes;
        private final boolean packed;
        private final long maxBytes;

        Input(final String shown, final byte[] bytes, final boolean packed, final long maxBytes) {
            this.shown = shown;
            this.bytes = bytes;
            this.packed = packed;
            this.maxBytes = maxBytes;
        }

        TextLines lines() {
            return new TextLines(
                    packed ? BoundedInput.gzip(shown, bytes, maxBytes) : BoundedInput.plain(shown, bytes, maxBytes));
        }
    }

    static ProcessSnapshot load(final DumpSource source, final String name, final SnapshotLimits limits) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\\') >= 0 || name.startsWith("..")) {
            throw new SnapshotException("bad name of a snapshot: got " + SnapshotException.quote(name)
                    + ", allowed the part of a file name before " + MAPS);
        }
        final Input maps = read(source, name + MAPS, limits);
        final Input smaps = read(source, name + SMAPS, limits);
        final Input pagemap = read(source, name + PAGEMAP, limits);
        final Input devices = readIfPresent(source, name + DEVICES, limits);
        final List<Line> lines = MapsParser.parse(maps.lines(), limits.textOptions());
        return ProcessSnapshot.of(
                name,
                lines,
                SmapsParser.parse(smaps.lines(), lines),
                MappingDetails.parse(smaps.lines()),
                PagemapCsv.parse(pagemap.lines(), limits),
                devices == null ? Map.of() : FileKind.parse(devices.lines()),
                limits);
    }

    private static Input read(final DumpSource source, final String file, final SnapshotLimits limits) {
        final Input input = readIfPresent(source, file, limits);
        if (input == null) {
            throw SnapshotException.ofFile(source.display(file), "no such file, nor with " + GZIP);
        }
        return input;
    }

    /** The packed one, or the other. */
    private static @Nullable Input readIfPresent(
            final DumpSource source, final String file, final SnapshotLimits limits) {
        final long most = Math.min(limits.maxTextBytes(), Integer.MAX_VALUE - 8);
        final byte[] packed = source.readIfPresent(file + GZIP, most);
        if (packed != null) {
            return new Input(source.display(file + GZIP), packed, true, limits.maxTextBytes());
        }
        final byte[] plain = source.readIfPresent(file, most);
        return plain == null ? null : new Input(source.display(file), plain, false, limits.maxTextBytes());
    }

    /** Writes one file's text. */
    private interface Text {
        void write(Writer out) throws IOException;
    }

    static void save(final ProcessSnapshot snapshot, final Path folder, final String name) {
        final List<DumpedVma> vmas = new ArrayList<>();
        for (final SnapshotMapping mapping : snapshot.mappings()) {
            vmas.add(shortened(mapping.vma()));
        }
        try {
            Files.createDirectories(folder);
            write(folder.resolve(name + MAPS + GZIP), out -> {
                for (final DumpedVma vma : vmas) {
                    out.write(line(vma));
                }
            });
            write(folder.resolve(name + SMAPS + GZIP), out -> {
                for (int i = 0; i < vmas.size(); i++) {
                    smaps(vmas.get(i), snapshot.mappings().get(i).details(), out);
                }
            });
            write(folder.resolve(name + PAGEMAP + GZIP), out -> {
                out.write(PagemapCsv.HEADER + '\n');
                for (int i = 0; i < vmas.size(); i++) {
                    for (final PageRun run : snapshot.mappings().get(i).runs()) {
                        out.write(PagemapCsv.line(run, vmas.get(i)) + '\n');
                    }
                }
            });
            write(folder.resolve(name + DEVICES + GZIP), out -> out.write(FileKind.text(snapshot.devices())));
        } catch (final IOException refused) {
            throw SnapshotException.ofFile(
                    folder.toString(),
                    "cannot be written: " + refused.getClass().getSimpleName());
        }
    }

    private static void write(final Path file, final Text text) throws IOException {
        try (Writer out = new BufferedWriter(
                new OutputStreamWriter(new GZIPOutputStream(Files.newOutputStream(file)), StandardCharsets.UTF_8))) {
            text.write(out);
        }
    }

    private static void smaps(final DumpedVma vma, final MappingDetails details, final Writer out) throws IOException {
        out.write(line(vma));
        out.write("KernelPageSize: " + details.pageKb() + " kB\n");
        out.write("Rss: " + details.rssKb() + " kB\n");
        out.write("AnonHugePages: " + details.anonHugeKb() + " kB\n");
        out.write("FilePmdMapped: " + details.fileHugeKb() + " kB\n");
        out.write("Swap: " + details.swapKb() + " kB\n");
        out.write("THPeligible: " + (details.hugeEligible() ? 1 : 0) + "\n");
        final int pkey = VmFlags.pkey(vma.vmFlags());
        out.write("ProtectionKey: " + pkey + "\n");
        out.write("VmFlags: " + String.join(" ", vma.vmFlagCodes()) + " \n");
    }

    private static String line(final DumpedVma vma) {
        return Long.toHexString(vma.start()) + "-" + Long.toHexString(vma.end()) + " " + vma.perms() + " "
                + Long.toHexString(vma.fileOffset()) + " " + vma.device() + " " + Long.toUnsignedString(vma.inode())
                + (vma.path().isEmpty() ? "" : " " + vma.path()) + "\n";
    }

    /** Paths say whose machine it was: folders go, but for those that say what kind of file it is. */
    private static DumpedVma shortened(final DumpedVma vma) {
        final String path = vma.path();
        final String shown = !path.startsWith("/") || path.startsWith("/dev/") || path.startsWith("/memfd:")
                ? path
                : path.substring(path.lastIndexOf('/'));
        return new DumpedVma(
                vma.start(),
                vma.end(),
                vma.perms(),
                vma.fileOffset(),
                vma.device(),
                vma.inode(),
                shown,
                vma.vmFlags(),
                vma.vmFlagCodes());
    }
}
