package org.gup;

import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_REMOTE;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.List;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.kernel.KernelVersion;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.pgtable.WalkRoot;
import org.gup.slow.SlowWalker;
import org.gup.stat.Counter;
import org.gup.stat.StopReason;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The get_user_pages family: from a range of user addresses to page frame numbers, a reference taken on each page. Models the
 * entry points of mm/gup.c, v5.2.
 *
 * <p><b>Results.</b> A call returns how many pages it got, at most {@code nrPages}, or a negated {@link org.gup.flags.Errno}
 * if it got none. {@code pages[0]} to {@code pages[result - 1]} are then pfns with one reference each, to be given back with
 * {@link #putPages}; what is in the rest of the array means nothing. An error on a later page is hidden by the pages before
 * it; a second call from that page on shows it.
 *
 * <p><b>FOLL_LONGTERM</b> is refused with {@code -EINVAL}, and one warning for each entry point, by
 * {@link #getUserPagesLocked}, {@link #getUserPagesUnlocked} and {@link #getUserPagesRemote}. The other two accept it and
 * behave as on a kernel without CONFIG_CMA and CONFIG_FS_DAX: no page leaves a contiguous memory area and no mapping is a
 * file system's DAX file; the fast walk leaves device pages to the slow path.
 *
 * <p><b>Exceptions.</b> What would be a bug in the kernel's caller is one here: {@link IllegalArgumentException} quotes the
 * value, {@link IllegalStateException} says what is closed or not held.
 *
 * <p><b>Threading.</b> One instance serves any number of threads, each with its own {@link Task}. Nothing is allocated on a
 * path that returns pages.
 */
public final class GetUserPages {
    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final LeafGuard guard;
    private final FastWalker fastWalker;
    private final SlowWalker slowWalker;
    private final OnceWarnings warnings = new OnceWarnings();

    /**
     * The calls over one memory, with the fused guard of v5.2.
     *
     * @param memory the memory
     */
    public GetUserPages(final PhysicalMemory memory) {
        this(memory, LeafGuard.fused());
    }

    /**
     * The calls over one memory.
     *
     * @param memory the memory
     * @param guard the checks of the fast walk
     */
    public GetUserPages(final PhysicalMemory memory, final LeafGuard guard) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.guard = guard;
        this.fastWalker = new FastWalker(memMap, memory.tables(), memory.epoch(), memory.devPagemaps(), guard);
        this.slowWalker = new SlowWalker(memory);
    }

    /**
     * The memory that the calls work on.
     *
     * @return the memory
     */
    public PhysicalMemory memory() {
        return memory;
    }

    /**
     * The checks of the fast walk.
     *
     * @return the guard
     */
    public LeafGuard guard() {
        return guard;
    }

    /**
     * The kernel whose behaviour is followed.
     *
     * @return the version
     */
    public KernelVersion kernelVersion() {
        return KernelVersion.V5_2;
    }

    /**
     * Gets pages with {@code mmap_sem} held. Models {@code get_user_pages()}.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>{@code nrPages == 0}</td><td>0</td></tr>
     * <tr><td>no mapping, or one that does not permit the access</td><td>{@code -EFAULT}</td></tr>
     * <tr><td>no memory for a fault; a page whose count is 0 or overflown</td><td>{@code -ENOMEM}</td></tr>
     * <tr><td>SIGKILL pending</td><td>{@code -ERESTARTSYS}</td></tr>
     * <tr><td>FOLL_NOWAIT and the fault would wait</td><td>0</td></tr>
     * <tr><td>any of these after the first page</td><td>pages before it</td></tr>
     * <tr><td>otherwise</td><td>{@code nrPages}</td></tr>
     * </table>
     *
     * @param task who asks
     * @param mm the address space; the caller holds its mmap_sem, and still does afterwards
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_TOUCH is added, and FOLL_GET if there is an array of pages
     * @param pages receives pfns; null faults pages in and takes no references
     * @param vmas receives the mapping of each page, valid while mmap_sem is held; null if not wanted
     * @return pages, or a negated errno
     */
    public long getUserPages(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        checkArguments(mm, nrPages, pages, vmas);
        return held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, vmas, null);
    }

    /**
     * Gets pages with {@code mmap_sem} held, which may be dropped on the way. Models {@code get_user_pages_locked()}.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>FOLL_LONGTERM, whatever else</td><td>{@code -EINVAL} and one warning; mmap_sem still held</td></tr>
     * <tr><td>a fault that drops mmap_sem</td><td>goes on after it; {@code locked[0] == 0} in the end</td></tr>
     * <tr><td>otherwise</td><td>as {@link #getUserPages}</td></tr>
     * </table>
     *
     * @param task who asks
     * @param mm the address space; the caller holds its mmap_sem for reading
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_TOUCH is added
     * @param pages receives pfns; null faults pages in and takes no references
     * @param locked one element, 1 on entry; on return 1 if mmap_sem is still held and 0 if not
     * @return pages, or a negated errno
     */
    public long getUserPagesLocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final int[] locked) {
        if ((gupFlags & FOLL_LONGTERM) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_LOCKED, "get_user_pages_locked");
        }
        checkArguments(mm, nrPages, pages, null);
        return held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, null, locked);
    }

    /**
     * Gets pages, taking {@code mmap_sem} itself. Models {@code get_user_pages_unlocked()}.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>FOLL_LONGTERM, whatever else</td><td>{@code -EINVAL} and one warning; mmap_sem is not taken</td></tr>
     * <tr><td>otherwise</td><td>as {@link #getUserPages}</td></tr>
     * </table>
     *
     * @param task who asks
     * @param mm the address space; the caller does not hold its mmap_sem
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param pages receives pfns; null faults pages in and takes no references
     * @param gupFlags {@code FOLL_*}; FOLL_TOUCH is added
     * @return pages, or a negated errno
     */
    public long getUserPagesUnlocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final long @Nullable [] pages,
            final int gupFlags) {
        if ((gupFlags & FOLL_LONGTERM) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_UNLOCKED, "get_user_pages_unlocked");
        }
        checkArguments(mm, nrPages, pages, null);
        return unlocked(task, mm, start, nrPages, pages, 0, gupFlags | FOLL_TOUCH);
    }

    /**
     * Gets pages of another address space. Models {@code get_user_pages_remote()}: protection keys do not apply.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>FOLL_LONGTERM, whatever else</td><td>{@code -EINVAL} and one warning</td></tr>
     * <tr><td>otherwise</td><td>as {@link #getUserPages}, or as {@link #getUserPagesLocked} with {@code locked}</td></tr>
     * </table>
     *
     * @param task who asks, and whose fault counters count
     * @param mm the address space; the caller holds its mmap_sem for reading
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_TOUCH and FOLL_REMOTE are added
     * @param pages receives pfns; null faults pages in and takes no references
     * @param vmas receives the mapping of each page; null if not wanted; excludes {@code locked}
     * @param locked null, or as for {@link #getUserPagesLocked}
     * @return pages, or a negated errno
     */
    public long getUserPagesRemote(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        if ((gupFlags & FOLL_LONGTERM) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_REMOTE, "get_user_pages_remote");
        }
        checkArguments(mm, nrPages, pages, vmas);
        return held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH | FOLL_REMOTE, pages, vmas, locked);
    }

    /**
     * Gets pages without a lock as far as that goes, and the rest through the slow path. Models
     * {@code get_user_pages_fast()}. Flags are not validated in v5.2: the fast walk looks at FOLL_WRITE and FOLL_LONGTERM,
     * the slow path at all of them.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>{@code nrPages <= 0}</td><td>0</td></tr>
     * <tr><td>the range wraps, or ends above the task's addresses</td><td>{@code -EFAULT}, nothing taken</td></tr>
     * <tr><td>all pages gathered by the walk</td><td>{@code nrPages}</td></tr>
     * <tr><td>n &gt; 0 gathered, and the slow path gives an error for the rest</td><td>n</td></tr>
     * <tr><td>n gathered, m from the slow path</td><td>n + m</td></tr>
     * <tr><td>none gathered</td><td>what the slow path says</td></tr>
     * </table>
     *
     * @param task who asks
     * @param mm the task's address space; its mmap_sem is not held
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}
     * @param pages receives pfns; at least {@code nrPages} long
     * @return pages, or a negated errno
     */
    public int getUserPagesFast(
            final Task task,
            final MmStruct mm,
            final long start,
            final int nrPages,
            final int gupFlags,
            final long[] pages) {
        if (nrPages <= 0) {
            return 0;
        }
        final long first = start & PAGE_MASK;
        final WalkRoot root = mm.walkRoot();
        if (!accessOk(root, first, nrPages)) {
            return -EFAULT;
        }
        checkArguments(mm, nrPages, pages, null);
        final int fast = fastWalker.walk(task, root, first, nrPages, gupFlags, pages);
        return fast == nrPages ? fast : fast + slowLeg(task, mm, first, nrPages, gupFlags, pages, fast);
    }

    /** Everything from the first page not gathered to the end. An error counts only when nothing was gathered before. */
    private int slowLeg(
            final Task task,
            final MmStruct mm,
            final long first,
            final int nrPages,
            final int gupFlags,
            final long[] pages,
            final int fast) {
        final long rest = first + ((long) fast << PAGE_SHIFT);
        final long slow;
        if ((gupFlags & FOLL_LONGTERM) != 0) {
            slow = longtermLocked(task, mm, rest, nrPages - fast, gupFlags, pages, fast);
        } else {
            slow = unlocked(task, mm, rest, nrPages - fast, pages, fast, gupFlags | FOLL_TOUCH);
        }
        return fast > 0 && slow < 0 ? 0 : (int) slow;
    }

    /**
     * Gets pages without a lock, and no more than that goes. Models {@code __get_user_pages_fast()}. May be called where
     * sleeping is not allowed.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>{@code nrPages <= 0}, the range wraps or ends above the task's addresses</td><td>0</td></tr>
     * <tr><td>otherwise</td><td>pages up to the first that the walk cannot take; {@link #lastStop} says why</td></tr>
     * </table>
     *
     * @param task who asks
     * @param mm the task's address space
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param write whether the entries must be writable
     * @param pages receives pfns; at least {@code nrPages} long
     * @return pages, never negative
     */
    public int getUserPagesFastOnly(
            final Task task,
            final MmStruct mm,
            final long start,
            final int nrPages,
            final boolean write,
            final long[] pages) {
        final long first = start & PAGE_MASK;
        final WalkRoot root = mm.walkRoot();
        if (nrPages <= 0 || !accessOk(root, first, nrPages)) {
            return 0;
        }
        checkArguments(mm, nrPages, pages, null);
        return fastWalker.walk(task, root, first, nrPages, write ? FOLL_WRITE : 0, pages);
    }

    /**
     * Why a task's last fast walk ended.
     *
     * @param task the task
     * @return the reason; {@link StopReason#NONE} if it gathered everything
     */
    public static StopReason lastStop(final Task task) {
        return task.walkState().stop();
    }

    /**
     * Gives one reference back. Models {@code put_page()}.
     *
     * @param task who gives it back
     * @param pfn a page from {@code pages}
     * @throws IllegalArgumentException if there is no such page
     * @throws IllegalStateException if the page has no reference
     */
    public void putPage(final Task task, final long pfn) {
        memory.epoch().enterCall(task);
        try {
            put(task, pfn, 1);
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Gives a call's pages back, one reference each.
     *
     * @param task who gives them back
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     */
    public void putPages(final Task task, final long[] pages, final int nrPages) {
        putPages(task, pages, nrPages, 1);
    }

    /**
     * Gives several references back on each page. Models {@code page_ref_sub_and_test()} in a loop.
     *
     * @param task who gives them back
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     * @param references how many on each, positive
     */
    public void putPages(final Task task, final long[] pages, final int nrPages, final int references) {
        checkReferences(pages, nrPages, references);
        memory.epoch().enterCall(task);
        try {
            for (int i = 0; i < nrPages; i++) {
                put(task, pages[i], references);
            }
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Takes more references on pages that the caller holds already. Models {@code page_ref_add()}.
     *
     * @param task who takes them
     * @param pages pfns
     * @param nrPages how many of them, from index 0
     * @param references how many on each, positive
     */
    public void getPages(final Task task, final long[] pages, final int nrPages, final int references) {
        checkReferences(pages, nrPages, references);
        memory.epoch().enterCall(task);
        try {
            for (int i = 0; i < nrPages; i++) {
                PageRef.get(memMap.head(memMap.page(checkedPfn(pages[i]))), references);
            }
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * The warnings given since the last reset, at most one for each entry point.
     *
     * @return their texts
     */
    public List<String> warnings() {
        return warnings.given();
    }

    /** Forgets the warnings given: each entry point may warn once more. */
    public void resetWarnings() {
        warnings.reset();
    }

    private int refuseLongterm(final Task task, final OnceWarnings.Site site, final String call) {
        warnings.warn(task, site, call + "() does not take FOLL_LONGTERM");
        return -EINVAL;
    }

    /** The slow path for a caller that holds mmap_sem. */
    private long held(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas,
            final int @Nullable [] locked) {
        memory.epoch().enterCall(task);
        try {
            checkMmapSem(mm);
            return countSlow(
                    task, slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, 0, vmas, locked));
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    private long unlocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final long @Nullable [] pages,
            final int offset,
            final int gupFlags) {
        final int[] locked = task.lockedScratch();
        locked[0] = 1;
        mm.mmapReadLock(task);
        try {
            return countSlow(
                    task,
                    slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, offset, null, locked));
        } finally {
            if (locked[0] == 1) {
                mm.mmapReadUnlock(task);
            }
        }
    }

    /** The slow leg of a fast longterm call: mmap_sem is kept, and FOLL_TOUCH is not added. */
    private long longtermLocked(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long[] pages,
            final int offset) {
        mm.mmapReadLock(task);
        try {
            return countSlow(
                    task, slowWalker.getUserPagesLocked(task, mm, start, nrPages, gupFlags, pages, offset, null, null));
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    private static long countSlow(final Task task, final long result) {
        task.counters().add(Counter.SLOW_CALLS, 1);
        if (result > 0) {
            task.counters().add(Counter.SLOW_PAGES, result);
        }
        return result;
    }

    private void put(final Task task, final long pfn, final int references) {
        memMap.put(task, memMap.page(checkedPfn(pfn)), references);
        task.counters().add(Counter.PAGES_PUT, references);
    }

    private long checkedPfn(final long pfn) {
        if (!memMap.pfnValid(pfn)) {
            throw new IllegalArgumentException("no such page: pfn=" + pfn + ", nrPages=" + memMap.nrPages());
        }
        return pfn;
    }

    /**
     * Models {@code access_ok()}: the range neither wraps nor ends above the task's addresses. A range that passes is also
     * one that {@code gup_fast_permitted()} lets the walk enter.
     */
    private static boolean accessOk(final WalkRoot root, final long start, final int nrPages) {
        final long end = start + ((long) nrPages << PAGE_SHIFT);
        return Long.compareUnsigned(end, start) >= 0
                && Long.compareUnsigned(end, root.geometry().taskSize()) <= 0;
    }

    private void checkArguments(
            final MmStruct mm,
            final long nrPages,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        if (mm.memory() != memory) {
            throw new IllegalArgumentException("the address space belongs to another memory");
        }
        if (nrPages < 0) {
            throw new IllegalArgumentException("nrPages must not be negative: nrPages=" + nrPages);
        }
        if (pages != null && nrPages > pages.length) {
            throw new IllegalArgumentException(
                    "nrPages exceeds pages.length: nrPages=" + nrPages + ", length=" + pages.length);
        }
        if (vmas != null && nrPages > vmas.length) {
            throw new IllegalArgumentException(
                    "nrPages exceeds vmas.length: nrPages=" + nrPages + ", length=" + vmas.length);
        }
    }

    private static void checkMmapSem(final MmStruct mm) {
        if (!mm.isMmapLocked()) {
            throw new IllegalStateException("mmap_sem must be held");
        }
    }

    private static void checkReferences(final long[] pages, final int nrPages, final int references) {
        if (nrPages < 0 || nrPages > pages.length) {
            throw new IllegalArgumentException("nrPages out of range: nrPages=" + nrPages + ", length=" + pages.length);
        }
        if (references < 1) {
            throw new IllegalArgumentException("references must be positive: references=" + references);
        }
    }
}
