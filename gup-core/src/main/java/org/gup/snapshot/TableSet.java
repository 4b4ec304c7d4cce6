package org.gup.snapshot;

import static org.gup.pgtable.PageTableGeometry.ENTRIES;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The page tables of a dump, by frame.
 *
 * <pre>
 *   file, unpacked:  { physical address, 8 bytes little endian | 512 entries of 8 bytes } ...   ascending
 * </pre>
 */
final class TableSet implements EntrySource {
    private static final int RECORD_BYTES = Long.BYTES + (int) PAGE_SIZE;

    private final String file;
    private final long[] pfns;
    private final long[][] entries;

    private TableSet(final String file, final long[] pfns, final long[][] entries) {
        this.file = file;
        this.pfns = pfns;
        this.entries = entries;
    }

    static TableSet parse(final BoundedInput input, final DumpOptions options) {
        final List<long[]> tables = new ArrayList<>();
        long[] pfns = new long[64];
        final byte[] record = new byte[RECORD_BYTES];
        final ByteBuffer buffer = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
        while (true) {
            final long offset = input.offset();
            final int got = input.read(record);
            if (got == 0) {
                break;
            }
            if (got < RECORD_BYTES) {
                throw SnapshotException.atOffset(
                        input.file(), offset + got, "truncated table: got " + got + " bytes, allowed " + RECORD_BYTES);
            }
            final int count = tables.size();
            if (count == options.maxTables()) {
                throw SnapshotException.atOffset(
                        input.file(), offset, "too many tables: allowed " + options.maxTables());
            }
            final long pfn = pfn(input.file(), offset, buffer.getLong(0), options);
            if (count > 0 && pfn <= pfns[count - 1]) {
                throw SnapshotException.atOffset(
                        input.file(),
                        offset,
                        (pfn == pfns[count - 1] ? "table twice" : "tables not ascending") + ": got address "
                                + address(pfn) + " after " + address(pfns[count - 1]));
            }
            if (count == pfns.length) {
                pfns = Arrays.copyOf(pfns, 2 * count);
            }
            pfns[count] = pfn;
            final long[] words = new long[ENTRIES];
            buffer.slice(Long.BYTES, (int) PAGE_SIZE)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asLongBuffer()
                    .get(words);
            tables.add(words);
        }
        if (tables.isEmpty()) {
            throw SnapshotException.ofFile(input.file(), "no tables: got 0 bytes");
        }
        return new TableSet(input.file(), Arrays.copyOf(pfns, tables.size()), tables.toArray(long[][]::new));
    }

    private static long pfn(final String file, final long offset, final long address, final DumpOptions options) {
        if ((address & (PAGE_SIZE - 1)) != 0) {
            throw SnapshotException.atOffset(
                    file, offset, "table address not a multiple of 4096: got " + SnapshotException.hex(address));
        }
        final long pfn = address >>> PAGE_SHIFT;
        if (pfn >= options.maxPages()) {
            throw SnapshotException.atOffset(
                    file,
                    offset,
                    "table outside the modelled memory: got address " + SnapshotException.hex(address)
                            + ", allowed below " + address(options.maxPages()));
        }
        return pfn;
    }

    private static String address(final long pfn) {
        return SnapshotException.hex(pfn << PAGE_SHIFT);
    }

    int size() {
        return pfns.length;
    }

    long pfn(final int table) {
        return pfns[table];
    }

    /** Which table lies in a frame. */
    int indexOf(final long pfn) {
        return Arrays.binarySearch(pfns, pfn);
    }

    /** The lowest frame in {@code [from, end)} that is a table, or -1. */
    long firstIn(final long from, final long end) {
        final int found = indexOf(from);
        final int at = found >= 0 ? found : -found - 1;
        return at < pfns.length && pfns[at] < end ? pfns[at] : -1;
    }

    long entryAt(final int table, final int index) {
        return entries[table][index];
    }

    @Override
    public long entry(final long tablePfn, final int index) {
        return entries[indexOf(tablePfn)][index];
    }

    String file() {
        return file;
    }

    /** Where an entry is in the unpacked file. */
    static long offset(final int table, final int index) {
        return (long) table * RECORD_BYTES + Long.BYTES + (long) index * Long.BYTES;
    }
}
