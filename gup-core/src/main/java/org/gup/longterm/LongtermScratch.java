package org.gup.longterm;

import java.util.Arrays;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.PageList;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/** What one task's longterm calls need room for. It grows to the largest call and is then allocated no more. */
final class LongtermScratch {
    private @Nullable VmArea[] vmas = new @Nullable VmArea[0];
    private final PageList list;

    private LongtermScratch(final MemMap memMap) {
        this.list = new PageList(memMap);
    }

    static LongtermScratch of(final Task task, final MemMap memMap) {
        if (task.longtermScratch() instanceof LongtermScratch scratch) {
            return scratch;
        }
        final LongtermScratch scratch = new LongtermScratch(memMap);
        task.setLongtermScratch(scratch);
        return scratch;
    }

    /** Room for the mapping of each page. Models the {@code kcalloc()} of a call without an array of its own. */
    @Nullable
    VmArea[] vmas(final int length) {
        if (vmas.length < length) {
            vmas = new @Nullable VmArea[Math.max(length, Math.min(2 * vmas.length, LongtermPinner.MAX_PAGES))];
        }
        return vmas;
    }

    /** Forgets the mappings, so that they can be collected. Models {@code kfree()}. */
    void clearVmas(final int from, final int to) {
        Arrays.fill(vmas, from, to, null);
    }

    /** An empty list for the pages to migrate. */
    PageList list() {
        return list;
    }
}
