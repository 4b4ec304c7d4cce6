package org.gup.mm;

import static org.gup.flags.VmFlags.VM_ACCESS_FLAGS;

import org.gup.flags.VmFlags;
import org.gup.task.Task;

/**
 * Which protection key a mapping gets when nobody names one: memory that may only be executed gets a key of its own, which the
 * task is denied. Models {@code execute_only_pkey()} and {@code __arch_override_mprotect_pkey()}, arch/x86/mm/pkeys.c, v5.2.
 *
 * <p>Differs: keys are not allocated; one that was never named in this address space counts as free.
 *
 * <p>Threading: mmap_sem held for write.
 */
final class ProtectionKeys {
    private static final int KEYS = 16;
    private static final int NONE = -1;

    private boolean supported = true;
    private int named = 1;
    private int executeOnly = NONE;

    void setSupported(final boolean supported) {
        this.supported = supported;
    }

    /** The key of a new mapping. */
    int forMapping(final Task task, final int prot) {
        return prot == Mman.PROT_EXEC ? Math.max(0, executeOnlyKey(task)) : 0;
    }

    /** The key of a mapping whose permissions change; -1 if the caller names none. */
    int forProtect(final Task task, final VmArea vma, final int prot, final int pkey) {
        if (pkey >= 0) {
            named |= 1 << pkey;
            return pkey;
        }
        if (prot == Mman.PROT_EXEC) {
            final int key = executeOnlyKey(task);
            if (key > 0) {
                return key;
            }
        } else if ((vma.flags() & VM_ACCESS_FLAGS) == VmFlags.VM_EXEC && VmFlags.pkey(vma.flags()) == executeOnly) {
            return 0;
        }
        return VmFlags.pkey(vma.flags());
    }

    private int executeOnlyKey(final Task task) {
        if (!supported) {
            return NONE;
        }
        if (executeOnly == NONE) {
            final int free = Integer.numberOfTrailingZeros(~named);
            if (free >= KEYS) {
                return NONE;
            }
            executeOnly = free;
            named |= 1 << free;
        }
        if (!task.pkruDenies(executeOnly, false)) {
            task.setPkru(task.pkru() | 1 << (2 * executeOnly));
        }
        return executeOnly;
    }

    /** A child of fork has the keys of its parent. */
    void copyFrom(final ProtectionKeys parent) {
        supported = parent.supported;
        named = parent.named;
        executeOnly = parent.executeOnly;
    }
}
