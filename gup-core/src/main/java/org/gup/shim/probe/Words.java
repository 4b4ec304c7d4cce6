package org.gup.shim.probe;

import java.util.ArrayList;
import java.util.List;
import org.gup.mm.MmStruct;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.TablePages;
import org.gup.shim.AccessKind;
import org.gup.shim.AccessObserver;
import org.gup.shim.Allocations;
import org.gup.shim.Observed;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Says what an address is, by asking the model: for the arrays and tables it has an answer; the words that it does not show
 * are those that it touches when asked a question about them.
 */
public final class Words {
    private static final long ALIGNMENT = 4096;
    private static final long RECORD = 128;

    private final MemMap memMap;
    private final TablePages tables;
    private final long hotBlock;
    private final long pagevecs;
    private final long lru;
    private final long rmapLock;
    private final long[] mmapSems;

    /**
     * The words of one model.
     *
     * @param memory the model
     * @param spaces whose mmap_sem is to be recognized
     */
    public Words(final PhysicalMemory memory, final MmStruct... spaces) {
        memMap = memory.memMap();
        tables = memory.tables();
        hotBlock = Allocations.startOf(memMap.hotBase());
        pagevecs = lowest(() -> memory.lruvec().pagevecPages(0)) & -RECORD;
        lru = (lowest(() -> memory.lruvec().pages(false)) & -RECORD) - RECORD;
        rmapLock = lowest(() -> {
            memory.rmap().lockRead();
            memory.rmap().unlockRead();
        });
        mmapSems = new long[spaces.length];
        for (int i = 0; i < spaces.length; i++) {
            mmapSems[i] = lowest(spaces[i]::isMmapLocked);
        }
        if (Allocations.startOf(lru) != Allocations.startOf(pagevecs) || lru >= pagevecs) {
            throw new IllegalStateException(
                    "the zones' words are laid out differently now: lru=" + lru + ", " + pagevecs);
        }
    }

    /** The lowest address that the model touches in answer to a question. */
    private static long lowest(final Runnable question) {
        final List<Long> touched = new ArrayList<>();
        final AccessObserver observer = (kind, base, address, bytes) -> {
            if (base == null && kind != AccessKind.FENCE) {
                touched.add(address);
            }
        };
        Observed.run(observer, question);
        return touched.stream()
                .mapToLong(Long::longValue)
                .min()
                .orElseThrow(() -> new IllegalStateException("untouched"));
    }

    /**
     * What a word is.
     *
     * @param kind how it is accessed
     * @param base the array it lies in, or null
     * @param address its raw address, or its offset in the array
     * @return the word; {@link Word#OTHER} if it is of another model
     */
    public Word of(final AccessKind kind, final @Nullable Object base, final long address) {
        if (kind == AccessKind.FENCE) {
            return Word.NONE;
        }
        if (base != null) {
            return base instanceof long[] ? Word.EPOCH : Word.OTHER;
        }
        if (tables.contains(tables.pfn(address))) {
            return Word.ENTRY;
        }
        final long block = Allocations.startOf(address);
        if (block == hotBlock) {
            return ofHotRecord(address);
        }
        if (block == Allocations.startOf(pagevecs)) {
            return address >= pagevecs ? Word.PAGEVEC : address >= lru ? Word.LRU : Word.ZONE;
        }
        for (final long mmapSem : mmapSems) {
            if (address == mmapSem) {
                return Word.MMAP_SEM;
            }
        }
        if (address == rmapLock) {
            return Word.RMAP_LOCK;
        }
        return ofColdRecordOrFrame(block, address);
    }

    private static Word ofHotRecord(final long address) {
        // Records are 16 bytes and aligned.
        return switch ((int) (address & (PageDescriptor.HOT_LENGTH - 1))) {
            case PageDescriptor.REFCOUNT_OFFSET -> Word.REFCOUNT;
            case PageDescriptor.FLAGS_OFFSET -> Word.FLAGS;
            case PageDescriptor.COMPOUND_HEAD_OFFSET -> Word.COMPOUND_HEAD;
            default -> Word.OTHER;
        };
    }

    private Word ofColdRecordOrFrame(final long block, final long address) {
        final long cold = memMap.cold(0);
        final long end = memMap.cold(memMap.nrPages() - 1) + PageDescriptor.COLD_LENGTH;
        if (address >= cold && address < end) {
            final long offset = (address - cold) % PageDescriptor.COLD_LENGTH;
            return offset == PageDescriptor.PTL_OFFSET ? Word.TABLE_LOCK : Word.COLD;
        }
        final boolean chunk =
                block != 0 && Allocations.lengthOf(block) == PageTableGeometry.HPAGE_PMD_SIZE + ALIGNMENT - 1;
        return chunk ? Word.FRAME : Word.OTHER;
    }
}
