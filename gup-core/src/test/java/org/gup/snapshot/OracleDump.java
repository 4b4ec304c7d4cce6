package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * The recorded truth of a dump, and a second reader of its tables. It knows the bits of an entry as numbers and shares no
 * code with what it judges.
 */
final class OracleDump {
    static final List<String> NAMES = List.of("k612l4-mixed4k", "k612l4-huge", "k612l5-forkparent", "k612l5-mixed4k");

    private static final int TABLE_RECORD = 8 + 4096;
    private static final long RW = 1L << 1;
    private static final long DIRTY = 1L << 6;
    private static final long DEVMAP = 1L << 57;

    /** One row of the truth file; {@code pfn} is -1 where the kernel gave none. */
    record Row(
            long address,
            long nrPages,
            long pfn,
            boolean present,
            String size,
            String flags,
            String perms,
            int level,
            long pagemap,
            long kpageflags,
            long kpagecount,
            long raw) {
        /** The entry of page k: the frame counts up within rows of base pages. */
        long raw(final long k) {
            return size.equals("4K") && raw != 0 ? raw + k * 4096 : raw;
        }
    }

    /** Where a walk by hand ended. */
    record Entry(int level, long raw) {}

    final String name;
    final int levels;
    final long topPfn;
    final List<Row> rows;
    private final NavigableMap<Long, Row> byAddress = new TreeMap<>();
    private final Map<Long, long[]> tables = new HashMap<>();

    OracleDump(final String name) {
        this.name = name;
        this.levels = name.contains("l5") ? 5 : 4;
        this.topPfn = Long.decode(new String(resource(name + ".cr3"), StandardCharsets.US_ASCII).strip()) / 4096;
        final ByteBuffer bytes = ByteBuffer.wrap(unpack(resource("pagetables-" + name + ".bin.gz")))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.capacity(); at += TABLE_RECORD) {
            final long[] words = new long[512];
            for (int i = 0; i < 512; i++) {
                words[i] = bytes.getLong(at + 8 + 8 * i);
            }
            tables.put(bytes.getLong(at) / 4096, words);
        }
        this.rows = rows(unpack(resource(name + ".truth.csv.gz")));
        rows.forEach(row -> byAddress.put(row.address, row));
    }

    /** Walks to the entry that decides about an address. */
    Entry walk(final long address) {
        long[] table = tables.get(topPfn);
        for (int level = levels; ; level--) {
            final long raw = table[(int) (address >>> (12 + 9 * (level - 1))) & 511];
            if (level == 1 || (raw & 1) == 0 || (raw & 0x80) != 0) {
                return new Entry(level, raw);
            }
            table = tables.get((raw & 0x000ffffffffff000L) >>> 12);
        }
    }

    /**
     * The entry that the truth recorded for an address. Where it recorded none, the tables say at which level they are
     * empty. FS-DAX pages that were written back between truth and dump are write-protected and clean in the dump, which
     * is what a walk sees.
     */
    Entry recorded(final long address) {
        final Entry inTables = walk(address);
        final Map.Entry<Long, Row> found = byAddress.floorEntry(address);
        if (found == null || address >= found.getValue().address + found.getValue().nrPages * 4096) {
            // Outside every mapping.
            assertEquals(0, inTables.raw);
            return inTables;
        }
        final Row row = found.getValue();
        final long raw = row.raw((address - row.address) / 4096);
        if (raw == 0) {
            assertEquals(0, inTables.raw);
            return inTables;
        }
        assertEquals(row.level, inTables.level);
        if (raw != inTables.raw) {
            assertEquals(raw & ~(RW | DIRTY), inTables.raw, row::toString);
            assertTrue((raw & DEVMAP) != 0 && row.perms.equals("rw-s"), row::toString);
            return inTables;
        }
        return new Entry(row.level, raw);
    }

    /** The frame that the kernel named for an address, or -1. */
    long pfn(final long address) {
        final Row row = byAddress.floorEntry(address).getValue();
        return row.pfn < 0 ? -1 : row.pfn + (address - row.address) / 4096;
    }

    int nrTables() {
        return tables.size();
    }

    /** Every entry of every table, the kernel half of the top table left out. */
    void forEachEntry(final EntryConsumer consumer) {
        tables.forEach((pfn, words) -> {
            for (int i = 0; i < (pfn == topPfn ? 256 : 512); i++) {
                consumer.accept(pfn, i, words[i]);
            }
        });
    }

    /** See {@link #forEachEntry}. */
    interface EntryConsumer {
        void accept(long tablePfn, int index, long raw);
    }

    /** What the kernel said about pages, by frame. */
    PageFacts facts() {
        final Map<Long, Row> byPfn = new HashMap<>();
        for (final Row row : rows) {
            for (long k = 0; row.pfn >= 0 && k < row.nrPages; k++) {
                byPfn.put(row.pfn + k, row);
            }
        }
        return new PageFacts() {
            @Override
            public long kpageflags(final long pfn) {
                final Row row = byPfn.get(pfn);
                return row == null ? 0 : row.kpageflags;
            }

            @Override
            public long kpagecount(final long pfn) {
                final Row row = byPfn.get(pfn);
                return row == null ? -1 : row.kpagecount;
            }
        };
    }

    private static List<Row> rows(final byte[] csv) {
        final List<Row> rows = new ArrayList<>();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(new ByteArrayInputStream(csv), StandardCharsets.US_ASCII))) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                final String[] f = line.split(",", -1);
                final String[] flags = f[5].split("\\|", -1);
                rows.add(new Row(
                        number(f[0], -1),
                        Long.parseLong(f[1]),
                        number(f[2], -1),
                        f[3].equals("1"),
                        f[4],
                        f[5],
                        flags[flags.length - 2],
                        // The file counts levels from the top of a 4-level walk: 4 is the PTE.
                        5 - Integer.parseInt(flags[flags.length - 1].substring("leaf_level=".length())),
                        number(f[6], 0),
                        number(f[7], 0),
                        number(f[8], -1),
                        number(f[9], 0)));
            }
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return rows;
    }

    private static long number(final String text, final long absent) {
        if (text.isEmpty()) {
            return absent;
        }
        return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
    }

    static byte[] resource(final String fileName) {
        try (InputStream in = OracleDump.class.getResourceAsStream(fileName)) {
            return in.readAllBytes();
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static byte[] unpack(final byte[] packed) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            return in.readAllBytes();
        } catch (final IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
