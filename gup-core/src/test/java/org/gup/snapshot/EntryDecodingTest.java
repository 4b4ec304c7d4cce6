package org.gup.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.gup.page.DevPagemap;
import org.gup.pgtable.PteLayout;
import org.junit.jupiter.api.Test;

/** Entries that none of the real dumps has, and the differences between kernels. Bits are literal numbers. */
final class EntryDecodingTest {
    private static final DumpOptions V5_2 = DumpOptions.DEFAULTS.withLayout(PteLayout.V5_2);

    private static DumpedLeaf only(final DumpFiles dump, final DumpOptions options) {
        final List<DumpedLeaf> leaves = new ArrayList<>();
        dump.load(options).leaves().forEach(leaves::add);
        assertEquals(1, leaves.size(), leaves::toString);
        return leaves.get(0);
    }

    private static DumpFiles pte(final long entry) {
        return DumpFiles.small()
                .entry(DumpFiles.PTE_TABLE, 0, 0)
                .entry(DumpFiles.PTE_TABLE, 1, 0)
                .entry(DumpFiles.PTE_TABLE, 9, entry);
    }

    private static DumpFiles huge(final int level, final long entry) {
        final DumpFiles dump = DumpFiles.small().vmas("80000000-c0000000 rw-p 00000000 00:00 0", "rd wr mr mw me ac ");
        dump.entry(DumpFiles.PTE_TABLE, 0, 0).entry(DumpFiles.PTE_TABLE, 1, 0);
        return level == 3
                ? dump.entry(DumpFiles.PUD_TABLE, 2, entry)
                : dump.entry(DumpFiles.PUD_TABLE, 1, 0)
                        .entry(DumpFiles.PUD_TABLE, 2, DumpFiles.PMD_TABLE << 12 | 0x67)
                        .entry(DumpFiles.PMD_TABLE, 7, entry);
    }

    /** Swap format: type in bits 59 to 63, offset inverted in bits 9 to 58. */
    private static long swap(final long type, final long offset) {
        return type << 59 | ((1L << 50) - 1 - offset) << 9;
    }

    @Test
    void shouldTellTheSwapTypesOfEachKernelApart() {
        for (final int type : new int[] {0, 22}) {
            final DumpedLeaf leaf = only(pte(swap(type, 0x777)), DumpOptions.DEFAULTS);
            assertEquals(LeafKind.SWAP, leaf.kind());
            assertEquals(type, leaf.swapType());
            assertEquals(0x777, leaf.swapOffset());
            assertEquals(-1, leaf.pfn());
        }
        assertEquals(
                LeafKind.HWPOISON,
                only(pte(swap(23, 0x777)), DumpOptions.DEFAULTS).kind());
        for (final int type : new int[] {24, 25, 26}) {
            assertEquals(
                    LeafKind.MIGRATION,
                    only(pte(swap(type, 0x777)), DumpOptions.DEFAULTS).kind());
        }
        assertEquals(
                LeafKind.OTHER_SWAP_TYPE,
                only(pte(swap(31, 0x777)), DumpOptions.DEFAULTS).kind());
        assertEquals(LeafKind.SWAP, only(pte(swap(26, 0x777)), V5_2).kind());
        assertEquals(LeafKind.HWPOISON, only(pte(swap(27, 0x777)), V5_2).kind());
        assertEquals(LeafKind.MIGRATION, only(pte(swap(29, 0x777)), V5_2).kind());
    }

    @Test
    void shouldMaskTheYoungAndDirtyBitsOfAMigrationEntry() {
        // Four levels: 46 bits of physical address, so bits 34 and 35 of the offset are not the frame's.
        final DumpedLeaf leaf = only(pte(swap(26, 3L << 34 | 0x777)), DumpOptions.DEFAULTS);
        assertEquals(0x777, leaf.pfn());
        assertEquals(3L << 34 | 0x777, leaf.swapOffset());
    }

    @Test
    void shouldKeepTheFrameOfHugeLeavesWithoutP() {
        // Inverted, and the bits below the leaf's size cleared, as Linux stores them.
        final long frame = 0x000ffffffffff000L & ~0x80000000L;
        final DumpedLeaf split = only(huge(2, (frame & -(1L << 21)) | 0xe6), DumpOptions.DEFAULTS);
        assertEquals(LeafKind.SPLITTING, split.kind());
        assertEquals(0x80000, split.pfn());
        assertEquals(512, split.nrPages());
        final DumpedLeaf gigantic = only(huge(3, (frame & -(1L << 30)) | 0x1a0), DumpOptions.DEFAULTS);
        assertEquals(LeafKind.PROTNONE, gigantic.kind());
        assertEquals(0x80000, gigantic.pfn());
        assertEquals(262144, gigantic.nrPages());
    }

    @Test
    void shouldMaskThePatBitOfAHugeLeaf() {
        assertEquals(0x80000, only(huge(2, 0x800010e7L), DumpOptions.DEFAULTS).pfn());
        assertEquals(0x40000, only(huge(3, 0x400010e7L), DumpOptions.DEFAULTS).pfn());
    }

    @Test
    void shouldCountEntriesWithNothingButAccessedAndDirtyAsEmpty() {
        final List<DumpedLeaf> leaves = new ArrayList<>();
        pte(0x60).load().leaves().forEach(leaves::add);
        assertEquals(List.of(), leaves);
    }

    @Test
    void shouldFindDevicePagesWhereTheLayoutHasTheBit() {
        final DumpFiles bit58 = pte(1L << 58 | 0x400267);
        assertTrue(only(bit58, V5_2).device());
        assertEquals(
                List.of(new DumpedDevice(DevPagemap.Type.FS_DAX, 0x400, 0x600)),
                bit58.load(V5_2).devices());
        // In 6.12 the bit is 57, and 58 says dirty.
        assertTrue(only(pte(1L << 57 | 0x400267), DumpOptions.DEFAULTS).device());
        assertEquals(List.of(), pte(1L << 58 | 0x400065).load().devices());
    }

    @Test
    void shouldReportRunsOfEmptyEntriesByLevel() {
        final List<DumpedLeaf> leaves = new ArrayList<>();
        DumpFiles.small().load().leaves().forEach(0x40000000L - 8192, 0x40400000L + 4096, leaves::add);
        assertEquals(
                List.of(
                        // The PUD entry before; two pages; the rest of their PTE table; two PMD entries.
                        new DumpedLeaf(0x3fffe000L, 2, 3, LeafKind.NONE, 0, -1, false),
                        new DumpedLeaf(0x40000000L, 1, 1, LeafKind.PRESENT, 0x8000000000100067L, 0x100, false),
                        new DumpedLeaf(0x40001000L, 1, 1, LeafKind.PRESENT, 0x8000000000101025L, 0x101, false),
                        new DumpedLeaf(0x40002000L, 510, 1, LeafKind.NONE, 0, -1, false),
                        new DumpedLeaf(0x40200000L, 513, 2, LeafKind.NONE, 0, -1, false)),
                leaves);
    }
}
