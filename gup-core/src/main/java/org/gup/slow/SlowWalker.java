package org.gup.slow;

import static org.gup.flags.Errno.EBUSY;
import static org.gup.flags.Errno.EEXIST;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.ENOENT;
import static org.gup.flags.Errno.ENOMEM;
import static org.gup.flags.Errno.EOPNOTSUPP;
import static org.gup.flags.Errno.ERESTARTSYS;
import static org.gup.flags.FollFlags.FOLL_ANON;
import static org.gup.flags.FollFlags.FOLL_COW;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_GET;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_MLOCK;
import static org.gup.flags.FollFlags.FOLL_NOWAIT;
import static org.gup.flags.FollFlags.FOLL_NUMA;
import static org.gup.flags.FollFlags.FOLL_POPULATE;
import static org.gup.flags.FollFlags.FOLL_REMOTE;
import static org.gup.flags.FollFlags.FOLL_TRIED;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_REMOTE;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_TRIED;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.pgtable.PageTableGeometry.HPAGE_PMD_NR;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;
import static org.gup.pgtable.PageTableGeometry.PAGE_SIZE;

import org.gup.flags.VmFault;
import org.gup.flags.VmFlags;
import org.gup.kernel.KernelVersion;
import org.gup.mm.GateArea;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.stat.Counter;
import org.gup.stat.OnceWarnings;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The slow walk: page by page, with faults. Models {@code __get_user_pages()} and {@code __get_user_pages_locked()},
 * mm/gup.c, v5.2.
 *
 * <p>Assumptions: the caller holds the address space's {@code mmap_sem}, and has entered the model. Guarantees: a result
 * n &gt; 0 means that pages {@code 0..n-1} are present and, if an array was given, referenced; an error says that there was
 * none. Progress: blocking.
 *
 * <p>Differs: the gate area has one page, and no entry of its own.
 *
 * <p>Threading: stateless. Allocates nothing.
 */
public final class SlowWalker {
    private final MemMap memMap;
    private final FollowPage followPage;
    private final FollowHugetlb followHugetlb;
    private final boolean retriesWithoutPages;
    private final boolean refusesFsDax;
    private final long vsyscallPfn;

    /**
     * A walker over one model's memory.
     *
     * @param memory the memory
     * @param version the kernel
     * @param warnings where to warn
     * @param vsyscallPfn the page of the gate area; -1 for none
     * @param refusesFsDax whether FOLL_LONGTERM keeps it out of mappings of DAX file systems, as from v5.11 on
     */
    public SlowWalker(
            final PhysicalMemory memory,
            final KernelVersion version,
            final OnceWarnings warnings,
            final long vsyscallPfn,
            final boolean refusesFsDax) {
        this.memMap = memory.memMap();
        this.followPage = new FollowPage(memory, warnings);
        this.followHugetlb = new FollowHugetlb(memory);
        this.retriesWithoutPages = version.retriesWithoutPages();
        this.vsyscallPfn = vsyscallPfn;
        this.refusesFsDax = refusesFsDax;
    }

    /**
     * Whether pages of a longterm walk are known to lie outside DAX file systems.
     *
     * @return false if the caller has to look
     */
    public boolean refusesFsDax() {
        return refusesFsDax;
    }

    /**
     * Looks one page up, without a fault. Models {@code follow_page()}.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param vma the mapping around the address
     * @param address the address
     * @param follFlags {@code FOLL_*}
     * @return a pfn, or -1 for none, or another negated errno
     */
    public long followPage(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int follFlags) {
        final long found = followPage.followPageMask(task, mm, vma, address, follFlags);
        return found == FollowPage.NO_PAGE ? -1 : found >= 0 ? found & ~FollowPage.HUGE : found;
    }

    /**
     * Gets pages, dropping mmap_sem for a while if a fault asks for that and {@code locked} allows it. Models
     * {@code __get_user_pages_locked()}.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held for reading, or for writing if {@code locked} is null
     * @param start first address; need not be aligned
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_GET is added when there is an array of pages
     * @param pages receives pfns; null takes no references
     * @param offset index of the first page in both arrays
     * @param vmas receives the mapping of each page; null if not wanted
     * @param locked null: mmap_sem is kept. Otherwise {@code locked[0]} is 1 on entry, and on return says whether
     *     mmap_sem is still held
     * @return pages, or a negated errno if there were none
     * @throws IllegalArgumentException where the kernel has a BUG: {@code locked} with {@code vmas}, {@code locked[0]}
     *     other than 1, FOLL_GET without an array
     */
    public long getUserPagesLocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        if (locked != null && vmas != null) {
            throw new IllegalArgumentException("locked and vmas exclude each other");
        }
        if (locked != null && locked[0] != 1) {
            throw new IllegalArgumentException("locked must be 1 on entry: locked=" + locked[0]);
        }
        final int flags = pages == null ? gupFlags : gupFlags | FOLL_GET;
        if (locked == null) {
            return getUserPages(task, mm, start, nrPages, flags, pages, offset, vmas, null);
        }
        long done = 0;
        boolean lockDropped = false;
        while (true) {
            final long got = getUserPages(
                    task,
                    mm,
                    start + (done << PAGE_SHIFT),
                    nrPages - done,
                    flags,
                    pages,
                    (int) (offset + done),
                    null,
                    locked);
            if (locked[0] == 1) {
                // Finished, or an error or FOLL_NOWAIT that did not lose the lock.
                if (got >= 0) {
                    done += got;
                } else if (done == 0) {
                    done = got;
                }
                break;
            }
            if (pages == null && !retriesWithoutPages) {
                return got;
            }
            // VM_FAULT_RETRY: the lock is gone. Take it again and fault that one page in, this time to the end.
            done += got;
            lockDropped = true;
            mm.mmapReadLock(task);
            locked[0] = 1;
            final long one = getUserPages(
                    task,
                    mm,
                    start + (done << PAGE_SHIFT),
                    1,
                    flags | FOLL_TRIED,
                    pages,
                    (int) (offset + done),
                    null,
                    null);
            if (one != 1) {
                if (done == 0) {
                    done = one;
                }
                break;
            }
            done++;
            if (done == nrPages) {
                break;
            }
        }
        if (lockDropped && locked[0] == 1) {
            mm.mmapReadUnlock(task);
            locked[0] = 0;
        }
        return done;
    }

    /**
     * Gets pages in one go, up to the first fault that drops mmap_sem. Models {@code __get_user_pages()}.
     *
     * @param task who asks
     * @param mm the address space; its mmap_sem is held
     * @param start first address; need not be aligned
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_GET if and only if there is an array of pages
     * @param pages receives pfns; null takes no references
     * @param offset index of the first page in both arrays
     * @param vmas receives the mapping of each page; null if not wanted
     * @param locked null: mmap_sem is kept. Otherwise {@code locked[0]} becomes 0 if a fault has dropped it
     * @return pages, or a negated errno if there were none; 0 if the first fault dropped mmap_sem or would have to wait
     * @throws IllegalArgumentException if FOLL_GET and the array do not go together
     */
    public long getUserPages(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final int offset,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        task.counters().add(Counter.SLOW_INNER_CALLS, 1);
        task.innerCalls().add(offset, nrPages, locked != null);
        if (nrPages == 0) {
            return 0;
        }
        if ((pages != null) != ((gupFlags & FOLL_GET) != 0)) {
            throw new IllegalArgumentException("FOLL_GET without an array of pages");
        }
        // A NUMA hint is honoured unless the caller forces its way: then it must not fault in a PROT_NONE mapping.
        final int baseFlags = (gupFlags & FOLL_FORCE) != 0 ? gupFlags : gupFlags | FOLL_NUMA;
        long address = start & -PAGE_SIZE;
        long done = 0;
        VmArea vma = null;
        while (done < nrPages) {
            if (vma == null || Long.compareUnsigned(address, vma.end()) >= 0) {
                vma = mm.findExtendVma(task, address);
                if (vma == null && vsyscallPfn >= 0 && GateArea.area().contains(address)) {
                    final int error = takeGatePage(gupFlags, pages, (int) (offset + done));
                    if (error != 0) {
                        return done > 0 ? done : error;
                    }
                    vma = GateArea.area();
                    if (vmas != null) {
                        vmas[(int) (offset + done)] = vma;
                    }
                    done++;
                    address += PAGE_SIZE;
                    continue;
                }
                final int refused = vma == null ? -EFAULT : checkVmaFlags(task, vma, gupFlags);
                if (vma == null || refused != 0) {
                    return done > 0 ? done : refused;
                }
                if ((vma.flags() & VmFlags.VM_HUGETLB) != 0) {
                    final long wanted = Math.min(nrPages - done, (vma.end() - address) >>> PAGE_SHIFT);
                    final long got = followHugetlb.follow(
                            task, mm, vma, address, wanted, gupFlags, pages, (int) (offset + done), vmas, locked);
                    if (got < wanted) {
                        return got >= 0 ? done + got : done > 0 ? done : got;
                    }
                    done += got;
                    address = vma.end();
                    continue;
                }
            }
            int follFlags = baseFlags;
            long found;
            while (true) {
                if (task.fatalSignalPending()) {
                    return done > 0 ? done : -ERESTARTSYS;
                }
                found = followPage.followPageMask(task, mm, vma, address, follFlags);
                if (found != FollowPage.NO_PAGE) {
                    break;
                }
                final int outcome = faultInPage(task, mm, vma, address, follFlags, locked);
                if (outcome == FAULTED_COW) {
                    follFlags |= FOLL_COW;
                } else if (outcome == -EBUSY) {
                    return done;
                } else if (outcome == -ENOENT) {
                    break;
                } else if (outcome != FAULTED) {
                    return done > 0 ? done : outcome;
                }
            }
            long step = 1;
            if (found >= 0) {
                if (pages != null) {
                    pages[(int) (offset + done)] = found & ~FollowPage.HUGE;
                }
                if (pages == null && vmas == null && (found & FollowPage.HUGE) != 0) {
                    // Nothing to store for each page: count the rest of the huge page at once.
                    step = HPAGE_PMD_NR - ((address >>> PAGE_SHIFT) & (HPAGE_PMD_NR - 1));
                    step = Math.min(step, nrPages - done);
                }
            } else if (found != FollowPage.NO_PAGE && found != -EEXIST) {
                return done > 0 ? done : found;
            }
            if (vmas != null) {
                vmas[(int) (offset + done)] = vma;
            }
            done += step;
            address += step << PAGE_SHIFT;
        }
        return done;
    }

    private static final int FAULTED = 0;
    private static final int FAULTED_COW = 1;

    /**
     * Models {@code faultin_page()}.
     *
     * @return {@link #FAULTED}, {@link #FAULTED_COW}, or a negated errno: -EBUSY to stop without error, -ENOENT to skip
     */
    private static int faultInPage(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final int flags,
            final int @Nullable [] locked) {
        if ((flags & (FOLL_MLOCK | FOLL_POPULATE)) == FOLL_MLOCK) {
            return -ENOENT;
        }
        final int faultFlags = faultFlags(flags, locked != null);
        final int result = mm.handleMmFault(task, vma, address, faultFlags);
        if ((result & VM_FAULT_ERROR) != 0) {
            return knownErrno(result, flags);
        }
        task.counters().add((result & VmFault.VM_FAULT_MAJOR) != 0 ? Counter.GUP_MAJFLT : Counter.GUP_MINFLT, 1);
        if ((result & VM_FAULT_RETRY) != 0) {
            if (locked != null && (faultFlags & FAULT_FLAG_RETRY_NOWAIT) == 0) {
                locked[0] = 0;
            }
            return -EBUSY;
        }
        // Copy-on-write is broken in a mapping that is not writable: the next look may take the read-only entry.
        return (result & VM_FAULT_WRITE) != 0 && (vma.flags() & VmFlags.VM_WRITE) == 0 ? FAULTED_COW : FAULTED;
    }

    /** The errno of a fault that failed. An error that has none is a BUG in the kernel. */
    static int knownErrno(final int vmFault, final int flags) {
        final int error = VmFault.toErrno(vmFault, flags);
        if (error == 0) {
            throw new IllegalStateException(
                    "fault gave an error without a meaning: VM_FAULT_* = 0x" + Integer.toHexString(vmFault));
        }
        return error;
    }

    /** What a call asks of the faults that it makes. */
    static int faultFlags(final int flags, final boolean mayDropLock) {
        int faultFlags = 0;
        if ((flags & FOLL_WRITE) != 0) {
            faultFlags |= FAULT_FLAG_WRITE;
        }
        if ((flags & FOLL_REMOTE) != 0) {
            faultFlags |= FAULT_FLAG_REMOTE;
        }
        if (mayDropLock) {
            faultFlags |= FAULT_FLAG_ALLOW_RETRY;
        }
        if ((flags & FOLL_NOWAIT) != 0) {
            faultFlags |= FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT;
        }
        if ((flags & FOLL_TRIED) != 0) {
            faultFlags |= FAULT_FLAG_TRIED;
        }
        return faultFlags;
    }

    /** Models {@code get_gate_page()}. */
    private int takeGatePage(final int gupFlags, final long @Nullable [] pages, final int index) {
        if ((gupFlags & FOLL_WRITE) != 0) {
            return -EFAULT;
        }
        if (pages != null) {
            if (!PageRef.tryGet(memMap.head(memMap.page(vsyscallPfn)), 1)) {
                return -ENOMEM;
            }
            pages[index] = vsyscallPfn;
        }
        return 0;
    }

    /**
     * Models {@code check_vma_flags()}; every refusal is -EFAULT in v5.2.
     *
     * @return 0, or a negated errno
     */
    private int checkVmaFlags(final Task task, final VmArea vma, final int gupFlags) {
        final long vmFlags = vma.flags();
        final boolean write = (gupFlags & FOLL_WRITE) != 0;
        final boolean force = (gupFlags & FOLL_FORCE) != 0;
        if ((vmFlags & (VmFlags.VM_IO | VmFlags.VM_PFNMAP)) != 0) {
            return -EFAULT;
        }
        if ((gupFlags & FOLL_ANON) != 0 && !vma.isAnonymous()) {
            return -EFAULT;
        }
        if (refusesFsDax && (gupFlags & FOLL_LONGTERM) != 0 && vma.isFsDax()) {
            return -EOPNOTSUPP;
        }
        if (write) {
            if ((vmFlags & VmFlags.VM_WRITE) == 0 && !(force && VmFlags.isCowMapping(vmFlags))) {
                return -EFAULT;
            }
        } else if ((vmFlags & VmFlags.VM_READ) == 0 && !(force && (vmFlags & VmFlags.VM_MAYREAD) != 0)) {
            return -EFAULT;
        }
        return (gupFlags & FOLL_REMOTE) != 0 || !task.pkruDenies(VmFlags.pkey(vmFlags), write) ? 0 : -EFAULT;
    }
}
