package org.gup.pgtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The codec of an entry, against the bits of the hardware manual written out as numbers. */
class PteTest {
    private static final long[] PFNS = {0, 1, 0x1ff, 0x200, 0x3a4ee, 0xfffffffeffL, 0xffffffffffL};

    @Test
    void shouldHaveTheBitsOfTheHardwareAndOfLinux() {
        assertEquals(0x1L, Pte.PRESENT);
        assertEquals(0x2L, Pte.RW);
        assertEquals(0x4L, Pte.USER);
        assertEquals(0x8L, Pte.PWT);
        assertEquals(0x10L, Pte.PCD);
        assertEquals(0x20L, Pte.ACCESSED);
        assertEquals(0x40L, Pte.DIRTY);
        assertEquals(0x80L, Pte.PSE);
        assertEquals(0x100L, Pte.GLOBAL);
        assertEquals(0x100L, Pte.PROTNONE);
        assertEquals(0x200L, Pte.SPECIAL);
        assertEquals(0x800L, Pte.SOFT_DIRTY);
        assertEquals(0x1000L, Pte.PAT_LARGE);
        assertEquals(0x7800000000000000L, Pte.PKEY_MASK);
        assertEquals(0x8000000000000000L, Pte.NX);
        assertEquals(0x000ffffffffff000L, Pte.PFN_MASK);
        assertEquals(0xffffffffffL, Pte.MAX_PFN);
        assertEquals(0x67L, Pte.TABLE);
    }

    /** Every combination of the low twelve bits with none, one or two of the high twelve. */
    private static void forEachCombination(final LongConsumer check) {
        for (int first = 51; first < 64; first++) {
            for (int second = first; second < 64; second++) {
                final long high = (first == 51 ? 0 : 1L << first) | (second == 51 ? 0 : 1L << second);
                for (long low = 0; low < 4096; low++) {
                    check.accept(high | low);
                }
            }
        }
    }

    @Test
    void shouldJudgeEveryCombinationOfFlagBits() {
        forEachCombination(bits -> {
            for (final long pfn : PFNS) {
                final long entry = pfn << 12 | bits;
                judge(entry);
            }
        });
    }

    @Test
    void shouldJudgeAnyPairOfAllSixtyFourBits() {
        for (int first = 0; first < 64; first++) {
            for (int second = first; second < 64; second++) {
                judge(1L << first | 1L << second);
                judge(~(1L << first | 1L << second));
            }
        }
        judge(0);
        judge(-1);
    }

    private static void judge(final long entry) {
        final boolean p = (entry & 0x1) != 0;
        final boolean g = (entry & 0x100) != 0;
        final boolean pse = (entry & 0x80) != 0;
        final boolean frame = p || g;
        if (Pte.isPresent(entry) != frame
                || Pte.isPmdPresent(entry) != (frame || pse)
                || Pte.isHardwarePresent(entry) != p
                || Pte.isProtnone(entry) != (g && !p)
                || Pte.isHuge(entry) != pse
                || Pte.isWritable(entry) != ((entry & 0x2) != 0)
                || Pte.isSpecial(entry) != ((entry & 0x200) != 0)
                || Pte.isNone(entry) != (entry == 0 || entry == 0x20 || entry == 0x40 || entry == 0x60)
                || Pte.pkey(entry) != (int) (entry >>> 59 & 15)
                || Pte.bits(entry) != (entry & 0xfff0000000000fffL)
                || Pte.swapType(entry) != (int) (entry >>> 59)
                || Pte.swapOffset(entry) != (~entry >>> 9 & 0x3ffffffffffffL)) {
            throw new AssertionError("misjudged: entry=0x" + Long.toHexString(entry));
        }
    }

    @Test
    void shouldGiveBackTheFrameAndTheBitsOfEveryCombination() {
        forEachCombination(bits -> {
            for (final long pfn : PFNS) {
                if (bits == 0) {
                    continue;
                }
                final long entry = Pte.of(pfn, bits);
                final boolean inverted = (bits & 1) == 0;
                final long stored = entry >>> 12 & 0xffffffffffL;
                if (Pte.bits(entry) != bits
                        || Pte.pfn(entry) != pfn
                        || stored != (inverted ? ~pfn & 0xffffffffffL : pfn)
                        || Pte.hugePfn(entry, 2) != (pfn & ~0x1ffL)
                        || Pte.hugePfn(entry, 3) != (pfn & ~0x3ffffL)) {
                    throw new AssertionError("pfn=0x" + Long.toHexString(pfn) + ", bits=0x" + Long.toHexString(bits)
                            + ", entry=0x" + Long.toHexString(entry));
                }
            }
        });
    }

    @Test
    void shouldKeepTheFrameWhenBitsChangeBetweenPresentAndProtnone() {
        final long[] all = {0x67, 0x65, 0x25, 0x8000000000000067L, 0x160, 0x120, 0x8400000000000120L, 0x1e0, 0xe7};
        for (final long before : all) {
            for (final long after : all) {
                for (final long pfn : PFNS) {
                    final long entry = Pte.withBits(Pte.of(pfn, before), after);
                    assertEquals(pfn, Pte.pfn(entry));
                    assertEquals(after, Pte.bits(entry));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0x12345, 0x67, 0x12345067",
        "0x12345, 0x8000000000000025, 0x8000000012345025",
        "0xffffffffff, 0x7, 0x000ffffffffff007",
        "0, 0x100, 0x000ffffffffff100",
        "0x12345, 0x160, 0x000fffffedcba160",
        "0xffffffffff, 0x100, 0x100",
    })
    void shouldEncodeLiteralEntries(final String pfn, final String bits, final String entry) {
        assertEquals(parse(entry), Pte.of(parse(pfn), parse(bits)));
    }

    @Test
    void shouldKeepTheBitsBelowAHugeFrameClearWhateverItsOtherBits() {
        forEachCombination(bits -> {
            for (final long pfn : new long[] {0, 0x40000, 0x3fc0000, 0xfffffc0000L}) {
                for (int level = 2; bits != 0 && level <= 3; level++) {
                    final long entry = Pte.ofHuge(pfn, bits, level);
                    final long below = (level == 2 ? 0x200000L : 0x40000000L) - 0x1000;
                    if (Pte.hugePfn(entry, level) != pfn || Pte.bits(entry) != bits || (entry & below) != 0) {
                        throw new AssertionError("pfn=0x" + Long.toHexString(pfn) + ", bits=0x" + Long.toHexString(bits)
                                + ", level=" + level + ", entry=0x" + Long.toHexString(entry));
                    }
                }
            }
        });
        assertEquals(0x000fffff400001e0L, Pte.ofHuge(0x80000, 0x1e0, 3));
    }

    @Test
    void shouldMaskThePatBitOutOfAHugeFrame() {
        // PAT set (bit 12) in a 2 MiB and a 1 GiB leaf, present and inverted.
        assertEquals(0x5200, Pte.hugePfn(0x80000000052010e7L, 2));
        assertEquals(0x80000, Pte.hugePfn(0x84000000800010e7L, 3));
        assertEquals(0x6c00, Pte.hugePfn(0x40ffffff92001a0L ^ 0x1000, 2));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0x7fffffffffffe00",
        "0, 1, 0x7fffffffffffc00",
        "28, 0x1234, 0xe7ffffffffdb9600",
        "31, 0x3ffffffffffff, 0xf800000000000000",
        "1, 0x3ffffffffffff, 0x800000000000000",
    })
    void shouldEncodeLiteralSwapEntries(final int type, final String offset, final String entry) {
        assertEquals(parse(entry), Pte.swapEntry(type, parse(offset)));
        assertEquals(type, Pte.swapType(parse(entry)));
        assertEquals(parse(offset), Pte.swapOffset(parse(entry)));
    }

    @Test
    void shouldGiveBackTypeAndOffsetOfEverySwapEntryAndNeverLookPresent() {
        final long seed = System.nanoTime();
        System.out.println("PteTest seed=" + seed);
        final Random random = new Random(seed);
        for (int type = 0; type < 32; type++) {
            for (int i = 0; i < 200; i++) {
                final long offset = i < 50 ? 1L << i : i < 100 ? (1L << (i - 50)) - 1 : random.nextLong() >>> 14;
                final long entry = Pte.swapEntry(type, offset);
                final String which = "type=" + type + ", offset=" + offset + ", seed=" + seed;
                assertEquals(type, Pte.swapType(entry), which);
                assertEquals(offset, Pte.swapOffset(entry), which);
                assertEquals(0, entry & 0x1ff, which);
                assertFalse(Pte.isPresent(entry), which);
                assertFalse(Pte.isPmdPresent(entry), which);
                assertFalse(Pte.isNone(entry), which);
            }
        }
    }

    @Test
    void shouldLoseTheLastOffsetOfTypeZeroToTheEmptyEntry() {
        // The format has no room for it: all offset bits inverted are zero. No swap device is that large.
        assertEquals(0, Pte.swapEntry(0, (1L << 50) - 1));
        assertTrue(Pte.isNone(0));
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "32, 0", "0, -1", "0, 1125899906842624", "2147483647, 9223372036854775807"})
    void shouldRejectSwapEntriesOutOfRangeAndQuoteThem(final int type, final long offset) {
        final IllegalArgumentException rejected =
                assertThrows(IllegalArgumentException.class, () -> Pte.swapEntry(type, offset));
        assertTrue(rejected.getMessage().contains("type=" + type + ", offset=" + offset), rejected.getMessage());
    }

    private static long parse(final String number) {
        return number.startsWith("0x") ? Long.parseUnsignedLong(number.substring(2), 16) : Long.parseLong(number);
    }

    @Test
    void shouldLeaveUnusedFrameBitsOfAHugeLeafZero() {
        final long recorded = 0x040f_ffff_f920_01a0L; // a THP without access, Linux 6.12
        assertEquals(recorded, Pte.ofHuge(0x6c00, Pte.bits(recorded), 2));
        assertEquals(0x8000_0000_0520_00e7L, Pte.ofHuge(0x5200, 0x8000_0000_0000_00e7L, 2));
        assertEquals(0x8000_0000_8000_00e7L, Pte.ofHuge(0x80000, 0x8000_0000_0000_00e7L, 3));
    }
}
