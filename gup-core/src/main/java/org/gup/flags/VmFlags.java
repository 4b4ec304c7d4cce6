package org.gup.flags;

/** {@code VM_*}: permissions and kind of a mapping, in a {@code long}. Models {@code include/linux/mm.h}, v5.2. */
public final class VmFlags {
    /** May be read now. */
    public static final long VM_READ = 0x1;
    /** May be written now. */
    public static final long VM_WRITE = 0x2;
    /** May be executed now. */
    public static final long VM_EXEC = 0x4;
    /** Shared with other mappings of the same object. */
    public static final long VM_SHARED = 0x8;
    /** mprotect may add VM_READ. */
    public static final long VM_MAYREAD = 0x10;
    /** mprotect may add VM_WRITE. */
    public static final long VM_MAYWRITE = 0x20;
    /** mprotect may add VM_EXEC. */
    public static final long VM_MAYEXEC = 0x40;
    /** May be shared. */
    public static final long VM_MAYSHARE = 0x80;
    /** Grows towards lower addresses: a stack. */
    public static final long VM_GROWSDOWN = 0x100;
    /** userfaultfd: missing pages are reported. */
    public static final long VM_UFFD_MISSING = 0x200;
    /** Page frame numbers without {@code struct page}. */
    public static final long VM_PFNMAP = 0x400;
    /** userfaultfd: write protection is reported. */
    public static final long VM_UFFD_WP = 0x1000;
    /** Locked into memory. */
    public static final long VM_LOCKED = 0x2000;
    /** Memory-mapped I/O. */
    public static final long VM_IO = 0x4000;
    /** Not copied by fork. */
    public static final long VM_DONTCOPY = 0x20000;
    /** Does not grow and does not merge. */
    public static final long VM_DONTEXPAND = 0x40000;
    /** Lock pages when they fault, not before. */
    public static final long VM_LOCKONFAULT = 0x80000;
    /** Its pages are charged to the address space. */
    public static final long VM_ACCOUNT = 0x100000;
    /** Its pages are never charged. */
    public static final long VM_NORESERVE = 0x200000;
    /** A hugetlbfs mapping. */
    public static final long VM_HUGETLB = 0x400000;
    /** Written to since it was last looked at; does not count when mappings are compared. */
    public static final long VM_SOFTDIRTY = 0x08000000;
    /** Both {@code struct page} and bare frames. */
    public static final long VM_MIXEDMAP = 0x10000000;
    /** madvise(MADV_HUGEPAGE). */
    public static final long VM_HUGEPAGE = 0x20000000;
    /** madvise(MADV_NOHUGEPAGE). */
    public static final long VM_NOHUGEPAGE = 0x40000000;
    /** Bit position of the four bits of the protection key. */
    public static final int VM_PKEY_SHIFT = 32;
    /** The four bits of the protection key. */
    public static final long VM_PKEY_MASK = 0xfL << VM_PKEY_SHIFT;

    /** The permissions of now, as a unit. */
    public static final long VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;

    private VmFlags() {}

    /**
     * Whether a write makes a private copy. Models {@code is_cow_mapping()}.
     *
     * @param vmFlags flags of a mapping
     * @return true for a private mapping that may be written
     */
    public static boolean isCowMapping(final long vmFlags) {
        return (vmFlags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
    }

    /**
     * The protection key. Models {@code vma_pkey()}.
     *
     * @param vmFlags flags of a mapping
     * @return 0 to 15
     */
    public static int pkey(final long vmFlags) {
        return (int) ((vmFlags & VM_PKEY_MASK) >>> VM_PKEY_SHIFT);
    }
}
