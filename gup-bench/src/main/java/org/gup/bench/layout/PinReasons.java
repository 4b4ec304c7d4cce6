package org.gup.bench.layout;

import org.gup.flags.Errno;
import org.gup.flags.FollFlags;
import org.gup.flags.VmFlags;
import org.gup.stat.StopReason;

/** Words for why a page went the way it did. */
final class PinReasons {
    private PinReasons() {}

    /** Why the lock-free walk did not take a page. */
    static String of(final StopReason reason) {
        return switch (reason) {
            case NONE -> "entry present";
            case PGD_NONE, P4D_NONE, PUD_NONE, PMD_NONE -> "empty: no table yet";
            case PTE_NONE -> "empty: no page yet";
            case SWAP -> "in swap";
            case PROTNONE -> "access taken away from the entry";
            case SPLITTING -> "huge page being split";
            case READ_ONLY -> "read-only entry: to be copied, or to be announced to its file";
            case NOT_USER -> "not a user entry";
            case PKEY -> "protection key";
            case SPECIAL -> "zero page, or frame without struct page";
            case DEVMAP_LONGTERM -> "device page, longterm";
            case CMA_LONGTERM -> "contiguous memory, longterm";
            case PGMAP_DEAD -> "device is gone";
            case REFCOUNT_ZERO -> "being freed";
            case REFCOUNT_OVERFLOW -> "count of references has overflown";
            case ENTRY_CHANGED -> "entry changed meanwhile";
        };
    }

    /** Whether a page had to be made or brought in; hugetlbfs does not count that as a fault. */
    static boolean isEmpty(final StopReason reason) {
        return switch (reason) {
            case PGD_NONE, P4D_NONE, PUD_NONE, PMD_NONE, PTE_NONE, SWAP -> true;
            default -> false;
        };
    }

    /** Why nobody gets a page. */
    static String refused(final int errno, final long vmFlags, final int gupFlags) {
        if (errno == Errno.EOPNOTSUPP) {
            return "DAX file system, longterm";
        }
        if (errno == Errno.ENOMEM) {
            return "no memory for a fault";
        }
        if (errno != Errno.EFAULT) {
            return "-" + Errno.name(errno);
        }
        if ((vmFlags & (VmFlags.VM_IO | VmFlags.VM_PFNMAP)) != 0) {
            return "frames that a driver maps (VM_IO, VM_PFNMAP)";
        }
        if ((vmFlags & VmFlags.VM_ACCESS_FLAGS) == 0) {
            return "mapping without access (PROT_NONE)";
        }
        if ((gupFlags & FollFlags.FOLL_WRITE) != 0 && (vmFlags & VmFlags.VM_WRITE) == 0) {
            return "mapping is not writable";
        }
        if ((gupFlags & FollFlags.FOLL_WRITE) == 0 && (vmFlags & VmFlags.VM_READ) == 0) {
            return "mapping is not readable";
        }
        return "no struct page, or beyond what is known of the file (SIGBUS)";
    }
}
