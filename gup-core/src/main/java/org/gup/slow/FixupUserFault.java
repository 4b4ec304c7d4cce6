package org.gup.slow;

import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_TRIED;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;

import org.gup.flags.VmFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/** One fault on behalf of user space, without a page in return. Models {@code fixup_user_fault()}, mm/gup.c, v5.2. */
public final class FixupUserFault {
    private FixupUserFault() {}

    /**
     * Makes the fault. mmap_sem is held for reading, and still is afterwards.
     *
     * @param task who faults
     * @param mm the address space
     * @param address any address
     * @param asked {@code VmFault.FAULT_FLAG_*}
     * @param unlocked null: mmap_sem is kept. Otherwise {@code unlocked[0]} becomes 1 if it was dropped and taken again
     * @return 0, or a negated errno
     */
    public static int fixup(
            final Task task, final MmStruct mm, final long address, final int asked, final int @Nullable [] unlocked) {
        int faultFlags = unlocked != null ? asked | FAULT_FLAG_ALLOW_RETRY : asked;
        int major = 0;
        while (true) {
            final VmArea vma = mm.findExtendVma(task, address);
            if (vma == null || !permitsFault(task, vma, faultFlags)) {
                return -EFAULT;
            }
            final int result = mm.handleMmFault(task, vma, address, faultFlags);
            major |= result & VM_FAULT_MAJOR;
            if ((result & VM_FAULT_ERROR) != 0) {
                return SlowWalker.knownErrno(result, 0);
            }
            if ((result & VM_FAULT_RETRY) == 0) {
                break;
            }
            mm.mmapReadLock(task);
            if (unlocked == null || (faultFlags & FAULT_FLAG_TRIED) != 0) {
                break;
            }
            unlocked[0] = 1;
            faultFlags = (faultFlags & ~FAULT_FLAG_ALLOW_RETRY) | FAULT_FLAG_TRIED;
        }
        task.counters().add(major != 0 ? Counter.GUP_MAJFLT : Counter.GUP_MINFLT, 1);
        return 0;
    }

    /** Models {@code vma_permits_fault()}. */
    private static boolean permitsFault(final Task task, final VmArea vma, final int faultFlags) {
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        if ((vma.flags() & (write ? VmFlags.VM_WRITE : VmFlags.VM_READ)) == 0) {
            return false;
        }
        return (faultFlags & FAULT_FLAG_REMOTE) != 0 || !task.pkruDenies(VmFlags.pkey(vma.flags()), write);
    }
}
