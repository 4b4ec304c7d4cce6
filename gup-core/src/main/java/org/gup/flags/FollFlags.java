package org.gup.flags;

import java.util.StringJoiner;

/** {@code FOLL_*} with the values of v5.2. Models {@code include/linux/mm.h}. */
public final class FollFlags {
    /** The entry must be writable; a fault is a write fault. */
    public static final int FOLL_WRITE = 0x1;
    /** Mark the page accessed, and dirty when writing. Added by every slow call. */
    public static final int FOLL_TOUCH = 0x2;
    /** Take a reference. Implied by a non-null array of pages. */
    public static final int FOLL_GET = 0x4;
    /** Give an error on a hole or the zero page instead of faulting. */
    public static final int FOLL_DUMP = 0x8;
    /** Override missing read or write permission of the mapping where that is allowed. */
    public static final int FOLL_FORCE = 0x10;
    /** Start I/O but do not wait for it. */
    public static final int FOLL_NOWAIT = 0x20;
    /** With FOLL_MLOCK: fault missing pages in. */
    public static final int FOLL_POPULATE = 0x40;
    /** Split a huge page before returning one of its base pages. */
    public static final int FOLL_SPLIT = 0x80;
    /** Report a poisoned page as -EHWPOISON rather than -EFAULT. */
    public static final int FOLL_HWPOISON = 0x100;
    /** Let NUMA hinting faults run. Set internally unless FOLL_FORCE is given. */
    public static final int FOLL_NUMA = 0x200;
    /** Wait for a migration entry inside the look-up. */
    public static final int FOLL_MIGRATION = 0x400;
    /** A retry after the lock was dropped. */
    public static final int FOLL_TRIED = 0x800;
    /** Lock present pages of a locked mapping. */
    public static final int FOLL_MLOCK = 0x1000;
    /** Work on another address space: protection keys do not apply. */
    public static final int FOLL_REMOTE = 0x2000;
    /** Internal: a write fault has broken copy-on-write in a mapping that is not writable. */
    public static final int FOLL_COW = 0x4000;
    /** Fail unless the mapping is anonymous. */
    public static final int FOLL_ANON = 0x8000;
    /** The pages will be held for an indefinite time. */
    public static final int FOLL_LONGTERM = 0x10000;

    private static final String[] NAMES = {
        "WRITE",
        "TOUCH",
        "GET",
        "DUMP",
        "FORCE",
        "NOWAIT",
        "POPULATE",
        "SPLIT",
        "HWPOISON",
        "NUMA",
        "MIGRATION",
        "TRIED",
        "MLOCK",
        "REMOTE",
        "COW",
        "ANON",
        "LONGTERM",
    };

    private FollFlags() {}

    /**
     * The flags in words.
     *
     * @param flags any combination
     * @return such as {@code FOLL_WRITE|FOLL_LONGTERM}; {@code 0} for none; unknown bits in hexadecimal
     */
    public static String describe(final int flags) {
        final StringJoiner words = new StringJoiner("|");
        int rest = flags;
        for (int bit = 0; bit < NAMES.length; bit++) {
            if ((rest & (1 << bit)) != 0) {
                words.add("FOLL_" + NAMES[bit]);
                rest &= ~(1 << bit);
            }
        }
        if (rest != 0) {
            words.add("0x" + Integer.toHexString(rest));
        }
        return flags == 0 ? "0" : words.toString();
    }
}
