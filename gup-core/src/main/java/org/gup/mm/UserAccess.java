package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_KILLABLE;
import static org.gup.flags.VmFault.FAULT_FLAG_TRIED;
import static org.gup.flags.VmFault.FAULT_FLAG_USER;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_SIGSEGV;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.size;

import org.gup.flags.VmFlags;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.gup.zone.Zone;

/**
 * Loads and stores as user code makes them: the processor's walk of the page table, and the page fault when that finds
 * nothing. Models {@code do_user_addr_fault()}, arch/x86/mm/fault.c, v5.2, and the hardware before it.
 *
 * <p>Assumptions: the task is not inside a walk and does not hold mmap_sem. Guarantees: the bytes belong to a page that was
 * mapped at the address, with the permission needed, at some moment inside the call; while they are touched it cannot be
 * freed. Where flushes wait for walkers ({@code TlbSync.IPI_WAIT}), nothing is touched any more once an unmapping or a change
 * of protection has returned; elsewhere a late store may still land in the page that was. Progress: blocking, through faults.
 *
 * <p>Differs: neither the used nor the dirty bit of an entry is set; nothing is cached between accesses.
 */
public final class UserAccess {
    private static final long RETRY = -1;
    private static final long FAULT = -2;
    private static final long OUTSIDE = -3;

    private UserAccess() {}

    /**
     * Loads eight bytes.
     *
     * @param task who loads
     * @param mm its address space
     * @param address a multiple of 8
     * @return the bytes, little endian
     * @throws SegmentationFault if the address space does not permit it, or there is no memory left for the page
     * @throws IllegalArgumentException if the address is not a multiple of 8
     */
    public static long load(final Task task, final MmStruct mm, final long address) {
        return access(task, mm, address, false, 0);
    }

    /**
     * Stores eight bytes.
     *
     * @param task who stores
     * @param mm its address space
     * @param address a multiple of 8
     * @param value the bytes, little endian
     * @throws SegmentationFault if the address space does not permit it, or there is no memory left for the page
     * @throws IllegalArgumentException if the address is not a multiple of 8
     */
    public static void store(final Task task, final MmStruct mm, final long address, final long value) {
        access(task, mm, address, true, value);
    }

    private static long access(
            final Task task, final MmStruct mm, final long address, final boolean write, final long value) {
        if ((address & (Long.BYTES - 1)) != 0) {
            throw new IllegalArgumentException("address must be a multiple of 8: 0x" + Long.toHexString(address));
        }
        final PhysicalMemory memory = mm.memory();
        final FrameStore frames = memory.frames();
        final int offset = (int) address & (FrameStore.FRAME_BYTES - 1);
        int faultFlags =
                FAULT_FLAG_USER | FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | (write ? FAULT_FLAG_WRITE : 0);
        for (int tries = 0; ; tries++) {
            long loaded = 0;
            memory.epoch().enterWalk(task);
            final long pfn;
            try {
                pfn = translate(task, mm, address, write);
                if (pfn >= 0 && write) {
                    frames.putLong(pfn, offset, value);
                } else if (pfn >= 0) {
                    loaded = frames.getLong(pfn, offset);
                }
            } finally {
                memory.epoch().exitWalk(task);
            }
            if (pfn >= 0) {
                if (isCounted(memory.memMap(), pfn)) {
                    memory.memMap().put(task, memory.memMap().page(pfn), 1);
                }
                return loaded;
            }
            if (pfn == OUTSIDE) {
                throw new SegmentationFault(address, VM_FAULT_SIGBUS, write);
            }
            if (pfn == FAULT) {
                faultFlags = fault(task, mm, address, faultFlags);
            } else {
                memory.await().pause(tries);
            }
        }
    }

    /** The frame for an address, with a reference where pages are counted; or why there is none. Inside a walk. */
    private static long translate(final Task task, final MmStruct mm, final long address, final boolean write) {
        final WalkRoot root = mm.walkRoot();
        if (root.isDead()) {
            throw new IllegalStateException("the address space is closed");
        }
        if (Long.compareUnsigned(address, root.geometry().taskSize()) >= 0) {
            return FAULT;
        }
        final MemMap memMap = mm.memory().memMap();
        final long needed = Pte.PRESENT | Pte.USER | (write ? Pte.RW : 0);
        long table = root.topTable();
        for (int level = root.geometry().levels(); ; level--) {
            final long entryAddress = TablePages.entryAddress(table, address, level);
            // Order: acquire pairs with the release that published the child or the page.
            // Alive: inside the epoch, so MmuGather cannot recycle this table.
            final long entry = TablePages.entryAcquire(entryAddress);
            if (!Pte.isHardwarePresent(entry)) {
                return FAULT;
            }
            if (level == PTE_LEVEL || (level <= PUD_LEVEL && Pte.isHuge(entry))) {
                if ((entry & needed) != needed || task.pkruDenies(Pte.pkey(entry), write)) {
                    return FAULT;
                }
                return pin(task, memMap, entryAddress, entry, framePfn(entry, level, address));
            }
            table = mm.memory().tables().child(entry);
        }
    }

    private static long framePfn(final long entry, final int level, final long address) {
        if (level == PTE_LEVEL) {
            return Pte.pfn(entry);
        }
        return Pte.hugePfn(entry, level) + ((address & (size(level) - 1)) >>> PAGE_SHIFT);
    }

    /** Takes a reference, then looks at the entry again, as the fast walk does. */
    private static long pin(
            final Task task, final MemMap memMap, final long entryAddress, final long entry, final long pfn) {
        if (!memMap.pfnValid(pfn)) {
            return OUTSIDE;
        }
        if (!isCounted(memMap, pfn)) {
            return pfn;
        }
        final long head = memMap.head(memMap.page(pfn));
        if (!PageRef.tryGet(head, 1)) {
            return RETRY;
        }
        // Order: volatile, after the reference was taken; pairs with the exchange that clears an entry.
        if (TablePages.entryVolatile(entryAddress) != entry) {
            memMap.put(task, head, 1);
            return RETRY;
        }
        return pfn;
    }

    /** Whether a page can be freed while it is touched; pages of a dump, devices' and zero pages cannot. */
    private static boolean isCounted(final MemMap memMap, final long pfn) {
        final int zone = memMap.pageblocks().zone(pfn);
        return zone == Zone.NORMAL || zone == Zone.MOVABLE;
    }

    /** Models {@code do_user_addr_fault()}. Answers the flags for the next try. */
    private static int fault(final Task task, final MmStruct mm, final long address, final int faultFlags) {
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        mm.mmapReadLock(task);
        final VmArea vma = mm.findExtendVma(task, address);
        if (vma == null || !isPermitted(task, vma, write)) {
            mm.mmapReadUnlock(task);
            throw new SegmentationFault(address, VM_FAULT_SIGSEGV, write);
        }
        final int result = mm.handleMmFault(task, vma, address, faultFlags);
        if ((result & VM_FAULT_RETRY) != 0) {
            return (faultFlags & ~FAULT_FLAG_ALLOW_RETRY) | FAULT_FLAG_TRIED;
        }
        mm.mmapReadUnlock(task);
        if ((result & VM_FAULT_ERROR) != 0) {
            throw new SegmentationFault(address, result, write);
        }
        return faultFlags;
    }

    /** Models {@code access_error()}. */
    private static boolean isPermitted(final Task task, final VmArea vma, final boolean write) {
        return !task.pkruDenies(VmFlags.pkey(vma.flags()), write)
                && (write ? (vma.flags() & VM_WRITE) != 0 : PageProtection.isAccessible(vma.flags()));
    }
}
