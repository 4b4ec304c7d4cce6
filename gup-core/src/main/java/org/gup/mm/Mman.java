package org.gup.mm;

/** {@code PROT_*}, {@code MAP_*} and {@code MADV_*} of x86-64. Models {@code include/uapi/asm-generic/mman*.h}. */
public final class Mman {
    /** No access. */
    public static final int PROT_NONE = 0x0;
    /** Pages can be read. */
    public static final int PROT_READ = 0x1;
    /** Pages can be written. */
    public static final int PROT_WRITE = 0x2;
    /** Pages can be executed. */
    public static final int PROT_EXEC = 0x4;
    /** mprotect: extend the change to the start of a mapping that grows down. */
    public static final int PROT_GROWSDOWN = 0x01000000;
    /** mprotect: extend the change to the end of a mapping that grows up; x86-64 has none. */
    public static final int PROT_GROWSUP = 0x02000000;

    /** Changes are shared. */
    public static final int MAP_SHARED = 0x01;
    /** Changes are private. */
    public static final int MAP_PRIVATE = 0x02;
    /** As MAP_SHARED, with unknown flags refused. */
    public static final int MAP_SHARED_VALIDATE = 0x03;
    /** The bits of which exactly one kind must be chosen. */
    public static final int MAP_TYPE = 0x0f;
    /** Use the address as it is; what is mapped there goes. */
    public static final int MAP_FIXED = 0x10;
    /** No file. */
    public static final int MAP_ANONYMOUS = 0x20;
    /** The mapping grows towards lower addresses: a stack. */
    public static final int MAP_GROWSDOWN = 0x0100;
    /** Lock the pages. */
    public static final int MAP_LOCKED = 0x2000;
    /** Do not account for swap space. */
    public static final int MAP_NORESERVE = 0x4000;
    /** Fault the pages in. Left to the caller: populating is get_user_pages itself. */
    public static final int MAP_POPULATE = 0x8000;
    /** Meant for a thread's stack; no effect. */
    public static final int MAP_STACK = 0x20000;
    /** Huge pages of hugetlbfs. */
    public static final int MAP_HUGETLB = 0x40000;
    /** As MAP_FIXED, but fails with -EEXIST where something is mapped. */
    public static final int MAP_FIXED_NOREPLACE = 0x100000;

    /** Drop the pages now; what is read afterwards is zero. */
    public static final int MADV_DONTNEED = 4;
    /** Use transparent huge pages. */
    public static final int MADV_HUGEPAGE = 14;
    /** Do not use transparent huge pages. */
    public static final int MADV_NOHUGEPAGE = 15;

    /** Treat the page as faulty. */
    public static final int MADV_HWPOISON = 100;

    /** mremap: the mapping may move. */
    public static final int MREMAP_MAYMOVE = 1;
    /** mremap: move to the address given; what is mapped there goes. */
    public static final int MREMAP_FIXED = 2;

    private Mman() {}
}
