package org.gup.zone;

import static org.gup.page.PageDescriptor.PG_DEVICE;
import static org.gup.page.PageDescriptor.PG_RESERVED;

import java.util.List;
import org.gup.offheap.Await;
import org.gup.page.DevPagemap;
import org.gup.page.DevPagemaps;
import org.gup.page.MemMap;
import org.gup.page.Migratetype;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.Pageblock;
import org.gup.tlb.WalkerEpoch;

/** What is done once when a machine is built: its zones, and the pages that nobody is ever given. */
final class BootMemory {
    private BootMemory() {}

    /** The zones that a layout asks for, ZONE_NORMAL first; their words start at an address. */
    static List<Zone> zones(
            final MemoryLayout layout,
            final MemMap memMap,
            final WalkerEpoch epoch,
            final Await await,
            final long words) {
        final Zone normal = new Zone(
                "Normal",
                Zone.NORMAL,
                memMap,
                epoch,
                await,
                words,
                layout.normalPfn(),
                layout.cmaPfn(),
                layout.movablePfn());
        if (layout.devicePfn() == layout.movablePfn()) {
            return List.of(normal);
        }
        final Zone movable = new Zone(
                "Movable",
                Zone.MOVABLE,
                memMap,
                epoch,
                await,
                words + ZoneDescriptor.LENGTH,
                layout.movablePfn(),
                layout.devicePfn(),
                layout.devicePfn());
        return List.of(normal, movable);
    }

    /** Reserves pfn 0 and the zero page, and gives the pages of devices their idle reference. */
    static void reserve(final MemoryLayout layout, final MemMap memMap, final DevPagemaps devPagemaps) {
        if (layout.importedPages() == 0) {
            PageDescriptor.setFlags(memMap.page(0), PG_RESERVED);
        }
        final long zeroPage = memMap.page(layout.zeroPfn());
        PageDescriptor.setFlags(zeroPage, PG_RESERVED);
        PageRef.init(zeroPage, 1);
        for (final DevPagemap device : layout.devices()) {
            devPagemaps.add(device);
            for (long pfn = device.startPfn(); pfn < device.endPfn(); pfn++) {
                if ((pfn & (Pageblock.PAGES - 1)) == 0) {
                    memMap.pageblocks().setZone(pfn, Zone.DEVICE);
                    memMap.pageblocks().setMigratetype(pfn, Migratetype.MOVABLE);
                }
                PageDescriptor.setFlags(memMap.page(pfn), PG_DEVICE | PG_RESERVED);
                PageRef.init(memMap.page(pfn), 1);
            }
        }
    }
}
