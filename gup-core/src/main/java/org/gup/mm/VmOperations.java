package org.gup.mm;

import org.gup.flags.VmFault;
import org.gup.task.Task;

/**
 * What a mapping that is not plain anonymous memory does. Models {@code struct vm_operations_struct}.
 *
 * <p>Mappings of files merge only if they have the same operations object, so there is one for each kind of file.
 */
@FunctionalInterface
public interface VmOperations {
    /**
     * Serves a fault on an address whose entry is empty. Models {@code vm_operations_struct.fault} and, for huge pages of
     * hugetlbfs, any fault at all.
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

    /**
     * Serves a fault by a huge leaf: on an address whose PMD is empty, or has a leaf that a write may not use. Models
     * {@code vm_operations_struct.huge_fault}. mmap_sem is held for read, and stays held.
     *
     * @param task who faults
     * @param mm the address space
     * @param vma the mapping
     * @param address the address, anywhere in the page
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @return {@code VmFault.VM_FAULT_*} bits; {@code VM_FAULT_FALLBACK} to go on with base pages
     */
    default int hugeFault(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return VmFault.VM_FAULT_FALLBACK;
    }

    /**
     * Serves a write to a present, read-only PTE of a shared mapping: makes it writable. No lock but mmap_sem, for read, is
     * held. Models {@code wp_page_shared()} with {@code vm_operations_struct.page_mkwrite}, and {@code wp_pfn_shared()}.
     *
     * @param task who faults
     * @param mm the address space
     * @param vma the mapping
     * @param address the address, anywhere in the page
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @return {@code VmFault.VM_FAULT_*} bits; {@code VM_FAULT_WRITE} or 0 for success
     */
    default int writeProtected(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return VmFault.VM_FAULT_SIGBUS;
    }

    /**
     * Flags that a mapping of this kind has besides those that mmap gives it.
     *
     * @return {@code VmFlags.VM_*}
     */
    default long mapFlags() {
        return 0;
    }

    /**
     * A mapping has been made, and is in the address space: maps what is mapped at once, reserves what is reserved. Models
     * {@code file_operations.mmap}. mmap_sem is held for write.
     *
     * @param task who maps
     * @param mm the address space
     * @param vma the mapping
     * @return 0, or a negated {@code Errno}: the mapping is then taken back
     */
    default int mapped(final Task task, final MmStruct mm, final VmArea vma) {
        return 0;
    }
}
