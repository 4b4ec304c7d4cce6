package org.gup.pgtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PageTableGeometryTest {
    @Test
    void shouldHaveTheSizesOfX86() {
        assertEquals(4096, PageTableGeometry.PAGE_SIZE);
        assertEquals(0xfffffffffffff000L, PageTableGeometry.PAGE_MASK);
        assertEquals(512, PageTableGeometry.ENTRIES);
        assertEquals(512, PageTableGeometry.HPAGE_PMD_NR);
        assertEquals(0x200000, PageTableGeometry.HPAGE_PMD_SIZE);
        assertEquals(9, PageTableGeometry.HPAGE_PMD_ORDER);
        final int[] shifts = {12, 21, 30, 39, 48};
        for (int level = 1; level <= 5; level++) {
            assertEquals(shifts[level - 1], PageTableGeometry.shift(level));
            assertEquals(1L << shifts[level - 1], PageTableGeometry.size(level));
        }
    }

    @Test
    void shouldEndUserSpaceOnePageBelowTheBoundary() {
        assertEquals(4, PageTableGeometry.FOUR_LEVEL.levels());
        assertEquals(47, PageTableGeometry.FOUR_LEVEL.userBits());
        assertEquals(0x00007ffffffff000L, PageTableGeometry.FOUR_LEVEL.taskSize());
        assertEquals(5, PageTableGeometry.FIVE_LEVEL.levels());
        assertEquals(56, PageTableGeometry.FIVE_LEVEL.userBits());
        assertEquals(0x00fffffffffff000L, PageTableGeometry.FIVE_LEVEL.taskSize());
    }

    @Test
    void shouldBeFoundByItsLevels() {
        assertEquals(PageTableGeometry.FOUR_LEVEL, PageTableGeometry.ofLevels(4));
        assertEquals(PageTableGeometry.FIVE_LEVEL, PageTableGeometry.ofLevels(5));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 3, 6, Integer.MAX_VALUE})
    void shouldRejectOtherNumbersOfLevels(final int levels) {
        final IllegalArgumentException rejected =
                assertThrows(IllegalArgumentException.class, () -> PageTableGeometry.ofLevels(levels));
        assertTrue(rejected.getMessage().contains("levels=" + levels), rejected.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        // address, then the index at levels 1 to 5
        "0x0,                0,   0,   0,   0,   0",
        "0xfff,              0,   0,   0,   0,   0",
        "0x1000,             1,   0,   0,   0,   0",
        "0x1ff000,           511, 0,   0,   0,   0",
        "0x200000,           0,   1,   0,   0,   0",
        "0x40000000,         0,   0,   1,   0,   0",
        "0x8000000000,       0,   0,   0,   1,   0",
        "0x1000000000000,    0,   0,   0,   0,   1",
        "0x7ffffffff000,     511, 511, 511, 255, 0",
        "0xfffffffffff000,   511, 511, 511, 511, 255",
        "0xffffffffff600000, 0,   507, 511, 511, 511",
        "0xffffffffffffffff, 511, 511, 511, 511, 511",
    })
    void shouldChooseTheEntryOfEachLevel(
            final String hex, final int pte, final int pmd, final int pud, final int p4d, final int pgd) {
        final long address = hex(hex);
        assertEquals(pte, PageTableGeometry.index(address, PageTableGeometry.PTE_LEVEL));
        assertEquals(pmd, PageTableGeometry.index(address, PageTableGeometry.PMD_LEVEL));
        assertEquals(pud, PageTableGeometry.index(address, PageTableGeometry.PUD_LEVEL));
        assertEquals(p4d, PageTableGeometry.index(address, PageTableGeometry.P4D_LEVEL));
        assertEquals(pgd, PageTableGeometry.index(address, PageTableGeometry.PGD_LEVEL));
    }

    @Test
    void shouldLoseNothingOfAnAddressInItsIndices() {
        final long seed = System.nanoTime();
        System.out.println("PageTableGeometryTest seed=" + seed);
        final Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            final long address = random.nextLong();
            long rebuilt = address & 0xfff;
            for (int level = 1; level <= 5; level++) {
                rebuilt |= (long) PageTableGeometry.index(address, level) << (12 + 9 * (level - 1));
            }
            assertEquals(address & 0x01ffffffffffffffL, rebuilt, "seed=" + seed);
        }
    }

    @ParameterizedTest
    @CsvSource({
        // address, end, level, expected
        "0x0,                0x1000,             1, 0x1000",
        "0x0,                0x2000,             1, 0x1000",
        "0x1000,             0x200000,           2, 0x200000",
        "0x1000,             0x1ff000,           2, 0x1ff000",
        "0x1000,             0x200001,           2, 0x200000",
        "0x1ff000,           0x400000,           2, 0x200000",
        "0x200000,           0x400000,           2, 0x400000",
        "0x3fffffff,         0x40000001,         3, 0x40000000",
        "0x7fffffe00000,     0x7ffffffff000,     2, 0x7ffffffff000",
        "0x7fffffe00000,     0x7ffffffff000,     4, 0x7ffffffff000",
        "0x0,                0xfffffffffff000,   5, 0x1000000000000",
        "0xff000000000000,   0xfffffffffff000,   5, 0xfffffffffff000",
        // The end of the lower half, which is negative as a long.
        "0x7fffffffffffe000, 0x8000000000000000, 1, 0x7ffffffffffff000",
        "0x7fffffffffffe000, 0x8000000000000000, 2, 0x8000000000000000",
        // Across the middle of the 64-bit space.
        "0x7fffffffffffe000, 0x8000000000002000, 1, 0x7ffffffffffff000",
        "0x7ffffffffffff000, 0x8000000000002000, 1, 0x8000000000000000",
        "0x8000000000000000, 0x8000000000002000, 1, 0x8000000000001000",
        "0x7fffffffffe00000, 0x8000000000002000, 3, 0x8000000000000000",
        "0x4000000000000000, 0xbfffffffffffffff, 5, 0x4001000000000000",
        // The top of the 64-bit space, where the next boundary is 2^64, that is 0.
        "0xffffffffff600000, 0xffffffffff601000, 1, 0xffffffffff601000",
        "0xffffffffff600000, 0xffffffffff601000, 2, 0xffffffffff601000",
        "0xffffffffffe00000, 0xfffffffffffff000, 2, 0xfffffffffffff000",
        "0xffffffffffe00000, 0xfffffffffffff000, 5, 0xfffffffffffff000",
        "0xffffffffffe00000, 0x0,                2, 0x0",
        "0xfffffffffffff000, 0x0,                1, 0x0",
        "0xffffffffffc00000, 0x0,                2, 0xffffffffffe00000",
        "0xffffffff80000000, 0x0,                3, 0xffffffffc0000000",
    })
    void shouldEndAtTheEntrysBoundaryOrTheRangesEnd(
            final String address, final String end, final int level, final String expected) {
        assertEquals(hex(expected), PageTableGeometry.addressEnd(hex(address), hex(end), level));
    }

    /** Both ends in one half of the 64-bit space: no range that Linux knows crosses the hole between the halves. */
    @Test
    void shouldAgreeWithArithmeticThatDoesNotWrap() {
        final long seed = System.nanoTime();
        System.out.println("PageTableGeometryTest seed=" + seed);
        final Random random = new Random(seed);
        for (int i = 0; i < 100_000; i++) {
            final long half = random.nextBoolean() ? Long.MIN_VALUE : 0;
            final long one = random.nextLong() >>> (1 + random.nextInt(50));
            final long two = random.nextLong() >>> (1 + random.nextInt(50));
            if (one == two) {
                continue;
            }
            final long address = Math.min(one, two) | half;
            final long end = Math.max(one, two) | half;
            final int level = 1 + random.nextInt(5);
            final BigInteger size = BigInteger.ONE.shiftLeft(12 + 9 * (level - 1));
            final BigInteger boundary = new BigInteger(Long.toUnsignedString(address))
                    .divide(size)
                    .add(BigInteger.ONE)
                    .multiply(size);
            final long expected =
                    boundary.min(new BigInteger(Long.toUnsignedString(end))).longValue();
            assertEquals(
                    expected,
                    PageTableGeometry.addressEnd(address, end, level),
                    () -> "address=0x" + Long.toHexString(address) + ", end=0x" + Long.toHexString(end) + ", level="
                            + level + ", seed=" + seed);
        }
    }

    private static long hex(final String number) {
        return Long.parseUnsignedLong(number.substring(2), 16);
    }
}
