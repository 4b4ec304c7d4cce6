package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.agrona.UnsafeApi;
import org.gup.task.Task;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where each byte of {@code struct page} is, in literal numbers. */
class PageDescriptorLayoutTest {
    private static final long PAGES = 64;

    private MemMap memMap;

    @BeforeEach
    void setUp() {
        memMap = new MemMap(PAGES, (task, headPfn) -> {});
    }

    @AfterEach
    void tearDown() {
        memMap.close();
    }

    @Test
    void shouldKeepHotRecordsSixteenBytesApartFromPfnZero() {
        assertEquals(0, memMap.hotBase() & 63, "hot records begin on a cache line");
        assertEquals(memMap.hotBase(), memMap.page(0));
        assertEquals(memMap.hotBase() + 16, memMap.page(1));
        assertEquals(memMap.hotBase() + 16 * 63, memMap.page(63));
        assertEquals(memMap.hotBase() + 16 * 63, PageDescriptor.page(memMap.hotBase(), 63));
    }

    @Test
    void shouldKeepColdRecordsFortyEightBytesApart() {
        assertEquals(memMap.cold(0) + 48, memMap.cold(1));
        assertEquals(memMap.cold(0) + 48 * 63, memMap.cold(63));
        assertEquals(48, PageDescriptor.COLD_LENGTH);
        assertEquals(16, PageDescriptor.HOT_LENGTH);
    }

    @Test
    void shouldKeepRefcountFlagsAndCompoundHeadAtZeroFourAndEight() {
        final long page = memMap.page(5);
        PageRef.init(page, 0x12345678);
        assertEquals(0x12345678, UnsafeApi.getInt(page));
        PageDescriptor.setFlags(page, 0x00ab0001);
        assertEquals(0x00ab0001, UnsafeApi.getInt(page + 4));
        PageDescriptor.makeTail(page, 0x123);
        assertEquals(0x247, UnsafeApi.getLong(page + 8), "pfn shifted left by 1, bit 0 set");
        assertEquals(0x12345678, UnsafeApi.getInt(page), "neighbour changed");
        assertEquals(0x00ab0001, UnsafeApi.getInt(page + 4), "neighbour changed");
        assertNeighboursUntouched(5);
    }

    @Test
    void shouldKeepColdFieldsAtTheirOffsets() {
        assertEquals(0, PageDescriptor.NEXT_OFFSET);
        assertEquals(4, PageDescriptor.PREV_OFFSET);
        assertEquals(8, PageDescriptor.MAPCOUNT_OFFSET);
        assertEquals(12, PageDescriptor.ORDER_OFFSET);
        assertEquals(16, PageDescriptor.MAPPING_OFFSET);
        assertEquals(24, PageDescriptor.INDEX_OFFSET);
        assertEquals(32, PageDescriptor.PRIVATE_OFFSET);
        assertEquals(40, PageDescriptor.COMPOUND_MAPCOUNT_OFFSET);
        assertEquals(44, PageDescriptor.PTL_OFFSET);
        final long cold = memMap.cold(7);
        assertEquals(cold + 44, memMap.tableLock(7));
        memMap.addPteMapcount(7, 3);
        assertEquals(3, UnsafeApi.getInt(cold + 8));
        memMap.addCompoundMapcount(7, 9);
        assertEquals(9, UnsafeApi.getInt(cold + 40));
        PageDescriptor.coldLong(cold, PageDescriptor.INDEX_OFFSET, 0x1122334455667788L);
        assertEquals(0x1122334455667788L, UnsafeApi.getLong(cold + 24));
        assertEquals(0x1122334455667788L, PageDescriptor.coldLong(cold, PageDescriptor.INDEX_OFFSET));
        PageDescriptor.coldInt(cold, PageDescriptor.PREV_OFFSET, -2);
        assertEquals(-2, UnsafeApi.getInt(cold + 4));
        assertEquals(-2, PageDescriptor.coldInt(cold, PageDescriptor.PREV_OFFSET));
        assertEquals(0, UnsafeApi.getLong(memMap.cold(6) + 40), "neighbour changed");
        assertEquals(0, UnsafeApi.getLong(memMap.cold(8)), "neighbour changed");
    }

    @Test
    void shouldGiveEachFlagABitOfItsOwn() {
        final int[] flags = {
            PageDescriptor.PG_LOCKED, PageDescriptor.PG_REFERENCED, PageDescriptor.PG_UPTODATE, PageDescriptor.PG_DIRTY,
            PageDescriptor.PG_LRU, PageDescriptor.PG_ACTIVE, PageDescriptor.PG_HEAD, PageDescriptor.PG_SWAPBACKED,
            PageDescriptor.PG_RESERVED, PageDescriptor.PG_BUDDY, PageDescriptor.PG_ANON, PageDescriptor.PG_TABLE,
            PageDescriptor.PG_PAGEVEC, PageDescriptor.PG_MLOCKED, PageDescriptor.PG_DEVICE,
        };
        int seen = 0;
        for (final int flag : flags) {
            assertEquals(1, Integer.bitCount(flag), "not one bit: 0x" + Integer.toHexString(flag));
            assertEquals(0, seen & flag, "used twice: 0x" + Integer.toHexString(flag));
            seen |= flag;
        }
    }

    @Test
    void shouldSetAndClearFlagsAndReturnThoseBefore() {
        final long page = memMap.page(5);
        assertEquals(0, PageDescriptor.setFlags(page, 0b1010));
        assertEquals(0b1010, PageDescriptor.setFlags(page, 0b0110));
        assertEquals(0b1110, PageDescriptor.clearFlags(page, 0b0011));
        assertEquals(0b1100, PageDescriptor.flagsOpaque(page));
        assertEquals(0b1100, PageDescriptor.flagsVolatile(page));
        PageDescriptor.setFlags(page, 1 << 31);
        assertEquals(1 << 31 | 0b1100, PageDescriptor.clearFlags(page, -1));
        assertEquals(0, PageDescriptor.flagsVolatile(page));
    }

    @Test
    void shouldTellTailsByTheLowestBitAndNameTheirHead() {
        final long page = memMap.page(5);
        assertFalse(PageDescriptor.isTail(PageDescriptor.compoundHeadAcquire(page)));
        for (final long headPfn : new long[] {0, 1, 512, (1L << 29) - 1, 1L << 40}) {
            PageDescriptor.makeTail(page, headPfn);
            final long word = PageDescriptor.compoundHeadAcquire(page);
            assertTrue(PageDescriptor.isTail(word));
            assertEquals(headPfn, PageDescriptor.headPfn(word));
        }
        PageDescriptor.clearTail(page);
        assertEquals(0, PageDescriptor.compoundHeadAcquire(page));
    }

    private void assertNeighboursUntouched(final long pfn) {
        for (final long neighbour : new long[] {pfn - 1, pfn + 1}) {
            assertEquals(0, UnsafeApi.getLong(memMap.page(neighbour)), "neighbour changed: pfn=" + neighbour);
            assertEquals(0, UnsafeApi.getLong(memMap.page(neighbour) + 8), "neighbour changed: pfn=" + neighbour);
        }
    }

    static Stream<Named<LongConsumer>> hotAccessors() {
        return Stream.of(
                Named.of("countOpaque", PageRef::countOpaque),
                Named.of("countVolatile", PageRef::countVolatile),
                Named.of("tryGet", page -> PageRef.tryGet(page, 1)),
                Named.of("get", page -> PageRef.get(page, 1)),
                Named.of("putAndTest", page -> PageRef.putAndTest(page, 1)),
                Named.of("freeze", page -> PageRef.freeze(page, 1)),
                Named.of("unfreeze", page -> PageRef.unfreeze(page, 1)),
                Named.of("init", page -> PageRef.init(page, 1)),
                Named.of("flagsOpaque", PageDescriptor::flagsOpaque),
                Named.of("flagsVolatile", PageDescriptor::flagsVolatile),
                Named.of("setFlags", page -> PageDescriptor.setFlags(page, 1)),
                Named.of("clearFlags", page -> PageDescriptor.clearFlags(page, 1)),
                Named.of("compoundHeadAcquire", PageDescriptor::compoundHeadAcquire),
                Named.of("makeTail", page -> PageDescriptor.makeTail(page, 1)),
                Named.of("clearTail", PageDescriptor::clearTail),
                Named.of("PageLock.tryLock", PageLock::tryLock),
                Named.of("PageLock.unlock", PageLock::unlock));
    }

    @ParameterizedTest
    @MethodSource("hotAccessors")
    void shouldRefuseAHotRecordOutsideTheMapAndAfterClose(final LongConsumer accessor) {
        // 20 pages: the map's end is not a multiple of the alignment, so that no other region can begin there.
        final MemMap small = new MemMap(20, (task, headPfn) -> {});
        final long past = small.page(20);
        final long across = small.page(19) + 8;
        final long last = small.page(19);
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(past));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(across));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(0));
        small.close();
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(last));
    }

    static Stream<Named<LongConsumer>> coldAccessors() {
        return Stream.of(
                Named.of("coldInt", cold -> PageDescriptor.coldInt(cold, 0)),
                Named.of("coldInt=", cold -> PageDescriptor.coldInt(cold, 0, 1)),
                Named.of("coldLong", cold -> PageDescriptor.coldLong(cold, 16)),
                Named.of("coldLong=", cold -> PageDescriptor.coldLong(cold, 16, 1)),
                Named.of("coldIntVolatile", cold -> PageDescriptor.coldIntVolatile(cold, 0)),
                Named.of("coldIntGetAndAdd", cold -> PageDescriptor.coldIntGetAndAdd(cold, 0, 1)));
    }

    @ParameterizedTest
    @MethodSource("coldAccessors")
    void shouldRefuseAColdRecordOutsideTheMapAndAfterClose(final LongConsumer accessor) {
        final MemMap small = new MemMap(20, (task, headPfn) -> {});
        final long past = small.cold(20);
        final long across = small.cold(19) + 8;
        final long last = small.cold(19);
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(past));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(across));
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(0));
        small.close();
        assertThrows(IndexOutOfBoundsException.class, () -> accessor.accept(last));
    }

    @Test
    void shouldRefuseAPutOfAPageOutsideTheMap() {
        final Task task = new Task(0, 0);
        final MemMap small = new MemMap(20, (ignored, headPfn) -> {});
        assertThrows(IndexOutOfBoundsException.class, () -> small.put(task, small.page(20), 1));
        assertThrows(IndexOutOfBoundsException.class, () -> small.head(small.page(-1)));
        assertThrows(IndexOutOfBoundsException.class, () -> small.pteMapcount(20));
        small.close();
        assertThrows(IndexOutOfBoundsException.class, () -> small.put(task, small.page(1), 1));
    }
}
