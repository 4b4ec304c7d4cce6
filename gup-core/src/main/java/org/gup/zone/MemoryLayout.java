package org.gup.zone;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.Pageblock;

/**
 * Which pfns are what.
 *
 * <pre>
 *   no import:  0 | table frames | zero page | ... | ZONE_NORMAL [ CMA areas at its end ] | ZONE_MOVABLE | devices
 *   import:     pages of the dump | table frames | zero page | ...  as above
 * </pre>
 *
 * Zones and devices start at multiples of 1024.
 */
record MemoryLayout(
        long importedPages,
        long windowPfn,
        long tablesPfn,
        long tablePages,
        long zeroPfn,
        long normalPfn,
        long cmaPfn,
        long movablePfn,
        long devicePfn,
        long nrPages,
        List<CmaRange> cmaRanges,
        List<DevPagemap> devices) {

    /** Zones, CMA areas and devices come in blocks of the largest order. */
    static final int ALIGN = ZoneDescriptor.MAX_BLOCK_PAGES;

    static {
        assert ALIGN == 2 * Pageblock.PAGES;
    }

    static MemoryLayout of(final MemoryOptions<?> asked) {
        final long imported = asked.importedPages;
        if (asked.importing) {
            range("imported nrPages", imported, 1, MemMap.MAX_PAGES);
            range("imported firstTablePfn", asked.firstTablePfn, 0, imported);
        }
        final long tablePages = range("tablePages", asked.tablePages, 1, MemMap.MAX_PAGES);
        final long normalPages = aligned(range("normalPages", asked.normalPages, 1, MemMap.MAX_PAGES));
        final long movablePages = aligned(range("movablePages", asked.movablePages, 0, MemMap.MAX_PAGES));

        final long tablesPfn = asked.importing ? imported : 1;
        final long ownZeroPfn = tablesPfn + tablePages;
        final long normalPfn = aligned(ownZeroPfn + 1);
        final long movablePfn = normalPfn + normalPages;
        final long devicePfn = movablePfn + movablePages;
        final List<CmaRange> cmaRanges = cmaRanges(asked, normalPages, movablePfn);
        final List<DevPagemap> devices = devices(asked, devicePfn);
        final long nrPages =
                devices.isEmpty() ? devicePfn : devices.get(devices.size() - 1).endPfn();
        range("pages altogether", nrPages, 1, MemMap.MAX_PAGES);

        final long zeroPfn;
        if (asked.importedZeroPfn == -1) {
            zeroPfn = ownZeroPfn;
        } else {
            zeroPfn = range("importedZeroPfn", asked.importedZeroPfn, 0, imported - 1);
        }
        return new MemoryLayout(
                imported,
                asked.importing ? asked.firstTablePfn : tablesPfn,
                tablesPfn,
                tablePages,
                zeroPfn,
                normalPfn,
                cmaRanges.isEmpty() ? movablePfn : cmaRanges.get(0).startPfn(),
                movablePfn,
                devicePfn,
                nrPages,
                cmaRanges,
                devices);
    }

    private static List<CmaRange> cmaRanges(final MemoryOptions<?> asked, final long normalPages, final long endPfn) {
        final Set<String> names = new HashSet<>();
        long total = 0;
        for (final CmaRange area : asked.cmaAreas) {
            range("cma pages of " + area.name(), area.pages(), ALIGN, MemMap.MAX_PAGES);
            if (area.pages() % ALIGN != 0) {
                throw new IllegalArgumentException(
                        "cma pages of " + area.name() + " is not a multiple of " + ALIGN + ": " + area.pages());
            }
            if (area.name().isBlank() || !names.add(area.name())) {
                throw new IllegalArgumentException("cma name is blank or taken: name=\"" + area.name() + "\"");
            }
            total += area.pages();
            if (total > normalPages) {
                throw new IllegalArgumentException(
                        "cma areas are larger than ZONE_NORMAL: cma pages=" + total + ", normalPages=" + normalPages);
            }
        }
        final List<CmaRange> placed = new ArrayList<>();
        long pfn = endPfn - total;
        for (final CmaRange area : asked.cmaAreas) {
            placed.add(new CmaRange(area.name(), pfn, area.pages()));
            pfn += area.pages();
        }
        return List.copyOf(placed);
    }

    private static List<DevPagemap> devices(final MemoryOptions<?> asked, final long startPfn) {
        final List<DevPagemap> placed = new ArrayList<>();
        long pfn = startPfn;
        for (final MemoryOptions.Device device : asked.devices) {
            range("device pages", device.pages(), 1, MemMap.MAX_PAGES);
            pfn = aligned(pfn);
            range("pages altogether", pfn + device.pages(), 1, MemMap.MAX_PAGES);
            placed.add(new DevPagemap(device.type(), pfn, pfn + device.pages()));
            pfn += device.pages();
        }
        return List.copyOf(placed);
    }

    static long range(final String name, final long value, final long least, final long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(name + " out of range: " + value + ", allowed " + least + " to " + most);
        }
        return value;
    }

    private static long aligned(final long pfn) {
        return (pfn + ALIGN - 1) & -ALIGN;
    }
}
