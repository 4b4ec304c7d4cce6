package org.gup.pgtable;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.agrona.UnsafeApi;
import org.gup.offheap.Together;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TablePagesTest {
    private static final long FIRST = 0x1000;

    private TablePages tables;

    @BeforeEach
    void setUp() {
        tables = new TablePages(FIRST, 100, FIRST, 8);
    }

    @AfterEach
    void tearDown() {
        tables.close();
    }

    private void assertWords(final long pfn, final long expected) {
        for (int entry = 0; entry < 512; entry++) {
            assertEquals(expected, UnsafeApi.getLong(tables.address(pfn) + 8L * entry), "entry " + entry);
        }
    }

    private void dirty(final long pfn) {
        for (int entry = 0; entry < 512; entry++) {
            TablePages.storeRelease(tables.address(pfn) + 8L * entry, 0x67 | entry << 12);
        }
    }

    @Test
    void shouldHandOutEmptyTablesOneAfterTheOther() {
        for (int i = 0; i < 8; i++) {
            assertEquals(i, tables.allocated());
            final long pfn = tables.allocate();
            assertEquals(FIRST + i, pfn);
            assertWords(pfn, 0);
            dirty(pfn);
        }
        assertEquals(8, tables.allocated());
    }

    @Test
    void shouldSayThatThereIsNoneLeftAndGoOnAfterAFree() {
        for (int i = 0; i < 8; i++) {
            tables.allocate();
        }
        assertEquals(-1, tables.allocate());
        assertEquals(-1, tables.allocate());
        assertEquals(8, tables.allocated());
        tables.free(FIRST + 3);
        assertEquals(FIRST + 3, tables.allocate());
        assertEquals(-1, tables.allocate());
    }

    @Test
    void shouldHandOutTheTableFreedLastFirst() {
        for (int i = 0; i < 6; i++) {
            dirty(tables.allocate());
        }
        tables.free(FIRST + 1);
        tables.free(FIRST + 5);
        tables.free(FIRST);
        assertEquals(3, tables.allocated());
        assertEquals(FIRST, tables.allocate());
        assertEquals(FIRST + 5, tables.allocate());
        assertEquals(FIRST + 1, tables.allocate());
        assertEquals(FIRST + 6, tables.allocate(), "one that was never used, once no freed one is left");
        for (final long pfn : new long[] {FIRST, FIRST + 1, FIRST + 5, FIRST + 6}) {
            assertWords(pfn, 0);
        }
    }

    @Test
    void shouldFillAFreedTableWithEntriesThatAWalkerWouldFollow() {
        assertEquals(0x000ffffffffff007L, TablePages.POISON);
        assertTrue(Pte.isHardwarePresent(TablePages.POISON));
        assertTrue(Pte.isWritable(TablePages.POISON));
        assertEquals(0xffffffffffL, Pte.pfn(TablePages.POISON));
        final long pfn = tables.allocate();
        final long kept = tables.allocate();
        dirty(pfn);
        tables.free(pfn);
        assertWords(pfn, 0x000ffffffffff007L);
        assertWords(kept, 0);
        assertEquals(pfn, tables.allocate());
        assertWords(pfn, 0);
    }

    @Test
    void shouldRejectATableFreedTwice() {
        final long first = tables.allocate();
        final long second = tables.allocate();
        tables.free(first);
        assertThrows(IllegalArgumentException.class, () -> tables.free(first));
        assertEquals(1, tables.allocated());
        tables.free(second);
        assertThrows(IllegalArgumentException.class, () -> tables.free(first));
        assertThrows(IllegalArgumentException.class, () -> tables.free(second));
        assertEquals(0, tables.allocated());
        assertEquals(second, tables.allocate());
        assertEquals(first, tables.allocate());
    }

    @Test
    void shouldRejectTablesItNeverHandedOut() {
        tables.allocate();
        final long[] others = {FIRST - 1, FIRST + 1, FIRST + 8, FIRST + 99, 0, -1, Long.MAX_VALUE, Long.MIN_VALUE};
        for (final long pfn : others) {
            final IllegalArgumentException rejected =
                    assertThrows(IllegalArgumentException.class, () -> tables.free(pfn));
            assertTrue(rejected.getMessage().contains("pfn=" + pfn), rejected.getMessage());
        }
        assertEquals(1, tables.allocated());
    }

    @Test
    void shouldKeepThePartOfTheWindowThatItDoesNotAllocateFromForImportedTables() {
        try (TablePages window = new TablePages(0, 64, 60, 4)) {
            assertEquals(60, window.allocate());
            assertTrue(window.contains(0));
            assertTrue(window.contains(63));
            assertFalse(window.contains(64));
            assertFalse(window.contains(-1));
            final long imported = window.address(5);
            TablePages.storeRelease(imported + 8 * 511, 0x60067);
            assertEquals(0x60067, TablePages.entryAcquire(imported + 8 * 511));
            assertEquals(window.address(0x60), window.child(0x60067));
            assertThrows(IllegalArgumentException.class, () -> window.free(5));
        }
    }

    @Test
    void shouldLeadFromAnEntryToItsTableWhateverItsOtherBits() {
        final long pfn = tables.allocate();
        final long address = tables.address(pfn);
        assertEquals(tables.base() + (pfn << 12), address);
        assertEquals(0, address & 4095);
        assertEquals(pfn, tables.pfn(address));
        assertEquals(pfn, tables.pfn(address + 4088));
        assertEquals(address, tables.child(Pte.of(pfn, Pte.TABLE)));
        assertEquals(address, tables.child(Pte.of(pfn, Pte.TABLE) | 0xfff0000000000fffL));
        assertFalse(tables.contains(FIRST - 1));
        assertTrue(tables.contains(FIRST));
        assertTrue(tables.contains(FIRST + 99));
        assertFalse(tables.contains(FIRST + 100));
    }

    @Test
    void shouldFindTheEntryOfAnAddress() {
        final long table = tables.address(tables.allocate());
        assertEquals(table, TablePages.entryAddress(table, 0, 1));
        assertEquals(table + 8, TablePages.entryAddress(table, 0x1000, 1));
        assertEquals(table + 4088, TablePages.entryAddress(table, 0x1fffff, 1));
        assertEquals(table, TablePages.entryAddress(table, 0x200000, 1));
        assertEquals(table + 8, TablePages.entryAddress(table, 0x200000, 2));
        assertEquals(table + 8 * 255, TablePages.entryAddress(table, 0x7ffffffff000L, 4));
        assertEquals(table + 4088, TablePages.entryAddress(table, -1, 5));
    }

    @Test
    void shouldReplaceEntriesAndReturnWhatTheyWere() {
        final long entry = tables.address(tables.allocate()) + 80;
        TablePages.storeRelease(entry, 0x1067);
        assertEquals(0x1067, TablePages.entryAcquire(entry));
        assertEquals(0x1067, TablePages.entryVolatile(entry));
        assertFalse(TablePages.compareAndSet(entry, 0x1065, 0x2067));
        assertEquals(0x1067, TablePages.entryVolatile(entry));
        assertTrue(TablePages.compareAndSet(entry, 0x1067, 0x1025));
        assertEquals(0x1025, TablePages.getAndSet(entry, 0));
        assertEquals(0, TablePages.getAndSet(entry, -1));
        assertEquals(-1, TablePages.entryAcquire(entry));
        assertEquals(0, TablePages.entryAcquire(entry - 8));
        assertEquals(0, TablePages.entryAcquire(entry + 8));
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 10, 0, 1",
        "0, 0, 0, 0",
        "0, -5, 0, 0",
        "0, 10, -1, 1",
        "0, 10, 0, -1",
        "0, 10, 0, 11",
        "0, 10, 5, 6",
        "0, 10, 11, 0",
        "5, 10, 4, 1",
        "5, 10, 15, 1",
        "0, 10, 0, 2147483648",
        "0, 10, 9223372036854775807, 5",
        "1099511627775, 2, 1099511627775, 1",
        "0, 9223372036854775807, 0, 1",
        "9223372036854775807, 1, 9223372036854775807, 0",
        "2, 9223372036854775807, 2, 1",
    })
    void shouldRejectABadWindowAndQuoteIt(
            final long windowPfn, final long windowPages, final long allocatePfn, final long allocatePages) {
        final IllegalArgumentException rejected = assertThrows(IllegalArgumentException.class, () -> {
            new TablePages(windowPfn, windowPages, allocatePfn, allocatePages).close();
        });
        assertTrue(
                rejected.getMessage()
                        .contains("windowPfn=" + windowPfn + ", windowPages=" + windowPages + ", allocatePfn="
                                + allocatePfn + ", allocatePages=" + allocatePages),
                rejected.getMessage());
    }

    @Test
    void shouldAllowAWindowThatAllocatesNothing() {
        try (TablePages imported = new TablePages(0, 10, 10, 0)) {
            assertEquals(-1, imported.allocate());
            assertThrows(IllegalArgumentException.class, () -> imported.free(10));
        }
    }

    @Test
    void shouldReachTheLastFrameThatAnEntryCanName() {
        try (TablePages top = new TablePages(0xffffffffffL, 1, 0xffffffffffL, 1)) {
            final long pfn = top.allocate();
            assertEquals(0xffffffffffL, pfn);
            TablePages.storeRelease(top.child(Pte.of(pfn, Pte.TABLE)) + 4088, 1);
            assertEquals(1, TablePages.entryAcquire(top.address(pfn) + 4088));
        }
    }

    @Test
    @Timeout(60)
    void shouldNeverHandOneTableToTwo() throws Exception {
        try (TablePages shared = new TablePages(0, 64, 0, 64)) {
            Together.run(4, () -> {
                final long me = Thread.currentThread().getId();
                for (int round = 0; round < 2_000; round++) {
                    final long pfn = shared.allocate();
                    final long other = shared.allocate();
                    TablePages.storeRelease(shared.address(pfn), me);
                    TablePages.storeRelease(shared.address(other), ~me);
                    assertEquals(me, TablePages.entryAcquire(shared.address(pfn)), "somebody else has my table");
                    assertEquals(~me, TablePages.entryAcquire(shared.address(other)), "somebody else has my table");
                    shared.free(pfn);
                    shared.free(other);
                }
            });
            assertEquals(0, shared.allocated());
            final Set<Long> all = new HashSet<>();
            for (int i = 0; i < 64; i++) {
                all.add(shared.allocate());
            }
            assertEquals(64, all.size());
            assertEquals(-1, shared.allocate());
        }
    }

    static Stream<Named<LongConsumer>> accessors() {
        return Stream.of(
                Named.of("entryAcquire", TablePages::entryAcquire),
                Named.of("entryVolatile", TablePages::entryVolatile),
                Named.of("storeRelease", entry -> TablePages.storeRelease(entry, 1)),
                Named.of("getAndSet", entry -> TablePages.getAndSet(entry, 1)),
                Named.of("compareAndSet", entry -> TablePages.compareAndSet(entry, 0, 1)));
    }

    @ParameterizedTest
    @MethodSource("accessors")
    void shouldRefuseAnEntryOutsideTheWindowAndAfterClose(final LongConsumer accessor) {
        final TablePages window = new TablePages(0, 4, 0, 4);
        final long entry = window.address(0);
        accessor.accept(entry);
        accessor.accept(window.address(3) + 4088);
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(window.address(3) + 4092));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(entry - 4));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(window.address(Pte.MAX_PFN)));
        window.close();
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(entry));
        assertThrows(IllegalStateException.class, window::close);
    }
}
