package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.kernel.KernelVersion;
import org.junit.jupiter.api.Test;

/** What counts as a cell, and what as a change. */
class SpecRowTest {
    private static SpecRow row(final String call, final String before, final String after) {
        final List<String> columns = List.of("X01", "X Section", "setup", call, before, after, "later");
        return new SpecRow(String.join(",", columns), columns);
    }

    @Test
    void seedShouldHaveOldFastCallsAndNewSlowOnes() {
        for (final String fast : List.of("F W", "FO r", "FL nr=1")) {
            assertEquals("old", row(fast, "old", "new").cell(KernelVersion.SEED), fast);
        }
        for (final String slow : List.of("G r", "GL nr=1", "K LT", "U r", "R r", "–", "populate")) {
            assertEquals("new", row(slow, "old", "new").cell(KernelVersion.SEED), slow);
        }
    }

    @Test
    void shouldNotCountWhatIsUndecidedOrAbsent() {
        final SpecRow row = row("F r", "n/a (removed)", "1; ? perhaps slow");
        assertFalse(row.isCountable(KernelVersion.V5_1));
        assertFalse(row.isCountable(KernelVersion.SEED));
        assertFalse(row.isCountable(KernelVersion.V5_2));
        assertTrue(row("F r", "1", "1").isCountable(KernelVersion.V5_2));
    }

    @Test
    void hashShouldChangeWithAnyColumn() {
        final String hash = row("F r", "1", "1").hash();
        assertEquals(12, hash.length());
        assertNotEquals(hash, row("F W", "1", "1").hash());
        assertNotEquals(hash, row("F r", "2", "1").hash());
        assertNotEquals(hash, row("F r", "1", "2").hash());
    }

    @Test
    void shouldReadEveryRowOfTheSections() {
        final List<SpecRow> rows = SpecRow.load();
        assertEquals(144, rows.size());
        assertEquals(144, rows.stream().map(SpecRow::id).distinct().count());
        final SpecRow quoted =
                rows.stream().filter(row -> row.id().equals("B01")).findFirst().orElseThrow();
        assertEquals("no VMA", quoted.setup());
        assertEquals("G/U/F nr=1", quoted.call());
        assertEquals("-EFAULT", quoted.cell(KernelVersion.V5_2));
    }
}
