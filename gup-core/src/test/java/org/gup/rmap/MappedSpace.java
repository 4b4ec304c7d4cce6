package org.gup.rmap;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_ANON;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;
import static org.gup.pgtable.PageTableGeometry.PTE_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.page.TableDeposit;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;
import org.gup.pgtable.TablePages;
import org.gup.pgtable.WalkRoot;
import org.gup.zone.PhysicalMemory;

/** An address space of one mapping of one owner, made by hand over real page tables. */
public final class MappedSpace implements RmapTarget {
    /** Present, for users, used, not to be executed. */
    public static final long READABLE = Pte.PRESENT | Pte.USER | Pte.ACCESSED | Pte.NX;
    /** The same, written to. */
    public static final long WRITTEN = READABLE | Pte.RW | Pte.DIRTY;

    private final MemMap memMap;
    private final TablePages tables;
    private final WalkRoot root;
    private final long owner;
    private final long start;
    private final long pages;
    private final long firstIndex;
    private long vmFlags = VmFlags.VM_READ | VmFlags.VM_WRITE;

    /**
     * Maps {@code pages} pages of an owner, from {@code firstIndex} on, at {@code start}.
     */
    public MappedSpace(
            final PhysicalMemory memory, final long owner, final long start, final long pages, final long firstIndex) {
        this.memMap = memory.memMap();
        this.tables = memory.tables();
        this.owner = owner;
        this.start = start;
        this.pages = pages;
        this.firstIndex = firstIndex;
        final long top = tables.allocate();
        this.root = new WalkRoot(PageTableGeometry.FOUR_LEVEL, PteLayout.V5_2, top, tables.address(top));
    }

    public void setVmFlags(final long flags) {
        vmFlags = flags;
    }

    @Override
    public WalkRoot walkRoot() {
        return root;
    }

    @Override
    public long firstMapped(final long anOwner, final long index, final long nrPages, final long from) {
        final long first = Math.max(Math.max(index, firstIndex), firstIndex + ((from - start) >> PAGE_SHIFT));
        final long last = Math.min(index + nrPages, firstIndex + pages);
        return anOwner == owner && first < last ? start + ((first - firstIndex) << PAGE_SHIFT) : -1;
    }

    @Override
    public long mappedEnd(final long address) {
        return start + (pages << PAGE_SHIFT);
    }

    @Override
    public long mappedIndex(final long anOwner, final long address) {
        return firstIndex + ((address - start) >> PAGE_SHIFT);
    }

    @Override
    public long vmFlags(final long address) {
        return vmFlags;
    }

    @Override
    public long protectionBits(final long address) {
        return READABLE;
    }

    /** Address of the entry of a level for an address, tables made where missing. */
    public long entryAddress(final long address, final int level) {
        long table = root.topTable();
        for (int current = root.geometry().levels(); current > level; current--) {
            final long entryAddress = TablePages.entryAddress(table, address, current);
            long entry = TablePages.entryAcquire(entryAddress);
            if (entry == 0) {
                entry = Pte.of(tables.allocate(), Pte.TABLE);
                TablePages.storeRelease(entryAddress, entry);
            }
            table = tables.child(entry);
        }
        return TablePages.entryAddress(table, address, level);
    }

    public long pte(final long address) {
        return TablePages.entryAcquire(entryAddress(address, PTE_LEVEL));
    }

    public long pmd(final long address) {
        return TablePages.entryAcquire(entryAddress(address, PMD_LEVEL));
    }

    public void setPte(final long address, final long entry) {
        TablePages.storeRelease(entryAddress(address, PTE_LEVEL), entry);
    }

    /** Maps one page by a PTE, with a reference of the mapping's own. */
    public void map(final long address, final long pfn, final long bits) {
        PageRef.get(memMap.head(memMap.page(pfn)), 1);
        memMap.addPteMapcount(pfn, 1);
        setPte(address, Pte.of(pfn, bits));
    }

    /** Maps a huge page by a PMD, with a reference of the mapping's own and a deposited table. */
    public void mapHuge(final long address, final long headPfn, final long bits) {
        PageRef.get(memMap.page(headPfn), 1);
        memMap.addCompoundMapcount(headPfn, 1);
        final long pmdAddress = entryAddress(address, PMD_LEVEL);
        TableDeposit.add(memMap, tables.pfn(pmdAddress), tables.allocate());
        TablePages.storeRelease(pmdAddress, Pte.ofHuge(headPfn, bits | Pte.PSE, PMD_LEVEL));
    }

    /** Says that a page is the owner's anonymous memory, at the index that an address has here. */
    public void identify(final long pfn, final long address) {
        PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, owner);
        PageDescriptor.coldLong(memMap.cold(pfn), INDEX_OFFSET, mappedIndex(owner, address));
        PageDescriptor.setFlags(memMap.page(pfn), PG_ANON | PG_SWAPBACKED | PG_UPTODATE);
    }
}
