package org.gup.file;

import org.gup.page.FrameStore;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * A device whose mmap maps memory at once, page by page: frames as they are, or pages of its own.
 *
 * <p>Threading: immutable, but for {@link #close}.
 */
public final class RawMemory implements MappedFile, AutoCloseable {
    /** How mmap maps it. */
    public enum Kind {
        /** {@code remap_pfn_range()}, as {@code /dev/mem} does: special entries, VM_PFNMAP. */
        PFNMAP,
        /** {@code vmf_insert_mixed()} of frames that are no memory: special entries, not cached, VM_MIXEDMAP. */
        MIXEDMAP,
        /** {@code vm_insert_page()}: ordinary entries, counted, VM_MIXEDMAP. */
        PAGES
    }

    private final Kind kind;
    private final String name;
    private final long firstPfn;
    private final long[] driverPages;
    private final @Nullable PhysicalMemory memory;
    private boolean closed;

    private RawMemory(
            final Kind kind,
            final String name,
            final long firstPfn,
            final long[] driverPages,
            final @Nullable PhysicalMemory memory) {
        this.kind = kind;
        this.name = name;
        this.firstPfn = firstPfn;
        this.driverPages = driverPages;
        this.memory = memory;
    }

    /**
     * Frames, whether they have a {@code struct page} or not. Models {@code /dev/mem}.
     *
     * @param name for messages
     * @param firstPfn the frame of the first page
     * @return the device
     */
    public static RawMemory pfnMap(final String name, final long firstPfn) {
        return new RawMemory(Kind.PFNMAP, name, firstPfn, new long[0], null);
    }

    /**
     * Frames of a device, without a {@code struct page}.
     *
     * @param name for messages
     * @param firstPfn the frame of the first page
     * @return the device
     */
    public static RawMemory mixedMap(final String name, final long firstPfn) {
        return new RawMemory(Kind.MIXEDMAP, name, firstPfn, new long[0], null);
    }

    /**
     * Zeroed kernel pages that a driver has allocated, to be given back by {@link #close}.
     *
     * @param memory where they come from
     * @param task who allocates
     * @param name for messages
     * @param pages how many
     * @return the device
     * @throws IllegalStateException without memory
     */
    public static RawMemory driverPages(
            final PhysicalMemory memory, final Task task, final String name, final int pages) {
        final long[] pfns = new long[pages];
        for (int i = 0; i < pages; i++) {
            pfns[i] = memory.allocPages(task, Gfp.GFP_ZERO, 0);
            if (pfns[i] < 0) {
                throw new IllegalStateException("no memory for the pages of " + name + ": pages=" + pages);
            }
        }
        return new RawMemory(Kind.PAGES, name, 0, pfns, memory);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isDax() {
        return false;
    }

    @Override
    public boolean isCharDevice() {
        return true;
    }

    /** {@inheritDoc} None. */
    @Override
    public long owner() {
        return 0;
    }

    @Override
    public boolean wantsWriteNotify() {
        return false;
    }

    /**
     * How mmap maps it.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The frame of an index.
     *
     * @param index in pages
     * @return a pfn; -1 beyond a driver's pages
     */
    public long pfn(final long index) {
        if (kind != Kind.PAGES) {
            return firstPfn + index;
        }
        return index >= 0 && index < driverPages.length ? driverPages[(int) index] : -1;
    }

    /** Gives a driver's pages back; mappings that are left keep theirs. */
    @Override
    public void close() {
        final PhysicalMemory owner = memory;
        if (owner == null || closed) {
            return;
        }
        closed = true;
        final Task reaper = owner.newTask(0);
        try {
            for (final long pfn : driverPages) {
                owner.memMap().put(reaper, owner.memMap().page(pfn), 1);
            }
        } finally {
            owner.exitTask(reaper);
        }
    }

    @Override
    public String toString() {
        return name + "[" + kind + " from frame " + firstPfn + ", " + FrameStore.FRAME_BYTES + " bytes each]";
    }
}
