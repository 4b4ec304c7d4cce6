package org.gup.longterm;

import org.gup.mm.VmArea;
import org.jspecify.annotations.Nullable;

/**
 * Whether any page of a pin lies in a mapping whose blocks the file system may take back. Models {@code check_dax_vmas()},
 * mm/gup.c, v5.2: the mappings are looked at, not the pages, so that what was copied on write in such a mapping counts too.
 *
 * <p>Threading: stateless; the mappings are valid while mmap_sem is held.
 */
final class DaxVmaCheck {
    private DaxVmaCheck() {}

    static boolean anyIsFsDax(final @Nullable VmArea[] vmas, final int offset, final long nrPages) {
        VmArea previous = null;
        for (int i = 0; i < nrPages; i++) {
            final VmArea vma = vmas[offset + i];
            if (vma != previous && vma != null) {
                if (vma.isFsDax()) {
                    return true;
                }
                previous = vma;
            }
        }
        return false;
    }
}
