package org.gup.conformance;

import java.util.function.UnaryOperator;
import org.gup.GetUserPagesBuilder;
import org.gup.page.DevPagemap;
import org.gup.zone.PhysicalMemory;

/**
 * A machine.
 *
 * @param memory its memory
 * @param calls the kernel's build and boot options
 */
record Config(UnaryOperator<PhysicalMemory.Builder> memory, UnaryOperator<GetUserPagesBuilder> calls) {
    static final long CMA_PAGES = 4096;
    static final long DEVICE_PAGES = 2048;
    static final long SWAP_PAGES = 256;
    static final long HUGETLB_PAGES = 4;

    /** Two CPUs; a CMA area, persistent memory and a device's memory, swap, and four hugetlb pages. */
    static Config ordinary() {
        return new Config(
                memory -> memory.normalPages(16384)
                        .cma("area", CMA_PAGES)
                        .device(DevPagemap.Type.FS_DAX, DEVICE_PAGES)
                        .device(DevPagemap.Type.DEVICE_DAX, DEVICE_PAGES)
                        .swapPages(SWAP_PAGES)
                        .hugetlbPages(HUGETLB_PAGES),
                calls -> calls);
    }

    /** The same with a ZONE_MOVABLE, from which user pages come first. */
    static Config withMovableZone() {
        final Config ordinary = ordinary();
        return new Config(memory -> ordinary.memory().apply(memory).movablePages(4096), ordinary.calls());
    }

    /** The same with a second range of persistent memory, {@code devices().get(2)}. */
    static Config withAnotherPmem() {
        final Config ordinary = ordinary();
        return new Config(
                memory -> ordinary.memory().apply(memory).device(DevPagemap.Type.FS_DAX, DEVICE_PAGES),
                ordinary.calls());
    }

    /** The same, with a kernel built without CONFIG_FS_DAX and CONFIG_CMA. */
    static Config withoutFsDaxAndCma() {
        return new Config(ordinary().memory(), calls -> calls.configFsDax(false).configCma(false));
    }
}
