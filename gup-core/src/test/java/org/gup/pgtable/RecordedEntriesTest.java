package org.gup.pgtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Entries read off running kernels (5.2.1 and 6.12.117, x86-64), with the frame, type or offset that those kernels
 * reported by another way: {@code /proc/PID/pagemap}, or the page that a call returned.
 */
class RecordedEntriesTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // entry | what | layout | pfn | writable | dirty | special | devmap | pkey | nx
                "0x8000000001db3025 | file, read-only        | V6_12 | 0x1db3  | false | false | false | false | 0 | true",
                "0x1db4025          | file, executable       | V6_12 | 0x1db4  | false | false | false | false | 0 | false",
                "0x8400000001adc025 | saved dirty            | V6_12 | 0x1adc  | false | true  | false | false | 0 | true",
                "0x80000000017ce067 | anonymous, written     | V6_12 | 0x17ce  | true  | true  | false | false | 0 | true",
                "0x8200000021e00267 | device dax, written    | V6_12 | 0x21e00 | true  | true  | true  | true  | 0 | true",
                "0x8200000021829225 | fs dax, read           | V6_12 | 0x21829 | false | false | true  | true  | 0 | true",
                "0x0c00000001b2c025 | execute-only, key 1    | V6_12 | 0x1b2c  | false | true  | false | false | 1 | false",
                "0x9000000007209067 | protection key 2       | V6_12 | 0x7209  | true  | true  | false | false | 2 | true",
                "0x84000000071de425 | uffd-wp                | V6_12 | 0x71de  | false | true  | false | false | 0 | true",
                "0x8000000001b63225 | zero page              | V6_12 | 0x1b63  | false | false | true  | false | 0 | true",
                "0x800000004e5fc067 | anonymous, written     | V5_2  | 0x4e5fc | true  | true  | false | false | 0 | true",
                "0x8000000001b04225 | zero page              | V5_2  | 0x1b04  | false | false | true  | false | 0 | true",
                "0x800000005bba4065 | read-only, still dirty | V5_2  | 0x5bba4 | false | true  | false | false | 0 | true",
                "0x880000005bb29065 | protection key 1       | V5_2  | 0x5bb29 | false | true  | false | false | 1 | true",
                "0x8400000041b00225 | fs dax, read           | V5_2  | 0x41b00 | false | false | true  | true  | 0 | true",
                "0x8400000041b00267 | fs dax, written        | V5_2  | 0x41b00 | true  | true  | true  | true  | 0 | true",
                "0x80000000fec00237 | device memory, no page | V5_2  | 0xfec00 | true  | false | true  | false | 0 | true",
            })
    void shouldDecodePresentPtes(
            final String entryHex,
            final String what,
            final PteLayout layout,
            final String pfnHex,
            final boolean writable,
            final boolean dirty,
            final boolean special,
            final boolean devmap,
            final int pkey,
            final boolean nx) {
        final long entry = hex(entryHex);
        assertTrue(Pte.isPresent(entry));
        assertTrue(Pte.isHardwarePresent(entry));
        assertFalse(Pte.isProtnone(entry));
        assertFalse(Pte.isNone(entry));
        assertEquals(hex(pfnHex), Pte.pfn(entry));
        assertEquals(writable, Pte.isWritable(entry));
        assertEquals(dirty, layout.isDirty(entry));
        assertEquals(special, Pte.isSpecial(entry));
        assertEquals(devmap, layout.isDevmap(entry));
        assertEquals(pkey, Pte.pkey(entry));
        assertEquals(nx, (entry & Pte.NX) != 0);
        assertEquals(entry, Pte.of(hex(pfnHex), Pte.bits(entry)), "encoded again");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "V6_12 | 0x40fffffc5b11120 | 0x3a4ee | false",
                "V6_12 | 0x40ffffffe4bb120 | 0x1b44  | false",
                "V6_12 | 0x40ffffffe4bc120 | 0x1b43  | false",
                "V6_12 | 0x40ffffffe509120 | 0x1af6  | false",
                "V5_2  | 0x0ffffffe4fb320  | 0x1b04  | true",
            })
    void shouldTurnTheFrameOfAnEntryWithoutAccessBack(
            final PteLayout layout, final String entryHex, final String pfnHex, final boolean special) {
        final long entry = hex(entryHex);
        assertTrue(Pte.isPresent(entry));
        assertTrue(Pte.isPmdPresent(entry));
        assertFalse(Pte.isHardwarePresent(entry));
        assertTrue(Pte.isProtnone(entry));
        assertFalse(Pte.isNone(entry));
        assertEquals(special, Pte.isSpecial(entry));
        assertEquals(layout == PteLayout.V6_12, layout.isDirty(entry), "dirty is kept in the layout's own bit");
        assertEquals(hex(pfnHex), Pte.pfn(entry));
        assertEquals(entry, Pte.of(hex(pfnHex), Pte.bits(entry)), "encoded again");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // entry | what | layout | level | pfn | present to the hardware | devmap
                "0x80000000052000e7 | THP, written           | V6_12 | 2 | 0x5200  | true  | false",
                "0x80000000056000a5 | huge zero page         | V6_12 | 2 | 0x5600  | true  | false",
                "0x84000000036000e7 | hugetlb                | V6_12 | 2 | 0x3600  | true  | false",
                "0x8200000021a000e7 | device dax             | V6_12 | 2 | 0x21a00 | true  | true",
                "0x040ffffff92001a0 | THP without access     | V6_12 | 2 | 0x6c00  | false | false",
                "0x84000000800000e7 | hugetlb, 1 GiB         | V6_12 | 3 | 0x80000 | true  | false",
                "0x800000004e8000e7 | hugetlb                | V5_2  | 2 | 0x4e800 | true  | false",
                "0x800000004cc000a5 | huge zero page         | V5_2  | 2 | 0x4cc00 | true  | false",
                "0x8400000041c000e7 | fs dax, written        | V5_2  | 2 | 0x41c00 | true  | true",
                "0x000fffffb5a001e0 | THP without access     | V5_2  | 2 | 0x4a400 | false | false",
                "0x000fffffc5a001e2 | THP with a NUMA hint   | V5_2  | 2 | 0x3a400 | false | false",
            })
    void shouldDecodeHugeLeaves(
            final String entryHex,
            final String what,
            final PteLayout layout,
            final int level,
            final String pfnHex,
            final boolean hardwarePresent,
            final boolean devmap) {
        final long entry = hex(entryHex);
        assertTrue(Pte.isPmdPresent(entry));
        assertTrue(Pte.isHuge(entry));
        assertEquals(hardwarePresent, Pte.isHardwarePresent(entry));
        assertEquals(!hardwarePresent, Pte.isProtnone(entry));
        assertEquals(devmap, layout.isDevmap(entry));
        assertEquals(hex(pfnHex), Pte.hugePfn(entry, level));
        assertEquals(entry, Pte.ofHuge(hex(pfnHex), Pte.bits(entry), level), "encoded again");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "V6_12 | 0x7fffffffffffc08  | 0  | 1       | false",
                "V6_12 | 0x7fffffffffffa08  | 0  | 2       | false",
                "V6_12 | 0x7ffffffffff7608  | 0  | 0x44    | false",
                "V6_12 | 0xbfffffffff1b7e00 | 23 | 0x7240  | true",
                "V6_12 | 0xbfffffffff633a00 | 23 | 0x4e62  | true",
                "V5_2  | 0x7fffffffffffc00  | 0  | 1       | false",
                "V5_2  | 0xdffffffff48a9c00 | 27 | 0x5bab1 | true",
                "V5_2  | 0xdffffffff617fe00 | 27 | 0x4f400 | true",
            })
    void shouldDecodeSwapAndPoisonEntries(
            final PteLayout layout,
            final String entryHex,
            final int type,
            final String offset,
            final boolean hwpoison) {
        final long entry = hex(entryHex);
        assertFalse(Pte.isPresent(entry));
        assertFalse(Pte.isPmdPresent(entry));
        assertFalse(Pte.isNone(entry));
        assertEquals(type, Pte.swapType(entry));
        assertEquals(hex(offset), Pte.swapOffset(entry));
        assertEquals(hwpoison, layout.isHwpoison(entry));
        assertFalse(layout.isMigration(entry));
        // 6.12 keeps "exclusive" in bit 3 of a swap entry, which the codec does not make.
        assertEquals(entry & ~8L, Pte.swapEntry(type, hex(offset)), "encoded again");
    }

    private static long hex(final String number) {
        return Long.parseUnsignedLong(number.startsWith("0x") ? number.substring(2) : number, 16);
    }
}
