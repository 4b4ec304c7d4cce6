package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.flags.VmFlags.VM_DONTEXPAND;
import static org.gup.flags.VmFlags.VM_IO;
import static org.gup.flags.VmFlags.VM_MIXEDMAP;
import static org.gup.flags.VmFlags.VM_PFNMAP;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.file.RawMemory;
import org.gup.flags.Errno;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Mappings of memory devices: every entry is set when the mapping is made, and a fault on one that is empty is SIGBUS. Models
 * {@code remap_pfn_range()}, {@code vmf_insert_mixed()} and {@code vm_insert_page()}, mm/memory.c, v5.2.
 *
 * <p>Entries of frames are SPECIAL; where the frame is no memory, they are uncached too. Entries of a driver's pages are
 * ordinary: one reference and one in the map count for each.
 *
 * <p>Threading: mmap_sem held. One object for each kind.
 */
final class PfnMapping implements VmOperations {
    /** Not part of a core dump. */
    private static final long VM_DONTDUMP = 0x04000000;
    /** The memory type of its frames is tracked. */
    private static final long VM_PAT = 0x01000000;

    private final RawMemory.Kind kind;

    PfnMapping(final RawMemory.Kind kind) {
        this.kind = kind;
    }

    private static RawMemory device(final VmArea vma) {
        if (vma.file() instanceof RawMemory device) {
            return device;
        }
        throw new IllegalStateException("not a mapping of a memory device: " + vma);
    }

    @Override
    public long mapFlags() {
        return kind == RawMemory.Kind.PFNMAP ? VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP | VM_PAT : VM_MIXEDMAP;
    }

    /** {@inheritDoc} Sets every entry: -ENOMEM without memory for tables, -EINVAL beyond a driver's pages. */
    @Override
    public int mapped(final Task task, final MmStruct mm, final VmArea vma) {
        final RawMemory device = device(vma);
        for (long address = vma.start(); address < vma.end(); address += PAGE_SIZE) {
            final long pfn = device.pfn(vma.pageIndex(address));
            final long pteAddress = FileMapping.allocPteAddress(mm, address);
            if (pfn < 0 || pfn > Pte.MAX_PFN) {
                return -Errno.EINVAL;
            }
            if (pteAddress == PageTables.NO_MEMORY || pteAddress == PageTables.NO_TABLE) {
                return -Errno.ENOMEM;
            }
            set(mm, vma, pteAddress, pfn);
        }
        return 0;
    }

    private void set(final MmStruct mm, final VmArea vma, final long pteAddress, final long pfn) {
        final MemMap memMap = mm.memory().memMap();
        long bits = vma.protectionBits();
        mm.pageTables().lock(pteAddress);
        if (kind == RawMemory.Kind.PAGES) {
            PageRef.get(memMap.page(pfn), 1);
            memMap.addPteMapcount(pfn, 1);
        } else {
            bits |= Pte.SPECIAL | (memMap.pfnValid(pfn) ? 0 : Pte.PCD);
        }
        TablePages.storeRelease(pteAddress, Pte.of(pfn, bits));
        mm.pageTables().unlock(pteAddress);
    }

    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        return VM_FAULT_SIGBUS;
    }

    /** {@inheritDoc} Nobody wants to hear of it: writable at once. */
    @Override
    public int writeProtected(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final long pteAddress = FileMapping.pteAddress(mm, address);
        if (pteAddress == 0) {
            return 0;
        }
        final long pte = TablePages.entryAcquire(pteAddress);
        return Pte.isPresent(pte) && FileMapping.makeWritable(mm, vma, pteAddress, pte) ? VM_FAULT_WRITE : 0;
    }
}
