package org.gup.flags;

/** Flags and results of a page fault. Models {@code FAULT_FLAG_*} and {@code enum vm_fault_reason}, v5.2. */
public final class VmFault {
    /** The access is a write. */
    public static final int FAULT_FLAG_WRITE = 0x1;
    /** The entry is present and read-only: make it writable. */
    public static final int FAULT_FLAG_MKWRITE = 0x2;
    /** The handler may release mmap_sem and ask for a retry. */
    public static final int FAULT_FLAG_ALLOW_RETRY = 0x4;
    /** With ALLOW_RETRY: start the work, do not wait, keep mmap_sem. */
    public static final int FAULT_FLAG_RETRY_NOWAIT = 0x8;
    /** Waiting may be ended by SIGKILL. */
    public static final int FAULT_FLAG_KILLABLE = 0x10;
    /** Second try. */
    public static final int FAULT_FLAG_TRIED = 0x20;
    /** From user mode. */
    public static final int FAULT_FLAG_USER = 0x40;
    /** On another address space: protection keys do not apply. */
    public static final int FAULT_FLAG_REMOTE = 0x80;
    /** An instruction fetch. */
    public static final int FAULT_FLAG_INSTRUCTION = 0x100;

    /** No memory. */
    public static final int VM_FAULT_OOM = 0x1;
    /** Bad access. */
    public static final int VM_FAULT_SIGBUS = 0x2;
    /** Needed I/O. */
    public static final int VM_FAULT_MAJOR = 0x4;
    /** A write fault has made its page writable or copied it. */
    public static final int VM_FAULT_WRITE = 0x8;
    /** Poisoned base page. */
    public static final int VM_FAULT_HWPOISON = 0x10;
    /** Poisoned huge page. */
    public static final int VM_FAULT_HWPOISON_LARGE = 0x20;
    /** Access not permitted. */
    public static final int VM_FAULT_SIGSEGV = 0x40;
    /** The handler has installed the entry itself. */
    public static final int VM_FAULT_NOPAGE = 0x100;
    /** The page is returned locked. */
    public static final int VM_FAULT_LOCKED = 0x200;
    /** mmap_sem may have been released: look up again. */
    public static final int VM_FAULT_RETRY = 0x400;
    /** A huge fault could not be served: go on with base pages. */
    public static final int VM_FAULT_FALLBACK = 0x800;

    /** Every result that is an error. */
    public static final int VM_FAULT_ERROR = VM_FAULT_OOM
            | VM_FAULT_SIGBUS
            | VM_FAULT_SIGSEGV
            | VM_FAULT_HWPOISON
            | VM_FAULT_HWPOISON_LARGE
            | VM_FAULT_FALLBACK;

    private VmFault() {}

    /**
     * The error of a fault result. Models {@code vm_fault_to_errno()}.
     *
     * @param vmFault result bits
     * @param follFlags {@code FOLL_*} of the call; FOLL_HWPOISON selects -EHWPOISON
     * @return a negated {@link Errno}, or 0 when no known error bit is set
     */
    public static int toErrno(final int vmFault, final int follFlags) {
        if ((vmFault & VM_FAULT_OOM) != 0) {
            return -Errno.ENOMEM;
        }
        if ((vmFault & (VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE)) != 0) {
            return (follFlags & FollFlags.FOLL_HWPOISON) != 0 ? -Errno.EHWPOISON : -Errno.EFAULT;
        }
        if ((vmFault & (VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)) != 0) {
            return -Errno.EFAULT;
        }
        return 0;
    }
}
