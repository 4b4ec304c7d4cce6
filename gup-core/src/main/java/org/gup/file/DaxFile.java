package org.gup.file;

import java.util.BitSet;
import org.gup.page.DevPagemap;
import org.gup.page.Pageblock;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * A file of a DAX file system: its blocks are pages of a device, and mappings show those very pages. Block i, once it is
 * allocated, is page {@code firstPfn + i}. Models an ext4 inode with S_DAX, and fs/dax.c's entries, v5.2.
 *
 * <p>An index that no block is allocated for is a hole: it reads as zeroes, and a write to it allocates the block. A range of
 * 2 MiB whose blocks are allocated can be mapped by one leaf if {@code firstPfn} is aligned as the index is.
 *
 * <p>Faults are recorded by index, so that a huge one falls back where a small one was before.
 *
 * <p>Threading: any thread, under the file's monitor.
 */
public final class DaxFile implements MappedFile, AutoCloseable {
    private final PhysicalMemory memory;
    private final String name;
    private final long firstPfn;
    private final long pages;
    private final BitSet blocks = new BitSet();
    private final BitSet smallEntries = new BitSet();

    /**
     * A file that is one hole.
     *
     * @param memory where the device's pages are
     * @param name for messages
     * @param device the device, of the file-system kind
     * @param firstPfn the device's page for the file's first block
     * @param sizeBytes its size, positive
     * @throws IllegalArgumentException if the device has not so many pages, or is of another kind
     */
    public DaxFile(
            final PhysicalMemory memory,
            final String name,
            final DevPagemap device,
            final long firstPfn,
            final long sizeBytes) {
        this.memory = memory;
        this.name = name;
        this.firstPfn = firstPfn;
        this.pages = (sizeBytes + 4095) >>> 12;
        if (device.type() != DevPagemap.Type.FS_DAX
                || firstPfn < device.startPfn()
                || firstPfn + pages > device.endPfn()) {
            throw new IllegalArgumentException("blocks outside a file system's device: name=" + name + ", firstPfn="
                    + firstPfn + ", pages=" + pages + ", device=[" + device.startPfn() + ", " + device.endPfn() + ") "
                    + device.type());
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isDax() {
        return true;
    }

    @Override
    public boolean isCharDevice() {
        return false;
    }

    /** {@inheritDoc} None: device pages are not looked up by it. */
    @Override
    public long owner() {
        return 0;
    }

    @Override
    public boolean wantsWriteNotify() {
        return true;
    }

    /**
     * The file's size. Models {@code i_size_read()}, rounded up.
     *
     * @return pages
     */
    public long pages() {
        return pages;
    }

    /**
     * Allocates blocks, filled with zeroes where there were none. Models {@code fallocate()} and a first write.
     *
     * @param task who writes
     * @param index first page
     * @param nr how many
     */
    public synchronized void allocate(final Task task, final long index, final long nr) {
        if (index < 0 || nr < 0 || index + nr > pages) {
            throw new IllegalArgumentException(
                    "beyond the end of " + name + ": index=" + index + ", nr=" + nr + ", pages=" + pages);
        }
        for (int at = (int) index; at < index + nr; at++) {
            if (!blocks.get(at)) {
                memory.frames().clear(firstPfn + at);
                blocks.set(at);
            }
        }
    }

    /**
     * The page of an index. Models {@code iomap_begin()} for a read.
     *
     * @param index in pages
     * @return its pfn; -1 for a hole
     */
    public synchronized long block(final long index) {
        return blocks.get((int) index) ? firstPfn + index : -1;
    }

    /**
     * What the 2 MiB around an index are.
     *
     * @param index in pages
     * @return the first pfn, if one leaf can map it; -1 if it is all hole; -2 if it is neither
     */
    public synchronized long hugeBlock(final long index) {
        final int first = (int) (index & -Pageblock.PAGES);
        final int allocated = blocks.get(first, first + Pageblock.PAGES).cardinality();
        if (allocated == 0) {
            return -1;
        }
        return allocated == Pageblock.PAGES && ((firstPfn + first) & (Pageblock.PAGES - 1)) == 0
                ? firstPfn + first
                : -2;
    }

    /**
     * Whether no base page of the 2 MiB around an index was faulted in. Models {@code grab_mapping_entry(DAX_PMD)}.
     *
     * @param index in pages
     * @return true if a huge fault may go on
     */
    public synchronized boolean allowsHugeEntry(final long index) {
        final int first = (int) (index & -Pageblock.PAGES);
        final int next = smallEntries.nextSetBit(first);
        return next < 0 || next >= first + Pageblock.PAGES;
    }

    /**
     * A base page is faulted in. Models {@code dax_insert_entry()}.
     *
     * @param index in pages
     */
    public synchronized void addSmallEntry(final long index) {
        smallEntries.set((int) index);
    }

    /**
     * Writes eight bytes at the start of a page. Models {@code write(2)}, {@code dax_iomap_rw()}.
     *
     * @param task who writes
     * @param index the page, below {@link #pages}
     * @param value the bytes, little endian
     */
    public void write(final Task task, final long index, final long value) {
        allocate(task, index, 1);
        memory.frames().putLong(firstPfn + index, 0, value);
    }

    /**
     * Reads eight bytes at the start of a page. Models {@code read(2)}.
     *
     * @param task who reads
     * @param index the page, below {@link #pages}
     * @return the bytes, little endian
     */
    public long read(final Task task, final long index) {
        final long pfn = block(index);
        return pfn < 0 ? 0 : memory.frames().getLong(pfn, 0);
    }

    /** Frees the blocks. Nothing maps the file any more. */
    @Override
    public synchronized void close() {
        blocks.clear();
        smallEntries.clear();
    }

    @Override
    public String toString() {
        return name + "[" + pages + " pages, dax]";
    }
}
