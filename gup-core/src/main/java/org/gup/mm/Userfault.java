package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;

import java.util.ArrayList;
import java.util.List;
import org.gup.flags.VmFlags;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Who is told of missing pages, by range. Models {@code vma->vm_userfaultfd_ctx} and {@code handle_userfault()},
 * fs/userfaultfd.c, v5.2.
 *
 * <p>Differs: a range keeps its handler at its addresses; what mremap moves away is not reported any more.
 *
 * <p>Threading: a monitor; handlers are called without it.
 */
final class Userfault {
    private record Registration(
            long start, long end, @Nullable UserfaultHandler handler) {}

    private final MmStruct mm;
    private final List<Registration> registrations = new ArrayList<>();

    Userfault(final MmStruct mm) {
        this.mm = mm;
    }

    synchronized void register(final long start, final long end, final @Nullable UserfaultHandler handler) {
        registrations.add(0, new Registration(start, end, handler));
    }

    /** Whether missing pages of a mapping are reported. Models {@code userfaultfd_missing()}. */
    static boolean isMissingReported(final VmArea vma) {
        return (vma.flags() & VmFlags.VM_UFFD_MISSING) != 0;
    }

    private synchronized @Nullable UserfaultHandler handler(final long address) {
        for (final Registration registration : registrations) {
            if (address >= registration.start && address < registration.end) {
                return registration.handler;
            }
        }
        return null;
    }

    /**
     * A page of such a mapping is missing: has it reported, or answers SIGBUS where nobody listens or mmap_sem may not be given
     * up. Models {@code handle_userfault()}. mmap_sem is held for read; it is not any more if the answer is VM_FAULT_RETRY
     * and the fault may wait.
     */
    int missing(final Task task, final long address, final int faultFlags) {
        final UserfaultHandler handler = handler(address);
        if (handler == null || (faultFlags & FAULT_FLAG_ALLOW_RETRY) == 0) {
            return VM_FAULT_SIGBUS;
        }
        if ((faultFlags & FAULT_FLAG_RETRY_NOWAIT) == 0) {
            mm.mmapReadUnlock(task);
            handler.missing(task, mm, address & PAGE_MASK);
            return VM_FAULT_MAJOR | VM_FAULT_RETRY;
        }
        return VM_FAULT_RETRY;
    }
}
