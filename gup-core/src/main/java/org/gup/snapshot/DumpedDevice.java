package org.gup.snapshot;

import org.gup.page.DevPagemap;

/**
 * A range of device pages that the leaves of a dump imply.
 *
 * @param type what the device is
 * @param startPfn first pfn, a multiple of 512
 * @param endPfn one past the last, a multiple of 512
 */
public record DumpedDevice(DevPagemap.Type type, long startPfn, long endPfn) {
    boolean contains(final long pfn) {
        return pfn >= startPfn && pfn < endPfn;
    }
}
