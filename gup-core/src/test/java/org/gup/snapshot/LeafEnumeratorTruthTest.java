package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.gup.pgtable.PageTableGeometry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every leaf against what the kernel itself said about the same process, both ways. Bits are literal numbers here, and the
 * raw entry is the one that the truth recorded.
 */
final class LeafEnumeratorTruthTest {
    /** FS-DAX shared leaves that were written back, hence write-protected, between the truth and the dump: RW and D. */
    private static final long WRITTEN_BACK = 1L << 1 | 1L << 6;

    @ParameterizedTest
    @CsvSource({
        // name, pages: present 4K, 2M, 1G, hidden PFNMAP, PROT_NONE, swap, hwpoison, empty, rows written back
        "k612l4-mixed4k, 583, 0, 0, 9, 16, 48, 1, 195, 0",
        "k612l4-huge, 1341, 7680, 262144, 0, 512, 1, 0, 1660, 4",
        "k612l5-forkparent, 270, 1024, 0, 0, 0, 0, 0, 76, 0",
        "k612l5-mixed4k, 592, 0, 0, 9, 16, 48, 1, 196, 0",
    })
    void shouldDecodeEveryLeafAsTheKernelDid(
            final String name,
            final long present4K,
            final long present2M,
            final long present1G,
            final long hidden,
            final long protnone,
            final long swap,
            final long hwpoison,
            final long none,
            final long writtenBack) {
        final OracleDump oracle = new OracleDump(name);
        final PageTableDump dump = DumpFiles.of(name).load();
        final NavigableMap<Long, DumpedLeaf> leaves = new TreeMap<>();
        for (final DumpedVma vma : dump.vmas()) {
            dump.leaves().forEach(vma.start(), vma.end(), leaf -> leaves.put(leaf.address(), leaf));
        }

        final long[] counts = new long[9];
        for (final OracleDump.Row row : oracle.rows) {
            for (long k = 0; k < row.nrPages(); k++) {
                final long address = row.address() + k * 4096;
                final Map.Entry<Long, DumpedLeaf> found = leaves.floorEntry(address);
                assertNotNull(found, () -> "no leaf at 0x" + Long.toHexString(address));
                comparePage(row, k, address, found.getValue(), counts);
            }
        }

        assertEquals(
                Arrays.toString(
                        new long[] {present4K, present2M, present1G, hidden, protnone, swap, hwpoison, none, writtenBack
                        }),
                Arrays.toString(counts),
                "pages compared, by kind");
    }

    private static void comparePage(
            final OracleDump.Row row, final long k, final long address, final DumpedLeaf leaf, final long[] counts) {
        final Supplier<String> where = () -> row + " page " + k + ": " + leaf;
        final long raw = row.raw(k);
        assertTrue(address < leaf.end(), where);
        if (raw == 0) {
            assertEquals(LeafKind.NONE, leaf.kind(), where);
            assertTrue(!row.size().equals("none") || leaf.level() >= 2, where);
            counts[7]++;
            return;
        }
        assertEquals(row.level(), leaf.level(), where);
        if (leaf.entry() != raw) {
            assertEquals(raw & ~WRITTEN_BACK, leaf.entry(), where);
            assertTrue(leaf.device() && row.perms().equals("rw-s"), where);
            counts[8] += k == 0 ? 1 : 0;
        }
        final boolean hardware = (raw & 1) != 0;
        final boolean frame = hardware || (raw & 1 << 8) != 0;
        if (!frame) {
            // pagemap: bit 62 swap, bits 0 to 4 the type, bits 5 to 54 the offset.
            assertEquals(1, row.pagemap() >>> 62 & 1, where);
            assertEquals(row.pagemap() & 31, leaf.swapType(), where);
            assertEquals(row.pagemap() << 9 >>> 14, leaf.swapOffset(), where);
            assertEquals(leaf.swapType() == 23 ? LeafKind.HWPOISON : LeafKind.SWAP, leaf.kind(), where);
            counts[leaf.kind() == LeafKind.HWPOISON ? 6 : 5]++;
            return;
        }
        assertEquals(hardware ? LeafKind.PRESENT : LeafKind.PROTNONE, leaf.kind(), where);
        assertEquals(row.size().equals("4K") ? 1 : row.size().equals("2M") ? 512 : 262144, leaf.nrPages(), where);
        final long framesIn = (address - leaf.address()) / 4096;
        if (row.present()) {
            assertEquals(row.pfn() + k, leaf.pfn() + framesIn, where);
            assertEquals(row.pagemap() & (1L << 55) - 1, row.pfn(), where);
        } else {
            // pagemap hides PFNMAP: only the recorded entry tells, whose bit 9 says special.
            assertEquals((raw & 0x000ffffffffff000L) >>> 12, leaf.pfn(), where);
            assertEquals(0, row.pagemap(), where);
            assertTrue((raw & 1 << 9) != 0 && leaf.isSpecial(), where);
        }
        comparePermissions(row, leaf, hardware, where);
        counts[
                !hardware
                        ? 4
                        : !row.present()
                                ? 3
                                : row.size().equals("4K") ? 0 : row.size().equals("2M") ? 1 : 2]++;
    }

    private static void comparePermissions(
            final OracleDump.Row row, final DumpedLeaf leaf, final boolean hardware, final Supplier<String> where) {
        if (hardware) {
            assertTrue(leaf.isUser(), where);
            assertEquals(row.perms().charAt(2) == 'x', leaf.isExecutable(), where);
            assertTrue(row.perms().charAt(1) == 'w' || !leaf.isWritable(), where);
        } else {
            assertEquals("---", row.perms().substring(0, 3), where);
            assertTrue(!leaf.isUser() && !leaf.isWritable(), where);
        }
        assertEquals((leaf.entry() & 1L << 57) != 0, leaf.device(), where);
        // KPF_ZERO_PAGE of an entry of level 1; the huge zero page is not special.
        if (row.level() == 1 && (row.kpageflags() & 1L << 24) != 0) {
            assertTrue(leaf.isSpecial(), where);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // name, leaves that are not empty, pages that they map or stand for
        "k612l4-mixed4k, 657, 657",
        "k612l4-huge, 1359, 271678",
        "k612l5-forkparent, 272, 1294",
        "k612l5-mixed4k, 666, 666",
    })
    void shouldFindNoLeafThatTheKernelDidNotReport(final String name, final long leaves, final long pages) {
        final OracleDump oracle = new OracleDump(name);
        final NavigableMap<Long, OracleDump.Row> rows = new TreeMap<>();
        oracle.rows.forEach(row -> rows.put(row.address(), row));
        final PageTableDump dump = DumpFiles.of(name).load();
        final long[] found = new long[2];
        final Map<LeafKind, Long> kinds = new EnumMap<>(LeafKind.class);

        dump.leaves().forEach(leaf -> {
            for (long address = leaf.address(); address < leaf.end(); address += 4096) {
                final OracleDump.Row row = rows.floorEntry(address).getValue();
                final long k = (address - row.address()) / 4096;
                assertTrue(k < row.nrPages(), () -> row + ": " + leaf);
                assertTrue(row.raw(k) != 0, () -> row + ": " + leaf);
            }
            found[0]++;
            found[1] += leaf.nrPages();
            kinds.merge(leaf.kind(), 1L, Long::sum);
        });

        assertEquals(leaves, found[0], () -> "leaves: " + kinds);
        assertEquals(pages, found[1], "pages");
        assertTrue(!kinds.containsKey(LeafKind.NONE), "empty entries are reported within a range only");
    }

    @ParameterizedTest
    @CsvSource({
        "k612l4-mixed4k, 4, 0x5cf6, 41, 41, 31, 0x1b63",
        "k612l4-huge, 4, 0x5d0a, 20, 28, 16, 0x1b63",
        "k612l5-forkparent, 5, 0x582c, 18, 16, 6, -1",
        "k612l5-mixed4k, 5, 0x5846, 58, 44, 34, 0x1b63",
    })
    void shouldReadWhatTheFilesSay(
            final String name,
            final int levels,
            final String topPfn,
            final int tables,
            final int vmas,
            final int regions,
            final String zeroPfn) {
        final PageTableDump dump = DumpFiles.of(name).load();

        assertEquals(PageTableGeometry.ofLevels(levels), dump.geometry());
        assertEquals(Long.decode(topPfn), dump.topPfn());
        assertEquals(tables, dump.nrTables());
        assertEquals(new OracleDump(name).nrTables(), dump.nrTables());
        assertEquals(vmas, dump.vmas().size());
        assertEquals(regions, dump.regions().size());
        assertEquals(Long.decode(zeroPfn), dump.zeroPfn());
    }

    @ParameterizedTest
    @CsvSource({"k612l4-mixed4k", "k612l4-huge", "k612l5-forkparent", "k612l5-mixed4k"})
    void shouldReachThePresentPagesByRangesToo(final String name) {
        final PageTableDump dump = DumpFiles.of(name).load();
        final long[] present = new long[1];
        dump.leaves().forEach(leaf -> present[0] += leaf.kind() == LeafKind.PRESENT ? leaf.nrPages() : 0);

        long inRanges = 0;
        long before = 0;
        for (final DumpedRange range : dump.presentRanges()) {
            assertTrue(range.startVa() >= before && range.vma().contains(range.startVa()), range::toString);
            assertTrue(range.endVa() <= range.vma().end(), range::toString);
            before = range.endVa();
            inRanges += range.nrPages();
        }

        assertEquals(present[0], inRanges);
    }
}
