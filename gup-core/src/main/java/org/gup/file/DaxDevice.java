package org.gup.file;

import org.gup.page.DevPagemap;

/**
 * A character device over all pages of a device range, to be mapped by leaves of one size only. Models {@code /dev/daxN.M},
 * drivers/dax/device.c, v5.2.
 *
 * <p>Threading: immutable.
 */
public final class DaxDevice implements MappedFile, AutoCloseable {
    private final String name;
    private final DevPagemap device;
    private final long alignmentBytes;

    /**
     * A device.
     *
     * @param name for messages
     * @param device its pages
     * @param alignmentBytes size of its leaves: 4096 or 2 MiB
     * @throws IllegalArgumentException for another size, or a range that is not aligned to it
     */
    public DaxDevice(final String name, final DevPagemap device, final long alignmentBytes) {
        if (alignmentBytes != 4096 && alignmentBytes != 1 << 21) {
            throw new IllegalArgumentException(
                    "alignment must be 4096 or 2097152: name=" + name + ", alignmentBytes=" + alignmentBytes);
        }
        if ((device.startPfn() & ((alignmentBytes >>> 12) - 1)) != 0) {
            throw new IllegalArgumentException("range is not aligned: name=" + name + ", startPfn=" + device.startPfn()
                    + ", alignmentBytes=" + alignmentBytes);
        }
        this.name = name;
        this.device = device;
        this.alignmentBytes = alignmentBytes;
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
     * Size of its leaves.
     *
     * @return bytes
     */
    public long alignmentBytes() {
        return alignmentBytes;
    }

    /**
     * The page of an index. Models {@code dax_pgoff_to_phys()}.
     *
     * @param index in pages
     * @param nr how many pages from there must be the device's
     * @return its pfn; -1 beyond the end
     */
    public long pfn(final long index, final long nr) {
        final long pfn = device.startPfn() + index;
        return index >= 0 && pfn + nr <= device.endPfn() ? pfn : -1;
    }

    /** Nothing to do: the pages are the memory's. */
    @Override
    public void close() {}

    @Override
    public String toString() {
        return name + "[" + (device.endPfn() - device.startPfn()) + " pages]";
    }
}
