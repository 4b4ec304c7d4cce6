package org.gup.mm;

import org.gup.task.Task;

/** What a mapping that is not plain anonymous memory does. Models {@code struct vm_operations_struct}. */
@FunctionalInterface
public interface VmOperations {
    /**
     * Serves a fault on an address whose entry is empty. Models {@code vm_operations_struct.fault}.
     *
     * <p>mmap_sem is held for read. A handler may return {@code VM_FAULT_RETRY} after {@code mm.mmapReadUnlock(task)}, if
     * {@code FAULT_FLAG_ALLOW_RETRY} was given; with {@code FAULT_FLAG_RETRY_NOWAIT} it returns it with mmap_sem still held.
     * One that wants ordinary memory behind the address ends in {@link MmStruct#anonymousFault}.
     *
     * @param task who faults
     * @param mm the address space
     * @param vma the mapping
     * @param address the address, anywhere in the page
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @return {@code VmFault.VM_FAULT_*} bits; 0 for success
     */
    int fault(Task task, MmStruct mm, VmArea vma, long address, int faultFlags);
}
