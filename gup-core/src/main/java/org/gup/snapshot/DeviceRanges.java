package org.gup.snapshot;

import static org.gup.page.Pageblock.ORDER;
import static org.gup.page.Pageblock.PAGES;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.gup.page.DevPagemap;

/**
 * The device ranges that the leaves of a dump imply. A dump shows device pages that are mapped, not the device: each range
 * is the hull, in whole blocks of 2 MiB, of blocks that follow each other and hold at least one mapped device page. It is
 * device-DAX if a {@code /dev/dax} mapping shows it, FS-DAX otherwise.
 */
final class DeviceRanges {
    /** Looking a range up takes time in proportion to their number. */
    private static final int MAX_RANGES = 1024;

    private final String file;
    private final NavigableMap<Long, DevPagemap.Type> blocks = new TreeMap<>();

    private DeviceRanges(final String file) {
        this.file = file;
    }

    /**
     * Infers the ranges, and checks that no frame is both a device's and something else.
     *
     * @return the ranges, ascending
     * @throws SnapshotException if a block belongs to two devices, or to a device and to ordinary memory
     */
    static List<DumpedDevice> infer(
            final TableSet tables, final LeafEnumerator leaves, final List<DumpedVma> vmas, final long zeroPfn) {
        final DeviceRanges found = new DeviceRanges(tables.file());
        for (final DumpedVma vma : vmas) {
            leaves.forEach(vma.start(), vma.end(), leaf -> {
                if (leaf.device()) {
                    found.add(leaf, vma.isDeviceDax() ? DevPagemap.Type.DEVICE_DAX : DevPagemap.Type.FS_DAX);
                }
            });
        }
        leaves.forEach(leaf -> {
            if (leaf.isOrdinary()) {
                found.checkOrdinary(leaf, zeroPfn);
            }
        });
        final List<DumpedDevice> ranges = found.ranges();
        for (final DumpedDevice range : ranges) {
            final long table = tables.firstIn(range.startPfn(), range.endPfn());
            if (table >= 0) {
                throw found.conflict(table, "a page table");
            }
            if (range.contains(zeroPfn)) {
                throw found.conflict(zeroPfn, "the zero page");
            }
        }
        return ranges;
    }

    private void add(final DumpedLeaf leaf, final DevPagemap.Type type) {
        final long last = (leaf.pfn() + leaf.nrPages() - 1) >>> ORDER;
        for (long block = leaf.pfn() >>> ORDER; block <= last; block++) {
            final DevPagemap.Type before = blocks.putIfAbsent(block, type);
            if (before != null && before != type) {
                throw conflict(block << ORDER, "one of another kind");
            }
        }
    }

    private void checkOrdinary(final DumpedLeaf leaf, final long zeroPfn) {
        final long end = leaf.pfn() + leaf.nrPages();
        final Long block = blocks.ceilingKey(leaf.pfn() >>> ORDER);
        if (block != null && block << ORDER < end) {
            throw conflict(block << ORDER, "ordinary memory, mapped at " + SnapshotException.hex(leaf.address()));
        }
        if (zeroPfn >= leaf.pfn() && zeroPfn < end) {
            throw SnapshotException.ofFile(
                    file,
                    "the zero page is mapped as an ordinary page as well: pfn " + SnapshotException.hex(zeroPfn)
                            + " at " + SnapshotException.hex(leaf.address()));
        }
    }

    private List<DumpedDevice> ranges() {
        final List<DumpedDevice> ranges = new ArrayList<>();
        long start = -1;
        long end = -1;
        DevPagemap.Type type = DevPagemap.Type.FS_DAX;
        for (final Map.Entry<Long, DevPagemap.Type> block : blocks.entrySet()) {
            final long pfn = block.getKey() << ORDER;
            if (pfn != end || block.getValue() != type) {
                if (end >= 0) {
                    add(ranges, type, start, end);
                }
                start = pfn;
                type = block.getValue();
            }
            end = pfn + PAGES;
        }
        if (end >= 0) {
            add(ranges, type, start, end);
        }
        return List.copyOf(ranges);
    }

    private void add(
            final List<DumpedDevice> ranges, final DevPagemap.Type type, final long startPfn, final long endPfn) {
        if (ranges.size() == MAX_RANGES) {
            throw SnapshotException.ofFile(file, "too many device ranges: allowed " + MAX_RANGES);
        }
        ranges.add(new DumpedDevice(type, startPfn, endPfn));
    }

    private SnapshotException conflict(final long pfn, final String other) {
        return SnapshotException.ofFile(
                file, "the 2 MiB block of a device is shared with " + other + ": pfn " + SnapshotException.hex(pfn));
    }
}
