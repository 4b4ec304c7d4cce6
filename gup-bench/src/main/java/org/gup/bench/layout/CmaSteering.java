package org.gup.bench.layout;

import java.util.ArrayList;
import java.util.List;
import org.gup.page.Migratetype;
import org.gup.page.Pageblock;
import org.gup.task.Task;
import org.gup.zone.CmaRange;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;

/**
 * Decides where the next user pages come from. While it is on, every movable pageblock outside the CMA areas is unmovable, so
 * that a movable request falls back to CMA, as it does on a machine whose other movable memory is used up.
 */
public final class CmaSteering {
    private final PhysicalMemory memory;
    private final Task task;
    private final List<Long> blocks = new ArrayList<>();

    /**
     * Steers one machine.
     *
     * @param memory the machine
     * @param task who does it
     */
    public CmaSteering(final PhysicalMemory memory, final Task task) {
        this.memory = memory;
        this.task = task;
    }

    /** User pages come from CMA from now on. */
    public void on() {
        for (final Zone zone : memory.zones()) {
            for (long pfn = zone.startPfn(); pfn < zone.endPfn(); pfn += Pageblock.PAGES) {
                if (!isInArea(pfn) && retype(pfn, Migratetype.MOVABLE, Migratetype.UNMOVABLE)) {
                    blocks.add(pfn);
                }
            }
        }
    }

    /** User pages come from ordinary memory again. */
    public void off() {
        for (final long pfn : blocks) {
            retype(pfn, Migratetype.UNMOVABLE, Migratetype.MOVABLE);
        }
        blocks.clear();
    }

    private boolean isInArea(final long pfn) {
        for (final CmaRange area : memory.cmaRanges()) {
            if (area.contains(pfn)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Makes a pageblock another type.
     *
     * @param pfn its first pfn
     * @param from the type it has
     * @param to the type it gets
     * @return false, and nothing has changed, if it had another
     */
    public boolean retype(final long pfn, final int from, final int to) {
        return memory.isolation().start(task, pfn, pfn + Pageblock.PAGES, from)
                && memory.isolation().undo(task, pfn, pfn + Pageblock.PAGES, to);
    }
}
