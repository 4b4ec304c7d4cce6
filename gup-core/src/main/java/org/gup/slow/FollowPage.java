package org.gup.slow;

import static org.gup.flags.Errno.EEXIST;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.FollFlags.FOLL_COW;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_GET;
import static org.gup.flags.FollFlags.FOLL_MIGRATION;
import static org.gup.flags.FollFlags.FOLL_MLOCK;
import static org.gup.flags.FollFlags.FOLL_NUMA;
import static org.gup.flags.FollFlags.FOLL_SPLIT;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HEAD;
import static org.gup.page.PageDescriptor.PG_LOCKED;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PUD_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.offheap.SpinLock;
import org.gup.page.DevPagemap;
import org.gup.page.DevPagemaps;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.stat.OnceWarnings;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Looks one address up in the page tables, under {@code mmap_sem}. Models {@code follow_page_mask()}, mm/gup.c, v5.2.
 *
 * <p>A result is a pfn, or {@link #NO_PAGE}, or a negated errno. A pfn may carry {@link #HUGE}, the kernel's
 * {@code page_mask} of a page that is mapped huge.
 *
 * <p>Threading: stateless. Upper levels are read without a lock: {@code mmap_sem} is held, and tables are freed only by who
 * holds it for writing. Leaves are read under their table's lock.
 */
final class FollowPage {
    /** Nothing there that the call may use: fault, and look again. */
    static final long NO_PAGE = Long.MIN_VALUE;
    /** Added to a pfn that is mapped by a 2 MiB leaf. */
    static final long HUGE = 1L << 62;

    /** Inside {@link #followPagePte}: a migration entry, to be waited for. */
    private static final long MIGRATING = Long.MIN_VALUE + 1;
    /** Inside {@link #followPagePte}: a huge page, to be split first. */
    private static final long COMPOUND = Long.MIN_VALUE + 2;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final TablePages tables;
    private final DevPagemaps devPagemaps;

    private final OnceWarnings warnings;

    FollowPage(final PhysicalMemory memory, final OnceWarnings warnings) {
        this.memory = memory;
        this.warnings = warnings;
        this.memMap = memory.memMap();
        this.tables = memory.tables();
        this.devPagemaps = memory.devPagemaps();
    }

    /**
     * Looks one address up.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param vma the mapping around the address
     * @param address the address
     * @param flags {@code FOLL_*}
     * @return a pfn, possibly with {@link #HUGE}; {@link #NO_PAGE}; or a negated errno
     */
    long followPageMask(final Task task, final MmStruct mm, final VmArea vma, final long address, final int flags) {
        long table = mm.walkRoot().topTable();
        for (int level = mm.walkRoot().geometry().levels(); level > PMD_LEVEL; level--) {
            final long entryAddress = TablePages.entryAddress(table, address, level);
            // Order: acquire pairs with the release that linked the child. Alive: mmap_sem is held.
            final long entry = TablePages.entryAcquire(entryAddress);
            if (!Pte.isHardwarePresent(entry)) {
                return noPageTable(vma, flags);
            }
            if (level == PUD_LEVEL && Pte.isHuge(entry)) {
                return followHugeLeaf(task, mm, vma, address, flags, entryAddress, PUD_LEVEL);
            }
            table = tables.child(entry);
        }
        return followPmd(task, mm, vma, address, flags, TablePages.entryAddress(table, address, PMD_LEVEL));
    }

    /** Models {@code follow_pmd_mask()}. */
    private long followPmd(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final int flags,
            final long pmdAddress) {
        final PteLayout layout = mm.walkRoot().layout();
        while (true) {
            final long pmd = TablePages.entryAcquire(pmdAddress);
            if (!Pte.isPmdPresent(pmd)) {
                if ((flags & FOLL_MIGRATION) != 0 && waitForMigration(task, layout, pmdAddress)) {
                    continue;
                }
                return noPageTable(vma, flags);
            }
            if (!Pte.isHuge(pmd)) {
                return followPagePte(task, mm, vma, address, flags, tables.child(pmd));
            }
            if ((flags & FOLL_SPLIT) != 0 && !layout.isDevmap(pmd)) {
                if ((flags & FOLL_NUMA) != 0 && Pte.isProtnone(pmd)) {
                    return noPageTable(vma, flags);
                }
                final int error = mm.splitHugePage(task, vma, address);
                if (error != 0) {
                    return error;
                }
                continue;
            }
            return followHugeLeaf(task, mm, vma, address, flags, pmdAddress, PMD_LEVEL);
        }
    }

    /**
     * Waits until the page that an entry says is moving has arrived. Models {@code migration_entry_wait()}: the reference is
     * given back before the wait, so that who waits does not hinder.
     *
     * @return false if the entry says no such thing now
     */
    private boolean waitForMigration(final Task task, final PteLayout layout, final long entryAddress) {
        final long lock = memMap.tableLock(tables.pfn(entryAddress));
        SpinLock.lock(lock, memory.await());
        final long entry = TablePages.entryAcquire(entryAddress);
        if (Pte.isNone(entry) || Pte.isPresent(entry) || Pte.isPmdPresent(entry) || !layout.isMigration(entry)) {
            SpinLock.unlock(lock);
            return !Pte.isNone(entry) && Pte.isPmdPresent(entry);
        }
        // The page cannot be freed before the entry is replaced, which takes the lock.
        final long page = memMap.head(memMap.page(Pte.swapOffset(entry)));
        final boolean held = PageRef.tryGet(page, 1);
        SpinLock.unlock(lock);
        if (held) {
            task.counters().add(Counter.MIGRATION_ENTRY_WAITS, 1);
            memMap.put(task, page, 1);
            for (int tries = 0; (PageDescriptor.flagsVolatile(page) & PG_LOCKED) != 0; tries++) {
                memory.await().pause(tries);
            }
        }
        return true;
    }

    /** Models {@code no_page_table()}: a dump does not fault in what would only read as zeroes. */
    private static long noPageTable(final VmArea vma, final int flags) {
        return (flags & FOLL_DUMP) != 0 && vma.ops() == null ? -EFAULT : NO_PAGE;
    }

    /** Models {@code follow_trans_huge_pmd()}, and {@code follow_devmap_pmd()}; a PUD leaf alike. */
    private long followHugeLeaf(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final int flags,
            final long leafAddress,
            final int level) {
        final PteLayout layout = mm.walkRoot().layout();
        final long lock = memMap.tableLock(tables.pfn(leafAddress));
        SpinLock.lock(lock, memory.await());
        try {
            final long leaf = TablePages.entryAcquire(leafAddress);
            if (!Pte.isPmdPresent(leaf) || ((flags & FOLL_NUMA) != 0 && Pte.isProtnone(leaf))) {
                return noPageTable(vma, flags);
            }
            if (!Pte.isHuge(leaf)) {
                // Split between the look without the lock and this one: the table it became is stable under mmap_sem.
                SpinLock.unlock(lock);
                try {
                    return followPagePte(task, mm, vma, address, flags, tables.child(leaf));
                } finally {
                    SpinLock.lock(lock, memory.await());
                }
            }
            // The look-up of a single hugetlb page does not ask for write permission.
            final boolean asksForWrite = (flags & FOLL_WRITE) != 0 && (vma.flags() & VmFlags.VM_HUGETLB) == 0;
            if (asksForWrite && !canFollowWrite(leaf, layout, flags)) {
                return NO_PAGE;
            }
            final long headPfn = Pte.hugePfn(leaf, level);
            final long pfn = headPfn + ((address & (PageTableGeometry.size(level) - 1)) >>> PAGE_SHIFT);
            final boolean device = layout.isDevmap(leaf);
            if (!device && (flags & FOLL_DUMP) != 0 && memory.isHugeZeroPfn(headPfn)) {
                return -EFAULT;
            }
            if ((flags & FOLL_TOUCH) != 0) {
                touchPmd(leafAddress, leaf, flags);
            }
            if (device) {
                return followDeviceHuge(flags, pfn);
            }
            if ((flags & FOLL_MLOCK) != 0 && (vma.flags() & VmFlags.VM_LOCKED) != 0) {
                mlockHuge(task, headPfn);
            }
            if ((flags & FOLL_GET) != 0) {
                // No test of the count here, unlike in the PTE case: v5.2 has none.
                PageRef.get(memMap.head(memMap.page(pfn)), 1);
            }
            return level == PMD_LEVEL ? pfn | HUGE : pfn;
        } finally {
            SpinLock.unlock(lock);
        }
    }

    private long followDeviceHuge(final int flags, final long pfn) {
        if ((flags & FOLL_GET) == 0) {
            return -EEXIST;
        }
        final DevPagemap pgmap = devPagemaps.get(pfn, null);
        if (pgmap == null) {
            return -EFAULT;
        }
        PageRef.get(memMap.page(pfn), 1);
        pgmap.put();
        return pfn;
    }

    /**
     * Models {@code touch_pmd()}: a write leaves the entry accessed and dirty. For a read, x86's
     * {@code pmdp_set_access_flags()} stores nothing. Under the table's lock.
     */
    private static void touchPmd(final long leafAddress, final long leaf, final int flags) {
        if ((flags & FOLL_WRITE) != 0) {
            touchPfn(leafAddress, leaf, flags);
        }
    }

    /** Models the touch of {@code follow_pfn_pte()}: accessed, and dirty for a write, in the entry. Under the table's lock. */
    private static void touchPfn(final long leafAddress, final long leaf, final int flags) {
        final long touched = leaf | Pte.ACCESSED | ((flags & FOLL_WRITE) != 0 ? Pte.DIRTY : 0);
        if (touched != leaf) {
            TablePages.compareAndSet(leafAddress, leaf, touched);
        }
    }

    /** Models {@code follow_page_pte()}. */
    private long followPagePte(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final int flags,
            final long table) {
        final long pteAddress = TablePages.entryAddress(table, address, PTE_LEVEL);
        int lookFlags = flags;
        while (true) {
            final long found = lookAtPte(task, vma, lookFlags, mm.walkRoot().layout(), pteAddress);
            if (found == MIGRATING) {
                waitForMigration(task, mm.walkRoot().layout(), pteAddress);
            } else if (found == COMPOUND) {
                final int error = mm.splitHugePage(task, vma, address);
                if (error != 0) {
                    return error;
                }
                lookFlags &= ~FOLL_SPLIT;
            } else {
                return found;
            }
        }
    }

    private long lookAtPte(
            final Task task, final VmArea vma, final int flags, final PteLayout layout, final long pteAddress) {
        final long lock = memMap.tableLock(tables.pfn(pteAddress));
        SpinLock.lock(lock, memory.await());
        try {
            final long pte = TablePages.entryAcquire(pteAddress);
            if (Pte.isNone(pte)) {
                return noPageTable(vma, flags);
            }
            if (!Pte.isPresent(pte)) {
                return (flags & FOLL_MIGRATION) != 0 && layout.isMigration(pte) ? MIGRATING : NO_PAGE;
            }
            if ((flags & FOLL_NUMA) != 0 && Pte.isProtnone(pte)) {
                return NO_PAGE;
            }
            if ((flags & FOLL_WRITE) != 0 && !canFollowWrite(pte, layout, flags)) {
                return NO_PAGE;
            }
            final long pfn = Pte.pfn(pte);
            if (Pte.isSpecial(pte)) {
                return followSpecial(task, vma, flags, layout, pteAddress, pte, pfn);
            }
            if ((flags & FOLL_SPLIT) != 0 && isCompound(pfn)) {
                return COMPOUND;
            }
            return followNormal(task, vma, flags, layout, pte, pfn);
        } finally {
            SpinLock.unlock(lock);
        }
    }

    private boolean isCompound(final long pfn) {
        if (!memMap.pfnValid(pfn)) {
            return false;
        }
        final long page = memMap.page(pfn);
        return memMap.head(page) != page || (PageDescriptor.flagsOpaque(page) & PG_HEAD) != 0;
    }

    /** What {@code vm_normal_page()} hides: device pages, the zero page, frames without a page. */
    private long followSpecial(
            final Task task,
            final VmArea vma,
            final int flags,
            final PteLayout layout,
            final long pteAddress,
            final long pte,
            final long pfn) {
        if (layout.isDevmap(pte) && (flags & FOLL_GET) != 0) {
            final DevPagemap pgmap = devPagemaps.get(pfn, null);
            if (pgmap == null) {
                return NO_PAGE;
            }
            final long got = followNormal(task, vma, flags, layout, pte, pfn);
            pgmap.put();
            return got;
        }
        if ((flags & FOLL_DUMP) != 0) {
            return -EFAULT;
        }
        if (pfn == memory.zeroPfn()) {
            return followNormal(task, vma, flags, layout, pte, pfn);
        }
        // A frame without a page. Models follow_pfn_pte().
        if ((flags & FOLL_GET) != 0) {
            return -EFAULT;
        }
        if ((flags & FOLL_TOUCH) != 0) {
            touchPfn(pteAddress, pte, flags);
        }
        return -EEXIST;
    }

    private long followNormal(
            final Task task,
            final VmArea vma,
            final int flags,
            final PteLayout layout,
            final long pte,
            final long pfn) {
        if (!memMap.pfnValid(pfn)) {
            // An imported frame beyond the memory of the model; no page to return.
            return -EFAULT;
        }
        final long head = memMap.head(memMap.page(pfn));
        if ((flags & FOLL_GET) != 0 && !PageRef.tryGet(head, 1)) {
            warnings.warn(task.counters(), OnceWarnings.Site.FOLLOW_PAGE_PTE, "page without references: pfn=" + pfn);
            return -ENOMEM;
        }
        if ((flags & FOLL_TOUCH) != 0) {
            if ((flags & FOLL_WRITE) != 0
                    && !layout.isDirty(pte)
                    && (PageDescriptor.flagsOpaque(head) & PG_DIRTY) == 0) {
                PageDescriptor.setFlags(head, PG_DIRTY);
            }
            memory.lruvec().markAccessed(task, memMap.pfn(head));
        }
        if ((flags & FOLL_MLOCK) != 0 && (vma.flags() & VmFlags.VM_LOCKED) != 0) {
            mlock(task, pfn);
        }
        return pfn;
    }

    /** Huge pages mapped by PTEs stay as they are; so does a page that somebody else has locked. */
    private void mlock(final Task task, final long pfn) {
        if (!isCompound(pfn)) {
            mlockHead(task, pfn);
        }
    }

    /** A huge page is locked only while one PMD maps it and nothing else does. */
    private void mlockHuge(final Task task, final long headPfn) {
        if (memMap.compoundMapcount(headPfn) == 1 && !isMappedByPtes(headPfn)) {
            mlockHead(task, headPfn);
        }
    }

    private boolean isMappedByPtes(final long headPfn) {
        for (long pfn = headPfn; pfn < headPfn + HPAGE_PMD_NR; pfn++) {
            if (memMap.pteMapcount(pfn) > 0) {
                return true;
            }
        }
        return false;
    }

    /** The zero pages belong to nobody and are never locked. */
    private void mlockHead(final Task task, final long headPfn) {
        final long page = memMap.page(headPfn);
        if (PageDescriptor.coldLong(memMap.cold(headPfn), MAPPING_OFFSET) == 0 || !PageLock.tryLock(page)) {
            return;
        }
        memory.lruvec().drainCpu(task.cpu(), task);
        memory.lruvec().mlock(task, headPfn);
        PageLock.unlock(page);
    }

    /** Models {@code can_follow_write_pte()} and {@code can_follow_write_pmd()}. */
    private static boolean canFollowWrite(final long entry, final PteLayout layout, final int flags) {
        return Pte.isWritable(entry) || ((flags & FOLL_FORCE) != 0 && (flags & FOLL_COW) != 0 && layout.isDirty(entry));
    }
}
