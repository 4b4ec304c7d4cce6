package org.gup.mm;

import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import org.gup.file.MappedFile;
import org.gup.pgtable.Pte;
import org.jspecify.annotations.Nullable;

/**
 * One mapping of an address space. Models {@code struct vm_area_struct}.
 *
 * <p>Differs: a mapping that changes is replaced by another object, so one that a caller still holds after mmap_sem was
 * released stays what it was.
 *
 * <p>Threading: immutable but for the anon identity, which is set once, from 0, under the address space's spin lock.
 */
public final class VmArea {
    private final long start;
    private final long end;
    private final long flags;
    private final long pgoff;
    private final @Nullable VmOperations ops;
    private final @Nullable MappedFile file;
    private volatile long anonVma;

    VmArea(
            final long start,
            final long end,
            final long flags,
            final long pgoff,
            final @Nullable VmOperations ops,
            final @Nullable MappedFile file,
            final long anonVma) {
        this.file = file;
        this.start = start;
        this.end = end;
        this.flags = flags;
        this.pgoff = pgoff;
        this.ops = ops;
        this.anonVma = anonVma;
    }

    /**
     * First address. Models {@code vm_start}.
     *
     * @return bytes, page-aligned
     */
    public long start() {
        return start;
    }

    /**
     * One past the last address. Models {@code vm_end}.
     *
     * @return bytes, page-aligned
     */
    public long end() {
        return end;
    }

    /**
     * Permissions and kind. Models {@code vm_flags}.
     *
     * @return {@code VmFlags.VM_*}
     */
    public long flags() {
        return flags;
    }

    /**
     * Position of the first page in what is mapped, in pages; for anonymous memory that was not moved, the page number of
     * its address. Models {@code vm_pgoff}.
     *
     * @return pages
     */
    public long pgoff() {
        return pgoff;
    }

    /**
     * What serves its faults.
     *
     * @return the operations, or null for anonymous memory
     */
    public @Nullable VmOperations ops() {
        return ops;
    }

    /**
     * What it maps. Models {@code vm_file}.
     *
     * @return the file, or null for anonymous memory
     */
    public @Nullable MappedFile file() {
        return file;
    }

    /**
     * Whether it maps a file of a DAX file system. Models {@code vma_is_fsdax()}.
     *
     * @return true if a long-term pin is refused
     */
    public boolean isFsDax() {
        return file != null && file.isFsDax();
    }

    /** The bits of a fresh entry of the mapping, P to NX. Models {@code vm_page_prot}. */
    long protectionBits() {
        final long bits = PageProtection.bits(flags);
        return file != null && file.wantsWriteNotify() ? bits & ~Pte.RW : bits;
    }

    /**
     * Whether it is anonymous memory. Models {@code vma_is_anonymous()}.
     *
     * @return true without operations
     */
    public boolean isAnonymous() {
        return ops == null;
    }

    /**
     * Its size. Models {@code vma_pages()}.
     *
     * @return pages
     */
    public long nrPages() {
        return (end - start) >>> PAGE_SHIFT;
    }

    /**
     * Whether an address is inside.
     *
     * @param address any address
     * @return true if it is
     */
    public boolean contains(final long address) {
        return address >= start && address < end;
    }

    /**
     * Whose anonymous pages it holds: mappings with different identities do not merge. Models {@code vma->anon_vma}.
     *
     * @return an identity, or 0 before the first fault that needs one
     */
    long anonVma() {
        return anonVma;
    }

    /** Sets the identity, once. Under the address space's spin lock. */
    void setAnonVma(final long identity) {
        anonVma = identity;
    }

    /** The page's position in what is mapped. Models {@code linear_page_index()}. */
    long pageIndex(final long address) {
        return pgoff + ((address - start) >>> PAGE_SHIFT);
    }

    /** The same mapping with other bounds. */
    VmArea withBounds(final long newStart, final long newEnd) {
        return withBounds(newStart, newEnd, anonVma);
    }

    VmArea withBounds(final long newStart, final long newEnd, final long identity) {
        return new VmArea(newStart, newEnd, flags, pgoff + ((newStart - start) >> PAGE_SHIFT), ops, file, identity);
    }

    VmArea withFlags(final long newFlags) {
        return new VmArea(start, end, newFlags, pgoff, ops, file, anonVma);
    }

    @Override
    public String toString() {
        return Long.toHexString(start) + "-" + Long.toHexString(end) + " flags=0x" + Long.toHexString(flags)
                + " pgoff=0x" + Long.toHexString(pgoff);
    }
}
