package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON_LARGE;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFlags.VM_DONTEXPAND;
import static org.gup.flags.VmFlags.VM_HUGETLB;
import static org.gup.flags.VmFlags.VM_NORESERVE;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_HWPOISON;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.file.HugetlbFile;
import org.gup.flags.Errno;
import org.gup.offheap.Await;
import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.HugetlbPool;
import org.gup.zone.PhysicalMemory;

/**
 * Faults on mappings of hugetlbfs: one PMD leaf for each 2 MiB page of the pool. Models {@code hugetlb_fault()},
 * {@code hugetlb_no_page()} and {@code hugetlb_cow()}, mm/hugetlb.c, v5.2.
 *
 * <p>A shared mapping's page is in the file's cache and is writable and dirty from its first fault on, if the mapping may be
 * written. A private one's is anonymous, read-only until a write finds it to be its own, or copies it. A leaf is one reference
 * and one in the compound map count. A write makes the leaf writable whether or not the mapping may be written: only
 * FOLL_FORCE gets here then, and the kernel does the same.
 *
 * <p>Where the owner of a reservation finds the pool empty at copy-on-write, its children lose the page to it.
 *
 * <p>Differs: a file does not grow with a mapping; leaves are not shared between address spaces; a child that lost a page gets
 * SIGBUS for that page, not for its whole mapping.
 *
 * <p>Threading: mmap_sem held for read. Faults on one file go one after the other.
 */
final class HugetlbFault implements VmOperations {
    HugetlbFault() {}

    static HugetlbFile file(final VmArea vma) {
        if (vma.file() instanceof HugetlbFile file) {
            return file;
        }
        throw new IllegalStateException("not a mapping of hugetlbfs: " + vma);
    }

    /** The huge page's index within its file. Models {@code vma_hugecache_offset()}. */
    static long hugeIndex(final VmArea vma, final long hugeAddress) {
        return vma.pageIndex(hugeAddress) / HPAGE_PMD_NR;
    }

    private static boolean isShared(final VmArea vma) {
        return (vma.flags() & VM_SHARED) != 0;
    }

    @Override
    public long mapFlags() {
        return VM_HUGETLB | VM_DONTEXPAND;
    }

    /** {@inheritDoc} Models {@code hugetlbfs_file_mmap()}: -ENOMEM if the pool has not so many pages to reserve. */
    @Override
    public int mapped(final Task task, final MmStruct mm, final VmArea vma) {
        if (((vma.start() | vma.end()) & (HPAGE_PMD_SIZE - 1)) != 0 || (vma.pgoff() & (HPAGE_PMD_NR - 1)) != 0) {
            return -Errno.EINVAL;
        }
        if ((vma.flags() & VM_NORESERVE) != 0) {
            return 0;
        }
        final long first = hugeIndex(vma, vma.start());
        final long nr = vma.nrPages() / HPAGE_PMD_NR;
        final boolean reserved =
                isShared(vma) ? file(vma).reserveShared(first, nr) : file(vma).reservePrivate(mm, first, nr);
        return reserved ? 0 : -Errno.ENOMEM;
    }

    /** {@inheritDoc} Any fault at all, of hugetlbfs. Models {@code hugetlb_fault()}. */
    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final PageTables pageTables = mm.pageTables();
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pmdAddress == PageTables.NO_TABLE) {
            return VM_FAULT_SIGBUS;
        }
        final PteLayout layout = pageTables.root().layout();
        final long seen = TablePages.entryAcquire(pmdAddress);
        if (!Pte.isNone(seen) && !Pte.isPmdPresent(seen)) {
            if (layout.isHwpoison(seen)) {
                return VM_FAULT_HWPOISON_LARGE;
            }
            if (layout.isMigration(seen)) {
                waitForMigration(task, mm, pmdAddress);
            }
            return 0;
        }
        final HugetlbFile file = file(vma);
        final Await await = mm.memory().await();
        file.lockFaults(await);
        try {
            final long entry = TablePages.entryAcquire(pmdAddress);
            if (Pte.isNone(entry)) {
                return missing(task, mm, vma, address & -HPAGE_PMD_SIZE, faultFlags, pmdAddress);
            }
            return Pte.isPmdPresent(entry)
                    ? present(task, mm, vma, address & -HPAGE_PMD_SIZE, faultFlags, pmdAddress, entry)
                    : 0;
        } finally {
            file.unlockFaults();
        }
    }

    /** Models {@code migration_entry_wait_huge()}. */
    private static void waitForMigration(final Task task, final MmStruct mm, final long pmdAddress) {
        final PageTables pageTables = mm.pageTables();
        final MemMap memMap = mm.memory().memMap();
        pageTables.lock(pmdAddress);
        final long entry = TablePages.entryAcquire(pmdAddress);
        final boolean waits = !Pte.isNone(entry)
                && !Pte.isPmdPresent(entry)
                && pageTables.root().layout().isMigration(entry);
        final long page = waits ? memMap.head(memMap.page(Pte.swapOffset(entry))) : 0;
        final boolean got = waits && PageRef.tryGet(page, 1);
        pageTables.unlock(pmdAddress);
        if (got) {
            task.counters().add(Counter.MIGRATION_ENTRY_WAITS, 1);
            memMap.put(task, page, 1);
            PageLock.waitUnlocked(page, mm.memory().await());
        }
    }

    /** Models {@code hugetlb_no_page()}. */
    private static int missing(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long hugeAddress,
            final int faultFlags,
            final long pmdAddress) {
        final HugetlbFile file = file(vma);
        final PhysicalMemory memory = mm.memory();
        final MemMap memMap = memory.memMap();
        final long index = hugeIndex(vma, hugeAddress);
        if (index >= file.hugePages() || (!isShared(vma) && file.isTakenFrom(mm, index))) {
            return VM_FAULT_SIGBUS;
        }
        long headPfn = file.lookup(index);
        final boolean cached = headPfn >= 0;
        if (cached) {
            PageLock.lock(memMap.page(headPfn), memory.await());
            final boolean current = file.isCached(index, headPfn);
            if (!current || (PageDescriptor.flagsVolatile(memMap.page(headPfn)) & PG_HWPOISON) != 0) {
                PageLock.unlock(memMap.page(headPfn));
                memMap.put(task, memMap.page(headPfn), 1);
                return current ? VM_FAULT_HWPOISON : 0;
            }
        } else {
            headPfn = file.allocate(task, mm, index, isShared(vma));
            if (headPfn < 0) {
                return VM_FAULT_SIGBUS;
            }
            for (int i = 0; i < HPAGE_PMD_NR; i++) {
                memory.frames().clear(headPfn + i);
            }
            PageDescriptor.setFlags(memMap.page(headPfn), PG_UPTODATE);
            PageLock.lock(memMap.page(headPfn), memory.await());
            if (isShared(vma)) {
                file.add(index, headPfn);
            }
        }
        final int result = install(task, mm, vma, hugeAddress, faultFlags, pmdAddress, headPfn, cached);
        PageLock.unlock(memMap.page(headPfn));
        return result;
    }

    /** The locked page, with a reference that becomes the leaf's, is mapped, and copied at once for a private write. */
    private static int install(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long hugeAddress,
            final int faultFlags,
            final long pmdAddress,
            final long headPfn,
            final boolean cached) {
        final MemMap memMap = mm.memory().memMap();
        final boolean shared = isShared(vma);
        if (!cached && !shared) {
            mm.anonIdentity().prepare(task, vma);
        }
        final PageTables pageTables = mm.pageTables();
        pageTables.lock(pmdAddress);
        if (!Pte.isNone(TablePages.entryAcquire(pmdAddress))) {
            pageTables.unlock(pmdAddress);
            PageLock.unlock(memMap.page(headPfn));
            memMap.put(task, memMap.page(headPfn), 1);
            PageLock.lock(memMap.page(headPfn), mm.memory().await());
            return 0;
        }
        if (!cached && !shared) {
            identify(mm, vma, hugeAddress, headPfn);
        }
        memMap.addCompoundMapcount(headPfn, 1);
        final long entry = leaf(vma, headPfn, shared && (vma.flags() & VM_WRITE) != 0);
        TablePages.storeRelease(pmdAddress, entry);
        int result = 0;
        if ((faultFlags & FAULT_FLAG_WRITE) != 0 && !shared) {
            result = copyOrReuse(task, mm, vma, hugeAddress, pmdAddress, entry);
        } else {
            pageTables.unlock(pmdAddress);
        }
        if (!cached) {
            mm.memory().hugetlb().setActive(headPfn);
        }
        return result;
    }

    /** Models {@code hugepage_add_new_anon_rmap()}; the index counts base pages, as that of any page. */
    private static void identify(final MmStruct mm, final VmArea vma, final long hugeAddress, final long headPfn) {
        final MemMap memMap = mm.memory().memMap();
        final long cold = memMap.cold(headPfn);
        mm.memory().hugetlb().commit(headPfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, vma.anonVma());
        PageDescriptor.coldLong(cold, INDEX_OFFSET, vma.pageIndex(hugeAddress));
        PageDescriptor.setFlags(memMap.page(headPfn), PG_ANON | PG_UPTODATE);
    }

    /** Models {@code make_huge_pte()}. */
    private static long leaf(final VmArea vma, final long headPfn, final boolean writable) {
        final long bits = vma.protectionBits() | Pte.PSE | Pte.ACCESSED;
        return Pte.ofHuge(headPfn, writable ? bits | Pte.RW | Pte.DIRTY : bits & ~Pte.RW, PMD_LEVEL);
    }

    /** The leaf is there. Models the rest of {@code hugetlb_fault()}. */
    private static int present(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long hugeAddress,
            final int faultFlags,
            final long pmdAddress,
            final long entry) {
        final PageTables pageTables = mm.pageTables();
        final MemMap memMap = mm.memory().memMap();
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        pageTables.lock(pmdAddress);
        if (TablePages.entryAcquire(pmdAddress) != entry) {
            pageTables.unlock(pmdAddress);
            return 0;
        }
        if (!write || Pte.isWritable(entry)) {
            TablePages.storeRelease(pmdAddress, entry | Pte.ACCESSED | (write ? Pte.DIRTY : 0));
            pageTables.unlock(pmdAddress);
            return 0;
        }
        final long page = memMap.page(Pte.hugePfn(entry, PMD_LEVEL));
        PageRef.get(page, 1);
        if (!PageLock.tryLock(page)) {
            pageTables.unlock(pmdAddress);
            PageLock.waitUnlocked(page, mm.memory().await());
            memMap.put(task, page, 1);
            return 0;
        }
        final int result = copyOrReuse(task, mm, vma, hugeAddress, pmdAddress, entry);
        PageLock.unlock(page);
        memMap.put(task, page, 1);
        return result;
    }

    /**
     * A write to a read-only leaf, whose table's lock is held, and released here; the page is locked. Models
     * {@code hugetlb_cow()}.
     */
    private static int copyOrReuse(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long hugeAddress,
            final long pmdAddress,
            final long entry) {
        final PageTables pageTables = mm.pageTables();
        final PhysicalMemory memory = mm.memory();
        final MemMap memMap = memory.memMap();
        final long oldPfn = Pte.hugePfn(entry, PMD_LEVEL);
        final long oldPage = memMap.page(oldPfn);
        if (memMap.compoundMapcount(oldPfn) == 1 && (PageDescriptor.flagsVolatile(oldPage) & PG_ANON) != 0) {
            TablePages.storeRelease(pmdAddress, entry | Pte.RW | Pte.DIRTY);
            pageTables.unlock(pmdAddress);
            task.counters().add(Counter.COW_REUSES, 1);
            return 0;
        }
        PageRef.get(oldPage, 1);
        pageTables.unlock(pmdAddress);
        final HugetlbFile file = file(vma);
        final long index = hugeIndex(vma, hugeAddress);
        final boolean outsideReserve = file.isReservationOwner(mm) && !file.isCached(index, oldPfn);
        final long newPfn =
                outsideReserve ? file.allocateUnreserved(task) : file.allocate(task, mm, index, isShared(vma));
        if (newPfn < 0) {
            if (outsideReserve) {
                takeFromOthers(task, mm, file, index, pmdAddress, entry);
            }
            memMap.put(task, oldPage, 1);
            return outsideReserve ? 0 : VM_FAULT_SIGBUS;
        }
        mm.anonIdentity().prepare(task, vma);
        copyFrames(memory.frames(), newPfn, oldPfn);
        pageTables.lock(pmdAddress);
        final boolean won = TablePages.entryAcquire(pmdAddress) == entry;
        if (won) {
            TablePages.getAndSet(pmdAddress, 0);
            pageTables.flushTlb();
            identify(mm, vma, hugeAddress, newPfn);
            memMap.addCompoundMapcount(newPfn, 1);
            memMap.addCompoundMapcount(oldPfn, -1);
            TablePages.storeRelease(pmdAddress, leaf(vma, newPfn, true));
            memory.hugetlb().setActive(newPfn);
        }
        pageTables.unlock(pmdAddress);
        task.counters().add(Counter.COW_COPIES, won ? 1 : 0);
        if (won) {
            memMap.put(task, oldPage, 2);
        } else {
            memMap.put(task, oldPage, 1);
            memMap.put(task, memMap.page(newPfn), 1);
        }
        return 0;
    }

    /**
     * Leaves the locked page to its owner alone, writable: every mapping goes, and then its own comes back. A walk that finds
     * nothing meanwhile faults, and waits for this fault's end. Models {@code unmap_ref_private()}.
     */
    private static void takeFromOthers(
            final Task task,
            final MmStruct mm,
            final HugetlbFile file,
            final long index,
            final long pmdAddress,
            final long entry) {
        final PageTables pageTables = mm.pageTables();
        final MemMap memMap = mm.memory().memMap();
        final long headPfn = Pte.hugePfn(entry, PMD_LEVEL);
        file.take(index);
        if (!mm.memory().rmap().tryToUnmapTo(task, headPfn, 0)) {
            return;
        }
        pageTables.lock(pmdAddress);
        if (Pte.isNone(TablePages.entryAcquire(pmdAddress))) {
            PageRef.get(memMap.page(headPfn), 1);
            memMap.addCompoundMapcount(headPfn, 1);
            TablePages.storeRelease(pmdAddress, entry | Pte.RW | Pte.DIRTY);
        }
        pageTables.unlock(pmdAddress);
    }

    private static void copyFrames(final FrameStore frames, final long toPfn, final long fromPfn) {
        for (int i = 0; i < HugetlbPool.PAGES; i++) {
            frames.copy(toPfn + i, fromPfn + i);
        }
    }
}
