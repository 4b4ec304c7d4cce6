package org.gup.bench.layout;

import org.gup.snapshot.CmaPlacement;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** Puts a share of the 2 MiB ranges of an address space into contiguous memory, scattered, the same ones every time. */
public final class SpreadPlacement implements CmaPlacement {
    private static final int RANGE_SHIFT = 21;
    private static final int WHOLE = 100;

    private final int percent;
    private @Nullable CmaSteering steering;

    /**
     * A placement.
     *
     * @param percent how many of a hundred ranges, 0 to 100
     */
    public SpreadPlacement(final int percent) {
        this.percent = percent;
    }

    @Override
    public boolean isContiguous(final long address) {
        long mixed = (address >>> RANGE_SHIFT) * 0x9e3779b97f4a7c15L;
        mixed ^= mixed >>> 32;
        return Long.remainderUnsigned(mixed, WHOLE) < percent;
    }

    @Override
    public void begin(final PhysicalMemory memory, final Task task) {
        steering = new CmaSteering(memory, task);
        steering.on();
    }

    @Override
    public void end() {
        if (steering != null) {
            steering.off();
            steering = null;
        }
    }
}
