package org.gup.mm;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.gup.file.MappedFile;
import org.gup.rmap.Rmap;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * The mappings of an address space, ascending, in arrays that are searched by halving. Stands for {@code mm->mm_rb} and
 * {@code mm->mmap}, and for the links that a mapping has into the trees of its file and its anonymous owner.
 *
 * <p>A look-up costs the logarithm of the number of mappings and allocates nothing; an insertion or removal moves the
 * mappings behind it.
 *
 * <p>Threading: read under mmap_sem, or under the rmap lock by who finds the mappings of a page; changed under mmap_sem for
 * write and the rmap lock. One change is allowed under mmap_sem for read, the rmap lock and the address space's spin lock:
 * {@link #replaceGrown}, which leaves the searched array as it is.
 */
final class VmaIndex {
    private static final VarHandle AREA = MethodHandles.arrayElementVarHandle(VmArea[].class);

    private final Rmap rmap;
    private final RmapOwners owners;
    private @Nullable VmArea[] areas = new @Nullable VmArea[16];
    private long[] ends = new long[16];
    private int count;

    VmaIndex(final Rmap rmap, final RmapOwners owners) {
        this.rmap = rmap;
        this.owners = owners;
    }

    int size() {
        return count;
    }

    /** The mapping at a position below {@link #size}. */
    VmArea get(final int position) {
        // Order: acquire pairs with the release in replaceGrown.
        final VmArea area = (VmArea) AREA.getAcquire(areas, position);
        if (area == null || position >= count) {
            throw new IndexOutOfBoundsException("no mapping at position " + position + " of " + count);
        }
        return area;
    }

    /** The mapping at a position, or null outside {@code [0, size)}. */
    @Nullable
    VmArea getOrNull(final int position) {
        return position >= 0 && position < count ? get(position) : null;
    }

    /** Position of the first mapping that ends above an address; {@link #size} if there is none. */
    int search(final long address) {
        final long[] ends = this.ends;
        int low = 0;
        int high = count;
        while (low < high) {
            final int mid = (low + high) >>> 1;
            if (Long.compareUnsigned(ends[mid], address) > 0) {
                high = mid;
            } else {
                low = mid + 1;
            }
        }
        return low;
    }

    /** The first mapping that ends above an address, or null. Models {@code find_vma()}. */
    @Nullable
    VmArea find(final long address) {
        final int position = search(address);
        return position < count ? get(position) : null;
    }

    /**
     * Replaces the mappings at {@code [from, to)} by others. Files and owners of new mappings are linked before, those of old
     * ones unlinked after: entries of mappings that go have been cleared.
     */
    void splice(final Task task, final int from, final int to, final VmArea... replacement) {
        for (final VmArea added : replacement) {
            owners.link(task, added);
            final MappedFile file = added.file();
            if (file != null) {
                FileOperations.vmaOpened(file);
            }
        }
        final VmArea[] removed = new VmArea[to - from];
        for (int i = from; i < to; i++) {
            removed[i - from] = get(i);
        }
        rmap.lockWrite();
        replace(from, to, replacement);
        rmap.unlockWrite();
        for (final VmArea gone : removed) {
            owners.unlink(task, gone);
            final MappedFile file = gone.file();
            if (file != null) {
                FileOperations.vmaClosed(task, file);
            }
        }
    }

    private void replace(final int from, final int to, final VmArea... replacement) {
        final int grownCount = count - (to - from) + replacement.length;
        if (grownCount > areas.length) {
            final int capacity = Math.max(grownCount, areas.length * 2);
            areas = Arrays.copyOf(areas, capacity);
            ends = Arrays.copyOf(ends, capacity);
        }
        System.arraycopy(areas, to, areas, from + replacement.length, count - to);
        System.arraycopy(ends, to, ends, from + replacement.length, count - to);
        for (int i = 0; i < replacement.length; i++) {
            areas[from + i] = replacement[i];
            ends[from + i] = replacement[i].end();
        }
        for (int i = grownCount; i < count; i++) {
            areas[i] = null;
        }
        count = grownCount;
    }

    /** Replaces a mapping by one that starts lower and is otherwise the same. Under the rmap lock and the spin lock. */
    void replaceGrown(final int position, final VmArea grown) {
        AREA.setRelease(areas, position, grown);
    }

    /** A copy. */
    List<VmArea> toList() {
        final VmArea[] copy = new VmArea[count];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = get(i);
        }
        return List.of(copy);
    }
}
