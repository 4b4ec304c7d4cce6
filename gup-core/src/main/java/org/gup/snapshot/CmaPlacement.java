package org.gup.snapshot;

import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Puts some pages of a process into contiguous memory, which a snapshot does not tell of: a what-if. The pages that are to be
 * there are populated between {@link #begin} and {@link #end}.
 */
public interface CmaPlacement {
    /**
     * Whether the page at an address is to be in contiguous memory.
     *
     * @param address page-aligned; the answer is the same for all of an aligned 2 MiB
     * @return true if it is
     */
    boolean isContiguous(long address);

    /**
     * From now on movable pages come from contiguous memory.
     *
     * @param memory the machine, with an area for all these pages
     * @param task who populates
     */
    void begin(PhysicalMemory memory, Task task);

    /** From now on they come from elsewhere again. */
    void end();
}
