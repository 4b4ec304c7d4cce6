package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.file.MappedFile;
import org.gup.pgtable.WalkRoot;
import org.gup.rmap.RmapTarget;

/** An address space as reverse mapping sees it. */
final class RmapView implements RmapTarget {
    private final MmParts parts;

    RmapView(final MmParts parts) {
        this.parts = parts;
    }

    @Override
    public WalkRoot walkRoot() {
        return parts.pageTables.root();
    }

    @Override
    public long firstMapped(final long owner, final long index, final long nrPages, final long from) {
        if (parts.mergedPages.isOwner(owner)) {
            return firstMerged(owner, from);
        }
        for (int i = parts.index.search(from); i < parts.index.size(); i++) {
            final VmArea vma = parts.index.get(i);
            if (isOf(vma, owner)) {
                final long address = firstIn(vma, index, nrPages, from);
                if (address >= 0) {
                    return address;
                }
            }
        }
        return -1;
    }

    private long firstMerged(final long owner, final long from) {
        long address = parts.mergedPages.firstListed(owner, from);
        while (address >= 0) {
            final VmArea vma = parts.index.find(address);
            if (vma != null && vma.contains(address)) {
                return address;
            }
            address = parts.mergedPages.firstListed(owner, address + 1);
        }
        return -1;
    }

    private static boolean isOf(final VmArea vma, final long owner) {
        final MappedFile file = vma.file();
        return vma.anonVma() == owner || (file != null && file.owner() == owner);
    }

    private static long firstIn(final VmArea vma, final long index, final long nrPages, final long from) {
        final long lowest = Math.max(vma.start(), from);
        final long first = Math.max(index, vma.pageIndex(lowest));
        final long address = vma.start() + ((first - vma.pgoff()) << PAGE_SHIFT);
        return first < index + nrPages && address < vma.end() ? address : -1;
    }

    @Override
    public long mappedEnd(final long address) {
        return vma(address).end();
    }

    @Override
    public long mappedIndex(final long owner, final long address) {
        return parts.mergedPages.isOwner(owner) ? 0 : vma(address).pageIndex(address);
    }

    @Override
    public long vmFlags(final long address) {
        return vma(address).flags();
    }

    @Override
    public long protectionBits(final long address) {
        return vma(address).protectionBits();
    }

    private VmArea vma(final long address) {
        return parts.index.get(parts.index.search(address));
    }
}
