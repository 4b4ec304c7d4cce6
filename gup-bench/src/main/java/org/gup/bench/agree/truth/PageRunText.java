package org.gup.bench.agree.truth;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.gup.bench.agree.truth.FrameState.Place;

/**
 * A list of page runs as one line, in the recording's own numbers:
 * {@code pages*level,entry,vmFlags[,bits,pageFlags,references,mapcount,order,mark]} with semicolons between runs; entry,
 * vmFlags, bits and pageFlags are hexadecimal; the mark is {@code =} for the frame that the page had before the call and
 * {@code !} for another.
 */
final class PageRunText {
    /** {@code pte} or {@code pmd} entries without a frame have these fields only. */
    private static final int WITHOUT_FRAME = 3;

    private static final int BIT_ANON = 0x1;
    private static final int BIT_HUGETLB = 0x4;
    private static final int BIT_ZERO = 0x8;
    private static final int BIT_CMA = 0x80;
    private static final int BIT_MOVABLE = 0x100;
    private static final int BIT_DEVICE = 0x200;
    private static final int BIT_LRU = 0x400;
    private static final int BIT_KSM = 0x800;
    private static final int BIT_SWAPCACHE = 0x1000;
    private static final int BIT_DIRTY = 0x2000;
    private static final int BIT_REFERENCED = 0x8000;
    /** The bits that are kept. */
    static final int BITS = BIT_ANON
            | BIT_HUGETLB
            | BIT_ZERO
            | BIT_CMA
            | BIT_MOVABLE
            | BIT_DEVICE
            | BIT_LRU
            | BIT_KSM
            | BIT_SWAPCACHE
            | BIT_DIRTY
            | BIT_REFERENCED;

    private static final long PAGE_ACTIVE = 1L << 5;
    private static final long PAGE_PRIVATE = 1L << 13;
    private static final long PAGE_HEAD = 1L << 16;
    private static final long PAGE_SWAPBACKED = 1L << 19;
    private static final long PAGE_UNEVICTABLE = 1L << 20;
    private static final long PAGE_MLOCKED = 1L << 21;
    /** The page flags that are kept; 5.2's numbers. */
    static final long PAGE_FLAGS =
            PAGE_ACTIVE | PAGE_PRIVATE | PAGE_HEAD | PAGE_SWAPBACKED | PAGE_UNEVICTABLE | PAGE_MLOCKED;

    private PageRunText() {}

    static String of(final List<String> runs) {
        final StringJoiner text = new StringJoiner(";");
        runs.forEach(text::add);
        return text.toString();
    }

    static List<PageRun> parse(final String text) {
        final List<PageRun> runs = new ArrayList<>();
        if (text.isEmpty()) {
            return runs;
        }
        for (final String run : text.split(";", -1)) {
            final int star = run.indexOf('*');
            runs.add(new PageRun(Integer.parseInt(run.substring(0, star)), state(run.substring(star + 1))));
        }
        return List.copyOf(runs);
    }

    private static PageState state(final String text) {
        final String[] field = text.split(",");
        final int level = Integer.parseInt(field[0]);
        return new PageState(
                level,
                Long.parseUnsignedLong(field[1], 16),
                Long.parseUnsignedLong(field[2], 16),
                field.length == WITHOUT_FRAME ? null : frame(field, level));
    }

    private static FrameState frame(final String[] field, final int level) {
        final int bits = Integer.parseInt(field[3], 16);
        final long pageFlags = Long.parseLong(field[4], 16);
        final int order = Integer.parseInt(field[7]);
        final boolean ownFlags = level > 1 || order == 0 || (pageFlags & PAGE_HEAD) != 0;
        return new FrameState(
                flags(bits, ownFlags ? pageFlags : 0),
                place(bits),
                Integer.parseInt(field[5]),
                Integer.parseInt(field[6]),
                order,
                field[8].equals("!"),
                ownFlags);
    }

    private static int flags(final int bits, final long pageFlags) {
        return flag(bits & BIT_ANON, FrameState.ANON)
                | flag(bits & BIT_HUGETLB, FrameState.HUGETLB)
                | flag(bits & BIT_ZERO, FrameState.ZERO)
                | flag(bits & BIT_KSM, FrameState.KSM)
                | flag(bits & BIT_SWAPCACHE, FrameState.SWAPCACHE)
                | flag(bits & BIT_DIRTY, FrameState.DIRTY)
                | flag(bits & BIT_REFERENCED, FrameState.REFERENCED)
                | flag(bits & BIT_LRU, FrameState.LRU)
                | flag(pageFlags & PAGE_ACTIVE, FrameState.ACTIVE)
                | flag(pageFlags & PAGE_UNEVICTABLE, FrameState.UNEVICTABLE)
                | flag(pageFlags & PAGE_MLOCKED, FrameState.MLOCKED)
                | flag(pageFlags & PAGE_SWAPBACKED, FrameState.SWAPBACKED)
                | flag(pageFlags & PAGE_PRIVATE, FrameState.PRIVATE);
    }

    private static int flag(final long set, final int flag) {
        return set != 0 ? flag : 0;
    }

    private static Place place(final int bits) {
        if ((bits & BIT_CMA) != 0) {
            return Place.CMA;
        }
        if ((bits & BIT_MOVABLE) != 0) {
            return Place.MOVABLE;
        }
        return (bits & BIT_DEVICE) != 0 ? Place.DEVICE : Place.NORMAL;
    }
}
