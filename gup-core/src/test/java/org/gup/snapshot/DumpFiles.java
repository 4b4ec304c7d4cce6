package org.gup.snapshot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/** The files of one dump, to be changed and written: a real one, or one of four tables and one mapping made by hand. */
final class DumpFiles implements DumpSource {
    /** Frames of the small dump's tables; its top table is the highest. */
    static final long PTE_TABLE = 0x10;

    static final long PMD_TABLE = 0x11;
    static final long PUD_TABLE = 0x12;
    static final long TOP_TABLE = 0x13;
    /** First address of the small dump's mapping, of 1024 pages; the first two are present. */
    static final long SMALL_START = 0x40000000L;

    private static final int TABLE_RECORD = 8 + 4096;

    final String name;
    /** Unpacked. */
    byte[] tables;

    String cr3;
    String maps;
    String smaps;
    String layout;
    /** Bytes that replace a whole file, packed or not; null: the file is missing. */
    private final Map<String, byte[]> raw = new HashMap<>();

    private DumpFiles(final String name, final byte[] tables, final String cr3, final String maps, final String smaps) {
        this.name = name;
        this.tables = tables;
        this.cr3 = cr3;
        this.maps = maps;
        this.smaps = smaps;
    }

    static DumpFiles of(final String name) {
        final DumpFiles files = new DumpFiles(
                name,
                OracleDump.unpack(OracleDump.resource("pagetables-" + name + ".bin.gz")),
                text(OracleDump.resource(name + ".cr3")),
                text(OracleDump.resource(name + ".maps.txt")),
                text(OracleDump.unpack(OracleDump.resource(name + ".smaps.txt.gz"))));
        files.layout = text(OracleDump.resource(name + ".layout.csv"));
        return files;
    }

    /** One mapping of 4 MiB; one table of each of four levels; two pages, of frames 0x100 and 0x101. */
    static DumpFiles small() {
        final DumpFiles files = new DumpFiles("small", new byte[0], "0x13000\n", "", "");
        files.vma("40000000-40400000 rw-p 00000000 00:00 0 ", "rd wr mr mw me ac ");
        for (long pfn = PTE_TABLE; pfn <= TOP_TABLE; pfn++) {
            files.addTable(pfn << 12);
        }
        files.entry(TOP_TABLE, 0, PUD_TABLE << 12 | 0x67);
        files.entry(PUD_TABLE, 1, PMD_TABLE << 12 | 0x67);
        files.entry(PMD_TABLE, 0, PTE_TABLE << 12 | 0x67);
        files.entry(PTE_TABLE, 0, 0x8000000000100067L);
        files.entry(PTE_TABLE, 1, 0x8000000000101025L);
        return files;
    }

    /** The same files, to be changed by themselves. */
    DumpFiles copy() {
        return renamed(name);
    }

    /** The same files under another name. */
    DumpFiles renamed(final String other) {
        final DumpFiles files = new DumpFiles(other, tables.clone(), cr3, maps, smaps);
        files.layout = layout;
        return files;
    }

    private static String text(final byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    DumpFiles vma(final String line, final String codes) {
        maps += line + "\n";
        smaps += line + "\nSize:               4096 kB\nProtectionKey:         0\nVmFlags: " + codes + "\n";
        return this;
    }

    DumpFiles vmas(final String line, final String codes) {
        maps = "";
        smaps = "";
        return vma(line, codes);
    }

    DumpFiles addTable(final long address) {
        final byte[] grown = new byte[tables.length + TABLE_RECORD];
        System.arraycopy(tables, 0, grown, 0, tables.length);
        ByteBuffer.wrap(grown).order(ByteOrder.LITTLE_ENDIAN).putLong(tables.length, address);
        tables = grown;
        return this;
    }

    DumpFiles entry(final long tablePfn, final int index, final long entry) {
        final ByteBuffer bytes = ByteBuffer.wrap(tables).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < tables.length; at += TABLE_RECORD) {
            if (bytes.getLong(at) == tablePfn << 12) {
                bytes.putLong(at + 8 + 8 * index, entry);
                return this;
            }
        }
        throw new IllegalArgumentException("no such table: " + tablePfn);
    }

    DumpFiles file(final String fileName, final byte[] bytes) {
        raw.put(fileName, bytes);
        return this;
    }

    String tablesName() {
        return "pagetables-" + name + ".bin.gz";
    }

    String smapsName() {
        return name + ".smaps.txt.gz";
    }

    byte[] bytes(final String fileName) {
        if (raw.containsKey(fileName)) {
            return raw.get(fileName);
        }
        if (fileName.equals(tablesName())) {
            return pack(tables);
        }
        if (fileName.equals(smapsName())) {
            return pack(smaps.getBytes(StandardCharsets.UTF_8));
        }
        if (fileName.equals(name + ".cr3")) {
            return cr3.getBytes(StandardCharsets.UTF_8);
        }
        if (fileName.equals(name + ".maps.txt")) {
            return maps.getBytes(StandardCharsets.UTF_8);
        }
        return layout == null || !fileName.equals(name + ".layout.csv")
                ? null
                : layout.getBytes(StandardCharsets.UTF_8);
    }

    Path writeTo(final Path folder) {
        try {
            for (final String ending : new String[] {".cr3", ".maps.txt", ".smaps.txt.gz", ".layout.csv"}) {
                write(folder, name + ending);
            }
            write(folder, tablesName());
        } catch (final IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return folder;
    }

    private void write(final Path folder, final String fileName) throws IOException {
        final byte[] bytes = bytes(fileName);
        if (bytes != null) {
            Files.write(folder.resolve(fileName), bytes);
        }
    }

    PageTableDump load() {
        return load(DumpOptions.DEFAULTS);
    }

    PageTableDump load(final DumpOptions options) {
        return PageTableDump.load(this, name, options);
    }

    @Override
    public String display(final String fileName) {
        return fileName;
    }

    @Override
    public byte[] readIfPresent(final String fileName, final long maxBytes) {
        return bytes(fileName);
    }

    static byte[] pack(final byte[] bytes) {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return packed.toByteArray();
    }
}
