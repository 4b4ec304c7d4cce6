package org.gup.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** The files of a recorded process, line by line, to be damaged at will. */
final class ProcessFiles {
    static final String NAME = "p";
    static final long PAGE = 4096;
    /** Flags of a private mapping that may be written to. */
    static final String RW = "rd wr mr mw me ac ";
    /** An anonymous page on the LRU. */
    static final long ANON = 0x5828;
    /** A page of a file on a disk. */
    static final long CACHED = 0x86c;

    static final long ZERO = 0x101000000L;

    String maps = "";
    String smaps = "";
    String pagemap = PagemapCsv.HEADER + "\n";
    String devices = "";
    boolean packed;

    /** A mapping with more of smaps than its flags. */
    ProcessFiles mapping(
            final long start,
            final long pages,
            final String perms,
            final String file,
            final String flags,
            final String... details) {
        final String line = Long.toHexString(start) + "-" + Long.toHexString(start + pages * PAGE) + " " + perms
                + " 00000000 " + (file.isEmpty() ? "00:00 0" : file) + "\n";
        maps += line;
        smaps += line + "KernelPageSize:        4 kB\n";
        for (final String detail : details) {
            smaps += detail + "\n";
        }
        smaps += "VmFlags: " + flags + "\n";
        return this;
    }

    ProcessFiles present(
            final long start,
            final long pages,
            final long pfn,
            final boolean file,
            final boolean exclusive,
            final long flags) {
        pagemap += SnapshotException.hex(start) + "," + pages + "," + (pfn == 0 ? "" : SnapshotException.hex(pfn))
                + ",1,0,"
                + (file ? 1 : 0) + "," + (exclusive ? 1 : 0) + ",0," + (flags == 0 ? "" : SnapshotException.hex(flags))
                + ","
                + (exclusive ? 1 : 2) + ",rw-p,\n";
        return this;
    }

    ProcessFiles swapped(final long start, final long pages) {
        pagemap += SnapshotException.hex(start) + "," + pages + ",,0,1,0,0,0,,,rw-p,\n";
        return this;
    }

    ProcessSnapshot load(final Path folder) {
        return load(folder, SnapshotLimits.DEFAULTS);
    }

    ProcessSnapshot load(final Path folder, final SnapshotLimits limits) {
        write(folder);
        return ProcessSnapshot.load(folder, NAME, limits);
    }

    void write(final Path folder) {
        write(folder, ".maps", maps);
        write(folder, ".smaps", smaps);
        write(folder, ".pagemap.csv", pagemap);
        if (!devices.isEmpty()) {
            write(folder, ".devices.csv", devices);
        }
    }

    private void write(final Path folder, final String suffix, final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try {
            Files.write(folder.resolve(NAME + suffix + (packed ? ".gz" : "")), packed ? gzip(bytes) : bytes);
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static byte[] gzip(final byte[] bytes) throws IOException {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    /** Anonymous memory with four pages and a file of two, of which one is cached. */
    static ProcessFiles small() {
        return new ProcessFiles()
                .mapping(0x10000, 8, "rw-p", "", RW, "Rss: 16 kB")
                .mapping(0x40000, 2, "r--p", "08:01 7    /lib/libc.so", "rd mr mw me ", "Rss: 4 kB")
                .present(0x10000, 4, 0x500, false, true, ANON)
                .present(0x40000, 1, 0x900, true, false, CACHED);
    }
}
