package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;
import static org.gup.flags.VmFlags.VM_EXEC;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.flags.VmFlags.VM_WRITE;
import static org.gup.pgtable.PageTableGeometry.PMD_LEVEL;

import org.gup.flags.VmFlags;
import org.gup.pgtable.Pte;
import org.gup.pgtable.PteLayout;

/**
 * From the permissions of a mapping to the bits of its entries. Models {@code protection_map} and {@code pte_modify()} of
 * x86-64.
 *
 * <p>A private mapping that may be written has read-only entries until a write fault has made its page private. Hardware has
 * neither write-only nor execute-only entries: both are readable.
 */
final class PageProtection {
    /** What a change of protection keeps of a PTE besides the frame. Models {@code _PAGE_CHG_MASK}. */
    private static final long CHANGE_KEEPS =
            Pte.PCD | Pte.PWT | Pte.SPECIAL | Pte.ACCESSED | Pte.DIRTY | Pte.SOFT_DIRTY;

    /** Bits of an entry that permits nothing, whatever its mapping says. Models {@code PAGE_NONE}. */
    static final long NONE = Pte.PROTNONE | Pte.ACCESSED;

    private PageProtection() {}

    /** Bits of a fresh entry, P to NX. Models {@code vm_get_page_prot()}. */
    static long bits(final long vmFlags) {
        final long pkey = (long) VmFlags.pkey(vmFlags) << Pte.PKEY_SHIFT;
        if (!isAccessible(vmFlags)) {
            return pkey | Pte.PROTNONE | Pte.ACCESSED;
        }
        long bits = pkey | Pte.PRESENT | Pte.USER | Pte.ACCESSED;
        if ((vmFlags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE)) {
            bits |= Pte.RW;
        }
        return (vmFlags & VM_EXEC) == 0 ? bits | Pte.NX : bits;
    }

    /** The entry under other permissions. Models {@code pte_modify()}, and {@code pmd_modify()} for a huge leaf. */
    static long change(final PteLayout layout, final long entry, final long bits, final boolean huge) {
        long keeps = CHANGE_KEEPS | layout.devmap() | layout.savedDirty() | layout.uffdWp();
        if (huge) {
            keeps |= Pte.PSE;
            return Pte.ofHuge(Pte.hugePfn(entry, PMD_LEVEL), (entry & keeps) | (bits & ~keeps), PMD_LEVEL);
        }
        return Pte.withBits(entry, (entry & keeps) | (bits & ~keeps));
    }

    /** Writable if the mapping may be written. Models {@code maybe_mkwrite()}. */
    static long maybeWritable(final long entry, final long vmFlags) {
        return (vmFlags & VM_WRITE) != 0 ? entry | Pte.RW : entry;
    }

    /** Whether any access is permitted. Models {@code vma_is_accessible()}. */
    static boolean isAccessible(final long vmFlags) {
        return (vmFlags & VM_ACCESS_FLAGS) != 0;
    }
}
