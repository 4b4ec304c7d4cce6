package org.gup.mm;

import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.page.PageDescriptor.PG_HWPOISON;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_ORDER;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_SIZE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.file.CachedFile;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;

/**
 * Entries over pages that belong to files. Models {@code alloc_set_pte()} and {@code do_fault_around()}, mm/memory.c, and
 * {@code filemap_map_pages()}, v5.2.
 *
 * <p>An entry over a file's page has one reference to it, and one in its map count. A huge PMD has no table deposited: to split
 * it is to clear it.
 *
 * <p>Threading: mmap_sem held; entries change under the lock of their table.
 */
final class FileMapping {
    /** Models {@code fault_around_bytes}. */
    private static final long AROUND_BYTES = 16 * PAGE_SIZE;

    private FileMapping() {}

    /** Address of the PTE for an address, or 0 where there is no table. */
    static long pteAddress(final MmStruct mm, final long address) {
        final long pmdAddress = mm.pageTables().pmdEntry(address);
        final long pmd = pmdAddress == 0 ? 0 : TablePages.entryAcquire(pmdAddress);
        return PageTables.isTable(pmd, PMD_LEVEL) ? mm.pageTables().pteEntry(pmd, address) : 0;
    }

    /**
     * Address of the PTE for an address, the tables made where they are missing; {@link PageTables#NO_MEMORY}, or
     * {@link PageTables#NO_TABLE} if a huge leaf is there.
     */
    static long allocPteAddress(final MmStruct mm, final long address) {
        final PageTables pageTables = mm.pageTables();
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY || pmdAddress == PageTables.NO_TABLE) {
            return pmdAddress;
        }
        if (!pageTables.allocChild(pmdAddress)) {
            return PageTables.NO_MEMORY;
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        return PageTables.isTable(pmd, PMD_LEVEL) ? pageTables.pteEntry(pmd, address) : PageTables.NO_TABLE;
    }

    /**
     * Maps a file's page at an address, by a huge leaf if it is part of a huge page that fits. The page is locked. Models
     * {@code alloc_set_pte()}. Answers VM_FAULT_OOM, or 0, also if something was there already.
     */
    static int map(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final long pfn,
            final boolean write) {
        if (mapHuge(mm, vma, address, pfn, write)) {
            return 0;
        }
        final long pteAddress = allocPteAddress(mm, address);
        if (pteAddress == PageTables.NO_MEMORY) {
            return VM_FAULT_OOM;
        }
        if (pteAddress != PageTables.NO_TABLE) {
            set(mm, vma, pteAddress, pfn, write);
        }
        return 0;
    }

    /** Sets an empty PTE; false if it was not empty. */
    private static boolean set(
            final MmStruct mm, final VmArea vma, final long pteAddress, final long pfn, final boolean write) {
        final PageTables pageTables = mm.pageTables();
        final MemMap memMap = mm.memory().memMap();
        long bits = vma.protectionBits();
        if (write) {
            bits = PageProtection.maybeWritable(bits | Pte.DIRTY, vma.flags());
        }
        pageTables.lock(pteAddress);
        final boolean empty = Pte.isNone(TablePages.entryAcquire(pteAddress));
        if (empty) {
            PageRef.get(memMap.head(memMap.page(pfn)), 1);
            memMap.addPteMapcount(pfn, 1);
            TablePages.storeRelease(pteAddress, Pte.of(pfn, bits));
        }
        pageTables.unlock(pteAddress);
        return empty;
    }

    /** Maps the huge page that a page is part of; whether a huge leaf is there now. Models {@code do_set_pmd()}. */
    private static boolean mapHuge(
            final MmStruct mm, final VmArea vma, final long address, final long pfn, final boolean write) {
        final MemMap memMap = mm.memory().memMap();
        final long headPfn = memMap.pfn(memMap.head(memMap.page(pfn)));
        final long hugeAddress = address & -HPAGE_PMD_SIZE;
        if (memMap.compoundOrder(headPfn) != HPAGE_PMD_ORDER
                || hugeAddress < vma.start()
                || hugeAddress + HPAGE_PMD_SIZE > vma.end()
                || pfn - headPfn != (address - hugeAddress) >>> PAGE_SHIFT) {
            return false;
        }
        final PageTables pageTables = mm.pageTables();
        final long pmdAddress = pageTables.allocPmdEntry(address);
        if (pmdAddress == PageTables.NO_MEMORY || pmdAddress == PageTables.NO_TABLE) {
            return false;
        }
        final long pmd = TablePages.entryAcquire(pmdAddress);
        if (!Pte.isNone(pmd)) {
            return SplitHugePmd.isLeaf(pmd);
        }
        long bits = vma.protectionBits() | Pte.PSE;
        if (write) {
            bits = PageProtection.maybeWritable(bits | Pte.DIRTY, vma.flags());
        }
        pageTables.lock(pmdAddress);
        final boolean empty = Pte.isNone(TablePages.entryAcquire(pmdAddress));
        if (empty) {
            PageRef.get(memMap.page(headPfn), 1);
            memMap.addCompoundMapcount(headPfn, 1);
            TablePages.storeRelease(pmdAddress, Pte.of(headPfn, bits));
        }
        pageTables.unlock(pmdAddress);
        return SplitHugePmd.isLeaf(TablePages.entryAcquire(pmdAddress));
    }

    /**
     * Maps the cached pages around an address that faulted for a read, within its 64 KiB, its table and its mapping; whether
     * the address itself is mapped now. Models {@code do_fault_around()}.
     */
    static boolean mapAround(final Task task, final MmStruct mm, final VmArea vma, final long address) {
        final CachedFile file = FileFault.file(vma);
        final long page = address & PAGE_MASK;
        final long start = Math.max(address & -AROUND_BYTES, vma.start());
        final long end =
                Math.min(Math.min(start + AROUND_BYTES, vma.end()), (start & -HPAGE_PMD_SIZE) + HPAGE_PMD_SIZE);
        boolean mapped = false;
        for (long at = start; at < end; at += PAGE_SIZE) {
            final long index = vma.pageIndex(at);
            final long pfn = index < file.pages() ? file.lookup(index) : -1;
            if (pfn >= 0) {
                mapped |= mapCached(task, mm, vma, at, file, index, pfn) && at == page;
                if (mm.isHugeMapped(page)) {
                    return true;
                }
            }
        }
        return mapped;
    }

    /** Maps a page that the caller has a reference to, and gives that back; whether an entry is there now. */
    private static boolean mapCached(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final CachedFile file,
            final long index,
            final long pfn) {
        final MemMap memMap = mm.memory().memMap();
        final long head = memMap.head(memMap.page(pfn));
        boolean there = false;
        if (PageLock.tryLock(head)) {
            final int flags = PageDescriptor.flagsVolatile(head);
            if (file.isCached(index, pfn) && (flags & (PG_UPTODATE | PG_HWPOISON)) == PG_UPTODATE) {
                there = map(task, mm, vma, address, pfn, false) == 0;
            }
            PageLock.unlock(head);
        }
        memMap.put(task, head, 1);
        return there;
    }

    /**
     * Makes an entry writable and dirty if it is still what it was. Models {@code finish_mkwrite_fault()} and
     * {@code wp_page_reuse()}.
     */
    static boolean makeWritable(final MmStruct mm, final VmArea vma, final long pteAddress, final long pte) {
        final PageTables pageTables = mm.pageTables();
        pageTables.lock(pteAddress);
        final boolean same = TablePages.entryAcquire(pteAddress) == pte;
        if (same) {
            TablePages.storeRelease(
                    pteAddress, PageProtection.maybeWritable(pte | Pte.ACCESSED | Pte.DIRTY, vma.flags()));
        }
        pageTables.unlock(pteAddress);
        return same;
    }
}
