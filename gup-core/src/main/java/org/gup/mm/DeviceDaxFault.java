package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_FALLBACK;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFlags.VM_HUGEPAGE;
import static org.gup.flags.VmFlags.VM_MAYSHARE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.file.DaxDevice;
import org.gup.flags.Errno;
import org.gup.task.Task;

/**
 * Faults on mappings of a DAX device: leaves of the device's own size, or SIGBUS. Models {@code dev_dax_huge_fault()},
 * drivers/dax/device.c, v5.2.
 *
 * <p>Threading: mmap_sem held for read. One object serves all mappings.
 */
final class DeviceDaxFault implements VmOperations {
    DeviceDaxFault() {}

    private static DaxDevice device(final VmArea vma) {
        if (vma.file() instanceof DaxDevice device) {
            return device;
        }
        throw new IllegalStateException("not a mapping of a DAX device: " + vma);
    }

    /** Models {@code check_vma()}: shared, and both ends aligned. */
    private static boolean isAllowed(final VmArea vma) {
        return (vma.flags() & VM_MAYSHARE) != 0
                && ((vma.start() | vma.end()) & (device(vma).alignmentBytes() - 1)) == 0;
    }

    @Override
    public long mapFlags() {
        return VM_HUGEPAGE;
    }

    /** {@inheritDoc} Models {@code dax_mmap()}: -EINVAL for a mapping that no fault could serve. */
    @Override
    public int mapped(final Task task, final MmStruct mm, final VmArea vma) {
        return isAllowed(vma) ? 0 : -Errno.EINVAL;
    }

    /** {@inheritDoc} Models {@code __dev_dax_pte_fault()}. */
    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        if (!isAllowed(vma) || device(vma).alignmentBytes() != PAGE_SIZE) {
            return VM_FAULT_SIGBUS;
        }
        final long pfn = device(vma).pfn(vma.pageIndex(address), 1);
        return pfn < 0
                ? VM_FAULT_SIGBUS
                : DevmapEntries.mapSmall(mm, vma, address, pfn, (faultFlags & FAULT_FLAG_WRITE) != 0);
    }

    /** {@inheritDoc} Models {@code __dev_dax_pmd_fault()}. */
    @Override
    public int hugeFault(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        if (!isAllowed(vma)) {
            return VM_FAULT_SIGBUS;
        }
        if (device(vma).alignmentBytes() < HPAGE_PMD_SIZE) {
            return VM_FAULT_FALLBACK;
        }
        final long hugeAddress = address & -HPAGE_PMD_SIZE;
        if (hugeAddress < vma.start() || hugeAddress + HPAGE_PMD_SIZE > vma.end()) {
            return VM_FAULT_SIGBUS;
        }
        final long pfn = device(vma).pfn(vma.pageIndex(hugeAddress), HPAGE_PMD_NR);
        return pfn < 0 || (pfn & (HPAGE_PMD_NR - 1)) != 0
                ? VM_FAULT_SIGBUS
                : DevmapEntries.mapHuge(mm, vma, address, pfn, (faultFlags & FAULT_FLAG_WRITE) != 0);
    }

    /** {@inheritDoc} Models {@code wp_pfn_shared()} of operations that do not care: writable at once. */
    @Override
    public int writeProtected(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return fault(task, mm, vma, address, faultFlags | FAULT_FLAG_WRITE);
    }
}
