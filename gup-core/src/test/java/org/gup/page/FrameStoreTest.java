package org.gup.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.gup.offheap.ResidentMemory;
import org.gup.offheap.Together;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameStoreTest {
    private static final long PAGES = 2000;

    private final FrameStore frames = new FrameStore(PAGES);

    @AfterEach
    void tearDown() {
        frames.close();
    }

    private void fill(final long pfn, final long value) {
        for (int offset = 0; offset < 4096; offset += 8) {
            frames.putLong(pfn, offset, value + offset);
        }
    }

    private void assertFilled(final long pfn, final long value) {
        for (int offset = 0; offset < 4096; offset += 8) {
            assertEquals(value + offset, frames.getLong(pfn, offset), "pfn=" + pfn + ", offset=" + offset);
        }
    }

    private void assertZero(final long pfn) {
        for (int offset = 0; offset < 4096; offset += 8) {
            assertEquals(0, frames.getLong(pfn, offset), "pfn=" + pfn + ", offset=" + offset);
        }
    }

    @Test
    void shouldReadZeroesWhereNothingWasWritten() {
        assertZero(0);
        assertZero(PAGES - 1);
        fill(700, 1);
        assertZero(699);
        assertZero(701);
    }

    @Test
    void shouldKeepFramesApartAtTheBordersOfChunks() {
        final long[] pfns = {0, 511, 512, 513, 1023, 1024, PAGES - 1};
        for (final long pfn : pfns) {
            fill(pfn, pfn << 32);
        }
        for (final long pfn : pfns) {
            assertFilled(pfn, pfn << 32);
        }
    }

    @Test
    void shouldCopyWithinAChunkAndAcrossChunks() {
        fill(3, 1000);
        frames.copy(4, 3);
        frames.copy(1999, 3);
        frames.copy(3, 3);
        assertFilled(3, 1000);
        assertFilled(4, 1000);
        assertFilled(1999, 1000);
        assertZero(5);
        assertZero(1998);
    }

    @Test
    void shouldCopyAFrameThatWasNeverWrittenAsZeroes() {
        fill(3, 1000);
        frames.copy(3, 1500);
        assertZero(3);
    }

    @Test
    void shouldClearOneFrameOnly() {
        fill(3, 1000);
        fill(4, 2000);
        fill(5, 3000);
        frames.clear(4);
        frames.clear(1999);
        assertFilled(3, 1000);
        assertZero(4);
        assertFilled(5, 3000);
        assertZero(1999);
    }

    @ParameterizedTest
    @ValueSource(ints = {-8, -1, 1, 4, 4095, 4096, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void shouldRejectOffsetsThatAreNotAWordOfTheFrame(final int offset) {
        assertThrows(IllegalArgumentException.class, () -> frames.getLong(9, offset));
        assertThrows(IllegalArgumentException.class, () -> frames.putLong(9, offset, 1));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, PAGES, PAGES + 100, Long.MAX_VALUE, Long.MIN_VALUE})
    void shouldRefuseFramesOutsideTheModel(final long pfn) {
        assertThrows(IndexOutOfBoundsException.class, () -> frames.getLong(pfn, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> frames.putLong(pfn, 0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> frames.clear(pfn));
        assertThrows(IndexOutOfBoundsException.class, () -> frames.copy(pfn, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> frames.copy(0, pfn));
    }

    @Test
    void shouldBackOnlyWhatIsWrittenOfATebibyte() throws IOException {
        final long nrPages = 1L << 28;
        final long before = ResidentMemory.bytes();
        try (FrameStore tebibyte = new FrameStore(nrPages)) {
            tebibyte.putLong(nrPages - 1, 4088, 7);
            tebibyte.putLong(0, 0, 8);
            for (long pfn = 1; pfn < nrPages; pfn += nrPages / 1024) {
                assertEquals(0, tebibyte.getLong(pfn, 0));
                tebibyte.clear(pfn);
                tebibyte.copy(pfn, pfn + 1);
            }
            assertEquals(7, tebibyte.getLong(nrPages - 1, 4088));
            assertEquals(8, tebibyte.getLong(0, 0));
            final long used = ResidentMemory.bytes() - before;
            assertTrue(used < 128L << 20, "frames nobody wrote to were backed: bytes=" + used);
        }
    }

    @Test
    @Timeout(60)
    void shouldLoseNoWriteWhenThreadsMakeTheSameChunkAppear() throws Exception {
        final int chunks = 24;
        try (FrameStore shared = new FrameStore(chunks * 512L)) {
            final Together.Body[] writers = new Together.Body[4];
            for (int w = 0; w < writers.length; w++) {
                final int writer = w;
                writers[w] = () -> {
                    for (int chunk = 0; chunk < chunks; chunk++) {
                        shared.putLong(chunk * 512L + writer, 8 * writer, ~writer);
                    }
                };
            }
            Together.run(writers);
            for (int chunk = 0; chunk < chunks; chunk++) {
                for (int writer = 0; writer < writers.length; writer++) {
                    assertEquals(
                            ~writer,
                            shared.getLong(chunk * 512L + writer, 8 * writer),
                            "lost: chunk=" + chunk + ", writer=" + writer);
                }
            }
        }
    }
}
