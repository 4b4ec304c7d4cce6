package org.gup;

import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.FollFlags.FOLL_DUMP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_GET;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_REMOTE;
import static org.gup.flags.FollFlags.FOLL_TOUCH;
import static org.gup.flags.FollFlags.FOLL_WRITE;
import static org.gup.pgtable.PageTableGeometry.PAGE_MASK;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.List;
import org.gup.fast.FastWalker;
import org.gup.fast.LeafGuard;
import org.gup.kernel.FsDaxCheck;
import org.gup.kernel.KernelVersion;
import org.gup.longterm.LongtermPinner;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.pgtable.WalkRoot;
import org.gup.slow.FixupUserFault;
import org.gup.slow.SlowWalker;
import org.gup.stat.OnceWarnings;
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
 * <p><b>FOLL_LONGTERM</b> is obeyed by {@link #getUserPages} and, as far as the slow path goes, by {@link #getUserPagesFast}:
 * mappings of DAX file systems are refused, and pages in contiguous memory areas are moved out of them, if they can be moved.
 * {@link #getUserPagesLocked}, {@link #getUserPagesUnlocked} and {@link #getUserPagesRemote} refuse it with {@code -EINVAL}, and
 * one warning for each entry point. {@link #builder} chooses other kernels, in which all that differs, and configurations.
 *
 * <p><b>Exceptions.</b> What would be a bug in the kernel's caller is one here: {@link IllegalArgumentException} quotes the
 * value, {@link IllegalStateException} says what is closed or not held.
 *
 * <p><b>Threading.</b> One instance serves any number of threads, each with its own {@link Task}. Nothing is allocated on a
 * path that returns pages.
 */
public final class GetUserPages extends PageReferences {
    /** No page. */
    public static final long NO_PAGE = -1;

    private final PhysicalMemory memory;
    private final KernelVersion version;
    private final LeafGuard guard;
    private final FastWalker fastWalker;
    private final SlowCalls slowCalls;
    private final OnceWarnings warnings = new OnceWarnings();
    /** FOLL_LONGTERM where the kernel knows it; 0 where it ignores the bit. */
    private final int longtermFlag;
    /** Whether the flags of the fast call are flags; else any bit means write. */
    private final boolean fastTakesFlags;

    /**
     * The calls of v5.2 over one memory, with the fused guard.
     *
     * @param memory the memory
     */
    public GetUserPages(final PhysicalMemory memory) {
        this(builder(memory));
    }

    /**
     * The calls of v5.2 over one memory.
     *
     * @param memory the memory
     * @param guard the checks of the fast walk
     */
    public GetUserPages(final PhysicalMemory memory, final LeafGuard guard) {
        this(builder(memory).guard(guard));
    }

    GetUserPages(final GetUserPagesBuilder asked) {
        super(asked.memory);
        this.memory = asked.memory;
        this.version = asked.version;
        this.guard = asked.guard;
        this.fastWalker = new FastWalker(memory.memMap(), memory.tables(), memory.epoch(), memory.devPagemaps(), guard);
        final SlowWalker slowWalker = new SlowWalker(
                memory,
                version,
                warnings,
                asked.vsyscallPfn,
                asked.configFsDax && asked.fsDaxCheck == FsDaxCheck.BEFORE_WALK);
        this.slowCalls = new SlowCalls(
                memory,
                slowWalker,
                new LongtermPinner(
                        memory,
                        slowWalker,
                        warnings,
                        asked.configCma,
                        asked.configFsDax,
                        asked.unsignedMigrationResult && version.hasLongtermFlag(),
                        asked.migrationListener));
        this.longtermFlag = version.hasLongtermFlag() ? FOLL_LONGTERM : 0;
        this.fastTakesFlags = version.fastTakesFlags();
    }

    /**
     * Calls of another kernel or configuration.
     *
     * @param memory the memory
     * @return a builder with defaults: v5.2 with everything on
     */
    public static GetUserPagesBuilder builder(final PhysicalMemory memory) {
        return new GetUserPagesBuilder(memory);
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
        return version;
    }

    /**
     * Gets pages with {@code mmap_sem} held. Models {@code get_user_pages()}. The cases are tested in this order.
     *
     * <table>
     * <caption>Results</caption>
     * <tr><th>case</th><th>result</th></tr>
     * <tr><td>FOLL_LONGTERM without an array for pages</td><td>{@code -EINVAL}</td></tr>
     * <tr><td>FOLL_LONGTERM, more than 524288 pages, and no array for mappings</td>
     *     <td>{@code -ENOMEM} and one warning</td></tr>
     * <tr><td>{@code nrPages == 0}</td><td>0</td></tr>
     * <tr><td>no mapping, or one that does not permit the access; a fault that ends in SIGBUS; an entry without
     *     {@code struct page}, if pages are wanted; with FOLL_DUMP, a hole or a zero page</td><td>{@code -EFAULT}</td></tr>
     * <tr><td>a poisoned page</td><td>{@code -EFAULT}; {@code -EHWPOISON} with FOLL_HWPOISON</td></tr>
     * <tr><td>no memory for a fault; a page whose count is 0 or overflown</td><td>{@code -ENOMEM}</td></tr>
     * <tr><td>FOLL_SPLIT and a huge page that somebody else holds</td><td>{@code -EBUSY}</td></tr>
     * <tr><td>SIGKILL pending</td><td>{@code -ERESTARTSYS}; {@code -EFAULT} in hugetlbfs</td></tr>
     * <tr><td>FOLL_NOWAIT and the fault would wait</td><td>0</td></tr>
     * <tr><td>any of these after the first page</td><td>pages before it</td></tr>
     * <tr><td>FOLL_LONGTERM and one of these pages is in a mapping of a DAX file system</td>
     *     <td>{@code -EOPNOTSUPP}, all given back; see {@link GetUserPagesBuilder#fsDaxCheck}</td></tr>
     * <tr><td>FOLL_LONGTERM and some of these pages are in contiguous memory, on the LRU</td>
     *     <td>all given back, these moved, and what a second pin of all gives: fewer pages, or an error; a page that cannot be
     *     moved is pinned where it is</td></tr>
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
     * @throws org.gup.longterm.UnsignedResultException see {@link GetUserPagesBuilder#unsignedMigrationResult}
     */
    public long getUserPages(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        if ((gupFlags & longtermFlag) != 0) {
            return slowCalls.longterm(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, 0, vmas);
        }
        Arguments.check(memory, mm, nrPages, pages, vmas);
        return slowCalls.held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, vmas, null);
    }

    /**
     * Gets pages that may be held for long. Models {@code get_user_pages_longterm()} of v5.1, which became
     * {@link #getUserPages} with FOLL_LONGTERM: the results are the same.
     *
     * @param task who asks
     * @param mm the address space; the caller holds its mmap_sem, and still does afterwards
     * @param start first address; rounded down to its page
     * @param nrPages pages
     * @param gupFlags {@code FOLL_*}; FOLL_TOUCH and FOLL_GET are added
     * @param pages receives pfns
     * @param vmas receives the mapping of each page; null if not wanted
     * @return pages, or a negated errno
     * @throws UnsupportedOperationException if the kernel has no such call
     */
    public long getUserPagesLongterm(
            final Task task,
            final MmStruct mm,
            final long start,
            final long nrPages,
            final int gupFlags,
            final long @Nullable [] pages,
            final @Nullable VmArea @Nullable [] vmas) {
        if (longtermFlag != 0) {
            throw new UnsupportedOperationException(
                    "get_user_pages_longterm() went with v5.1: this is " + version.release());
        }
        return slowCalls.longterm(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, 0, vmas);
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
        if ((gupFlags & longtermFlag) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_LOCKED, "get_user_pages_locked");
        }
        Arguments.check(memory, mm, nrPages, pages, null);
        return slowCalls.held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH, pages, null, locked);
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
        if ((gupFlags & longtermFlag) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_UNLOCKED, "get_user_pages_unlocked");
        }
        Arguments.check(memory, mm, nrPages, pages, null);
        return slowCalls.unlocked(task, mm, start, nrPages, pages, 0, gupFlags | FOLL_TOUCH);
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
        if ((gupFlags & longtermFlag) != 0) {
            return refuseLongterm(task, OnceWarnings.Site.GET_USER_PAGES_REMOTE, "get_user_pages_remote");
        }
        Arguments.check(memory, mm, nrPages, pages, vmas);
        return slowCalls.held(task, mm, start, nrPages, gupFlags | FOLL_TOUCH | FOLL_REMOTE, pages, vmas, locked);
    }

    /**
     * Gets pages without a lock as far as that goes, and the rest through the slow path. Models
     * {@code get_user_pages_fast()}. Flags are not validated in v5.2: the fast walk looks at FOLL_WRITE and FOLL_LONGTERM,
     * the slow path at all of them. Before v5.2 they are {@code write}: any bit means FOLL_WRITE.
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
     * <tr><td>FOLL_LONGTERM</td><td>what the walk gathers stays where it is, in contiguous memory too; it gathers no device
     *     pages. The rest is done as by {@link #getUserPages}, without FOLL_TOUCH</td></tr>
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
        if (!Arguments.accessOk(root, first, nrPages)) {
            return -EFAULT;
        }
        Arguments.checkFast(memory, mm, nrPages, pages);
        final int flags = fastTakesFlags ? gupFlags : writeFlag(gupFlags);
        final int fast = fastWalker.walk(task, root, first, nrPages, flags, pages);
        if (fast == nrPages) {
            return fast;
        }
        warnOfOverflow(task);
        return fast + slowLeg(task, mm, first, nrPages, flags, pages, fast);
    }

    /** Before v5.2 the fast call takes {@code write}, which any bit sets. */
    private static int writeFlag(final int write) {
        return write != 0 ? FOLL_WRITE : 0;
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
            slow = slowCalls.longtermUnlocked(task, mm, rest, nrPages - fast, gupFlags, pages, fast);
        } else {
            slow = slowCalls.unlocked(task, mm, rest, nrPages - fast, pages, fast, gupFlags | FOLL_TOUCH);
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
        if (nrPages <= 0 || !Arguments.accessOk(root, first, nrPages)) {
            return 0;
        }
        Arguments.checkFast(memory, mm, nrPages, pages);
        final int fast = fastWalker.walk(task, root, first, nrPages, write ? FOLL_WRITE : 0, pages);
        warnOfOverflow(task);
        return fast;
    }

    /** Models the WARN_ON_ONCE of {@code try_get_compound_head()}. */
    private void warnOfOverflow(final Task task) {
        if (task.walkState().stop() == StopReason.REFCOUNT_OVERFLOW) {
            warnings.warn(task.counters(), OnceWarnings.Site.GUP_PGD_RANGE, "the count of a page is negative");
        }
    }

    /**
     * Looks one page up, without a fault. Models {@code follow_page()}. mmap_sem is held.
     *
     * @param task who asks
     * @param mm the address space
     * @param address any address
     * @param follFlags {@code FOLL_*}; without FOLL_GET no reference is taken
     * @return a pfn; {@link #NO_PAGE} if there is none that the flags permit; a negated errno: -EFAULT for FOLL_DUMP and for
     *     an entry without {@code struct page}, -EEXIST for one without FOLL_GET, -ENOMEM, -EBUSY for FOLL_SPLIT
     */
    public long followPage(final Task task, final MmStruct mm, final long address, final int follFlags) {
        memory.epoch().enterCall(task);
        try {
            Arguments.checkMmapSem(mm);
            final VmArea vma = mm.findVma(address);
            return vma == null || !vma.contains(address)
                    ? NO_PAGE
                    : slowCalls.walker().followPage(task, mm, vma, address, follFlags);
        } finally {
            memory.epoch().exitCall(task);
        }
    }

    /**
     * Gets the page to be written into a core dump. Models {@code get_dump_page()}.
     *
     * <p>Differs: takes mmap_sem; the kernel of v5.2 relies on every other thread being dead.
     *
     * @param task who asks
     * @param mm the address space; mmap_sem is not held
     * @param address any address
     * @return a pfn with a reference; {@link #NO_PAGE} for a hole, or what would only read as zeroes
     */
    public long getDumpPage(final Task task, final MmStruct mm, final long address) {
        mm.mmapReadLock(task);
        try {
            final long[] page = task.pageScratch();
            final int flags = FOLL_FORCE | FOLL_DUMP | FOLL_GET;
            final long got = slowCalls.walker().getUserPages(task, mm, address, 1, flags, page, 0, null, null);
            return got < 1 ? NO_PAGE : page[0];
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    /**
     * Makes one fault, where the mapping permits the access. Models {@code fixup_user_fault()}. mmap_sem is held for reading,
     * and still is afterwards.
     *
     * @param task who faults
     * @param mm the address space
     * @param address any address
     * @param faultFlags {@code VmFault.FAULT_FLAG_*}
     * @param unlocked null: mmap_sem is kept. Otherwise one element, set to 1 if mmap_sem was dropped and taken again
     * @return 0, or a negated errno: -EFAULT or -ENOMEM
     */
    public int fixupUserFault(
            final Task task,
            final MmStruct mm,
            final long address,
            final int faultFlags,
            final int @Nullable [] unlocked) {
        memory.epoch().enterCall(task);
        try {
            Arguments.checkMmapSem(mm);
            return FixupUserFault.fixup(task, mm, address, faultFlags, unlocked);
        } finally {
            memory.epoch().exitCall(task);
        }
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

    /** For {@link MmPopulate}. */
    SlowCalls slowCalls() {
        return slowCalls;
    }

    private int refuseLongterm(final Task task, final OnceWarnings.Site site, final String call) {
        warnings.warn(task.counters(), site, call + "() does not take FOLL_LONGTERM");
        return -EINVAL;
    }
}
