package org.gup.pgtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PteLayoutTest {
    @Test
    void shouldHaveTheSoftwareBitsOfEachGeneration() {
        assertEquals(0x0400000000000000L, PteLayout.V5_2.devmap());
        assertEquals(0, PteLayout.V5_2.savedDirty());
        assertEquals(0, PteLayout.V5_2.uffdWp());
        assertEquals(0x0200000000000000L, PteLayout.V6_12.devmap());
        assertEquals(0x0400000000000000L, PteLayout.V6_12.savedDirty());
        assertEquals(0x400L, PteLayout.V6_12.uffdWp());
    }

    @Test
    void shouldReadBit58AsDevmapInOneGenerationAndAsDirtyInTheOther() {
        final long entry = 0x8400000001adc025L;
        assertTrue(PteLayout.V5_2.isDevmap(entry));
        assertFalse(PteLayout.V5_2.isDirty(entry));
        assertFalse(PteLayout.V6_12.isDevmap(entry));
        assertTrue(PteLayout.V6_12.isDirty(entry));
    }

    @ParameterizedTest
    @EnumSource
    void shouldLookAtNoOtherBit(final PteLayout layout) {
        for (int bit = 0; bit < 64; bit++) {
            final long entry = 1L << bit;
            assertEquals(bit == (layout == PteLayout.V5_2 ? 58 : 57), layout.isDevmap(entry), "bit " + bit);
            assertEquals(bit == 6 || (layout == PteLayout.V6_12 && bit == 58), layout.isDirty(entry), "bit " + bit);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTellTheSpecialSwapTypesApart(final PteLayout layout) {
        final int hwpoison = layout == PteLayout.V5_2 ? 27 : 23;
        final int firstMigration = layout == PteLayout.V5_2 ? 28 : 24;
        final int lastMigration = layout == PteLayout.V5_2 ? 29 : 26;
        for (int type = 0; type < 32; type++) {
            final long entry = Pte.swapEntry(type, 0x1234);
            assertEquals(type == hwpoison, layout.isHwpoison(entry), "type " + type);
            assertEquals(type >= firstMigration && type <= lastMigration, layout.isMigration(entry), "type " + type);
        }
    }

    @Test
    void shouldEncodeLiteralMigrationAndPoisonEntries() {
        assertEquals(0xe7ffffffffdb9600L, PteLayout.V5_2.migrationEntry(0x1234, false));
        assertEquals(0xefffffffffdb9600L, PteLayout.V5_2.migrationEntry(0x1234, true));
        assertEquals(0xdfffffffffdb9600L, PteLayout.V5_2.hwpoisonEntry(0x1234));
        assertEquals(0xc7ffffffffdb9600L, PteLayout.V6_12.migrationEntry(0x1234, false));
        assertEquals(0xd7ffffffffdb9600L, PteLayout.V6_12.migrationEntry(0x1234, true));
        assertEquals(0xbfffffffffdb9600L, PteLayout.V6_12.hwpoisonEntry(0x1234));
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepThePageOfAMigrationEntryInItsOffset(final PteLayout layout) {
        for (final long pfn : new long[] {0, 1, 0x1ff, 0x12345, Pte.MAX_PFN}) {
            for (final boolean write : new boolean[] {false, true}) {
                final long entry = layout.migrationEntry(pfn, write);
                assertEquals(pfn, Pte.swapOffset(entry));
                assertTrue(layout.isMigration(entry));
                assertFalse(layout.isHwpoison(entry));
                assertFalse(Pte.isPmdPresent(entry));
                assertFalse(Pte.isNone(entry));
            }
        }
    }
}
