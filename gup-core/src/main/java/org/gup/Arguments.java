package org.gup;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.pgtable.WalkRoot;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** What every call checks about its arguments: what the kernel leaves to its callers. */
final class Arguments {
    private Arguments() {}

    static void check(
            final PhysicalMemory memory,
            final MmStruct mm,
            final long nrPages,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        if (mm.memory() != memory) {
            throw new IllegalArgumentException("the address space belongs to another memory");
        }
        if (nrPages < 0) {
            throw new IllegalArgumentException("nrPages must not be negative: nrPages=" + nrPages);
        }
        if (pages != null && nrPages > pages.length) {
            throw new IllegalArgumentException(
                    "nrPages exceeds pages.length: nrPages=" + nrPages + ", length=" + pages.length);
        }
        if (vmas != null && nrPages > vmas.length) {
            throw new IllegalArgumentException(
                    "nrPages exceeds vmas.length: nrPages=" + nrPages + ", length=" + vmas.length);
        }
    }

    /** As {@link #check}, where the number is positive and there must be an array: without one it fails before the walk. */
    static void checkFast(
            final PhysicalMemory memory, final MmStruct mm, final int nrPages, final long @Nullable [] pages) {
        if (pages == null) {
            throw new IllegalArgumentException("pages must not be null: nrPages=" + nrPages);
        }
        if (mm.memory() != memory || nrPages > pages.length) {
            check(memory, mm, nrPages, pages, null);
        }
    }

    static void checkMmapSem(final MmStruct mm) {
        if (!mm.isMmapLocked()) {
            throw new IllegalStateException("mmap_sem must be held");
        }
    }

    /**
     * Models {@code access_ok()}: the range neither wraps nor ends above the task's addresses. A range that passes is also
     * one that {@code gup_fast_permitted()} lets the walk enter.
     */
    static boolean accessOk(final WalkRoot root, final long start, final int nrPages) {
        final long end = start + ((long) nrPages << PAGE_SHIFT);
        return Long.compareUnsigned(end, start) >= 0
                && Long.compareUnsigned(end, root.geometry().taskSize()) <= 0;
    }
}
