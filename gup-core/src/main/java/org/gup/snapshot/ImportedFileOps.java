package org.gup.snapshot;

import org.gup.flags.VmFault;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.mm.VmOperations;
import org.gup.task.Task;

/**
 * A dumped mapping of a file, a device or the kernel's own pages. What is in it is not known, so an address that the dump
 * does not show cannot be faulted in: it is as if the file ended before.
 */
record ImportedFileOps(String path) implements VmOperations {
    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return VmFault.VM_FAULT_SIGBUS;
    }
}
