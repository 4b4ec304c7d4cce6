package org.gup.mm;

import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_FIXED_NOREPLACE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.Errno;
import org.gup.flags.VmFlags;
import org.gup.pgtable.PageTableGeometry;

/**
 * Where a new mapping goes. Models {@code get_unmapped_area()} of x86-64 in v5.2, without randomization.
 *
 * <p>From the top down: below the room kept for the stack; with five levels still below the 47-bit border unless the hint
 * lies above it. When nothing is free there, from a third of the address space up.
 *
 * <p>Differs: gaps are looked at one by one from the top, where the kernel's tree knows the largest gap of each subtree.
 */
final class AddressSearch {
    /** Kept free above and below a stack. Models {@code stack_guard_gap}. */
    static final long STACK_GUARD_GAP = 256 * PAGE_SIZE;
    /** Lowest address that a hint may name. Models {@code mmap_min_addr}. */
    static final long MMAP_MIN_ADDR = 65536;

    private static final long STACK_ROOM = 128L << 20;

    private final VmaIndex index;
    private final long taskSize;
    private final long window;

    AddressSearch(final VmaIndex index, final PageTableGeometry geometry) {
        this.index = index;
        this.taskSize = geometry.taskSize();
        this.window = PageTableGeometry.FOUR_LEVEL.taskSize();
    }

    /**
     * An address for a mapping.
     *
     * @param hint the address asked for
     * @param length bytes, page-aligned, not 0
     * @param flags {@code Mman.MAP_*}
     * @param alignment what an address that is not fixed is a multiple of, a power of two
     * @return the address, or a negated errno
     */
    long find(final long hint, final long length, final int flags, final long alignment) {
        if (Long.compareUnsigned(length, taskSize) > 0) {
            return -Errno.ENOMEM;
        }
        if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) != 0) {
            if (Long.compareUnsigned(hint, taskSize - length) > 0) {
                return -Errno.ENOMEM;
            }
            return (hint & ~PAGE_MASK) != 0 ? -Errno.EINVAL : hint;
        }
        final long wanted = (roundHint(hint) + alignment - 1) & -alignment;
        if (wanted != 0 && isHintUsable(wanted, length)) {
            final VmArea next = index.find(wanted);
            if (next == null || wanted + length <= startGap(next)) {
                return wanted;
            }
        }
        final boolean high = Long.compareUnsigned(wanted, window) > 0;
        final long base = window - STACK_ROOM + (high ? taskSize - window : 0);
        final long found = topDown(length, PAGE_SIZE, base, alignment);
        return found >= 0 ? found : bottomUp(length, (window / 3) & PAGE_MASK, high ? taskSize : window, alignment);
    }

    private static long roundHint(final long hint) {
        final long page = hint & PAGE_MASK;
        return page != 0 && Long.compareUnsigned(page, MMAP_MIN_ADDR) < 0 ? MMAP_MIN_ADDR : page;
    }

    private boolean isHintUsable(final long hint, final long length) {
        return Long.compareUnsigned(hint, taskSize - length) <= 0 && (hint > window) == (hint + length > window);
    }

    private long topDown(final long length, final long low, final long high, final long alignment) {
        int after = index.search(high);
        while (true) {
            final VmArea next = index.getOrNull(after);
            final VmArea previous = index.getOrNull(after - 1);
            final long gapEnd = next == null ? high : Math.min(high, startGap(next));
            final long gapStart = previous == null ? low : Math.max(low, previous.end());
            final long start = (gapEnd - length) & -alignment;
            if (gapEnd - gapStart >= length && start >= gapStart) {
                return start;
            }
            if (previous == null || previous.end() <= low) {
                return -Errno.ENOMEM;
            }
            after--;
        }
    }

    private long bottomUp(final long length, final long low, final long high, final long alignment) {
        int after = index.search(low);
        long gapStart = low;
        while (true) {
            final VmArea next = index.getOrNull(after);
            final long gapEnd = next == null ? high : Math.min(high, startGap(next));
            final long start = (gapStart + alignment - 1) & -alignment;
            if (gapEnd - start >= length) {
                return start;
            }
            if (next == null || next.end() >= high) {
                return -Errno.ENOMEM;
            }
            gapStart = next.end();
            after++;
        }
    }

    /** Models {@code vm_start_gap()}. */
    private static long startGap(final VmArea vma) {
        return (vma.flags() & VmFlags.VM_GROWSDOWN) == 0 ? vma.start() : Math.max(0, vma.start() - STACK_GUARD_GAP);
    }
}
