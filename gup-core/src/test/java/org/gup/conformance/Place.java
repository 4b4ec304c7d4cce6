package org.gup.conformance;

import org.gup.mm.MmStruct;
import org.gup.mm.UserAccess;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;

/**
 * A range of an address space: where a call goes.
 *
 * @param scene whose
 * @param mm the address space
 * @param va first address
 * @param pages how many pages
 */
record Place(Stage scene, MmStruct mm, long va, long pages) {
    static final long PAGE = PageTableGeometry.PAGE_SIZE;

    /** Address of a page. */
    long va(final long index) {
        return va + index * PAGE;
    }

    /** Its size in bytes. */
    long bytes() {
        return pages * PAGE;
    }

    /** Part of it. */
    Place part(final long from, final long count) {
        return new Place(scene, mm, va(from), count);
    }

    /** One of its pages. */
    Place page(final long index) {
        return part(index, 1);
    }

    /** Writes a word into each page, and drains the pagevecs. */
    Place populate() {
        populateUndrained();
        scene.drain();
        return this;
    }

    /** Writes a word into each page. */
    Place populateUndrained() {
        for (int i = 0; i < pages; i++) {
            write(i, va(i));
        }
        return this;
    }

    /** Reads a word of each page, and drains the pagevecs. */
    Place readAll() {
        for (int i = 0; i < pages; i++) {
            read(i);
        }
        scene.drain();
        return this;
    }

    /** What a program does; its faults count for nobody. */
    void write(final long index, final long value) {
        UserAccess.store(scene.helper(), mm, va(index), value);
    }

    /** What a program does; its faults count for nobody. */
    long read(final long index) {
        return UserAccess.load(scene.helper(), mm, va(index));
    }

    /** Changes its permissions. */
    Place protect(final int prot) {
        Stage.ok(mm.mprotect(scene.helper(), va, bytes(), prot));
        return this;
    }

    /** The entry of a level for a page; 0 where a table above it is missing or is a leaf. */
    long entry(final long index, final int level) {
        final long address = entryAddress(index, level);
        return address == 0 ? 0 : TablePages.entryAcquire(address);
    }

    /** Address of the entry of a level for a page; 0 where a table above it is missing or is a leaf. */
    long entryAddress(final long index, final int level) {
        long table = mm.walkRoot().topTable();
        for (int at = mm.walkRoot().geometry().levels(); at > level; at--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, va(index), at));
            if (!Pte.isHardwarePresent(entry) || (at <= PageTableGeometry.PUD_LEVEL && Pte.isHuge(entry))) {
                return 0;
            }
            table = scene.memory().tables().child(entry);
        }
        return TablePages.entryAddress(table, va(index), level);
    }

    /** The last-level entry of a page. */
    long pte(final long index) {
        return entry(index, PageTableGeometry.PTE_LEVEL);
    }

    /** The entry of a page one level up. */
    long pmd(final long index) {
        return entry(index, PageTableGeometry.PMD_LEVEL);
    }

    /** Whether a huge leaf maps a page. */
    boolean isHuge(final long index) {
        final long pmd = pmd(index);
        return Pte.isPmdPresent(pmd) && Pte.isHuge(pmd);
    }

    /** The frame that a page is mapped to, -1 if none is. */
    long pfn(final long index) {
        if (isHuge(index)) {
            return Pte.hugePfn(pmd(index), PageTableGeometry.PMD_LEVEL)
                    + ((va(index) & (PageTableGeometry.HPAGE_PMD_SIZE - 1)) / PAGE);
        }
        final long pte = pte(index);
        return !Pte.isNone(pte) && Pte.isPresent(pte) ? Pte.pfn(pte) : -1;
    }

    /** The frames of all its pages. */
    long[] pfns() {
        final long[] pfns = new long[(int) pages];
        for (int i = 0; i < pages; i++) {
            pfns[i] = pfn(i);
        }
        return pfns;
    }
}
