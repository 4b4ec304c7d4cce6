package org.gup.bench.agree.call;

import static org.gup.bench.agree.scene.Stage.PAGE;
import static org.gup.flags.Errno.EFAULT;
import static org.gup.flags.Errno.EINVAL;
import static org.gup.flags.Errno.EOPNOTSUPP;
import static org.gup.flags.FollFlags.FOLL_FORCE;
import static org.gup.flags.FollFlags.FOLL_LONGTERM;
import static org.gup.flags.FollFlags.FOLL_WRITE;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.gup.GetUserPages;
import org.gup.MmPopulate;
import org.gup.bench.agree.scene.Stage;
import org.gup.file.HugetlbFile;
import org.gup.mm.MmStruct;
import org.gup.mm.VmArea;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.task.Task;
import org.gup.zone.Zone;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's users of get_user_pages, each as the calls that it makes on 5.2: the stock benchmark, io_uring's fixed
 * buffers, vmsplice, process_vm_readv and writev, /proc/self/mem, direct I/O of ext4, and mlock.
 */
final class Users {
    private static final int PIPE_PAGES = 256;
    private static final int SPLICE_BATCH = 16;
    private static final int DIRECT_BATCH = 64;
    /** The recording's driver read and wrote no more at a time. */
    private static final int DIRECT_PAGES = 512;

    private static final int PROCESS_VM_BATCH = 1024;
    /** The recording's driver had a buffer of so many pages of its own. */
    private static final int LOCAL_PAGES = 520;

    /** io_uring takes no more, so the recording's driver asked for no more. */
    private static final long LARGEST_BUFFER = 1L << 30;

    private static final int SECTOR = 512;
    /** What /proc/self/mem answers; get_user_pages itself never does. */
    private static final int EIO = 5;

    private final Stage stage;
    private final List<Long> held;
    private final Map<String, String> notes;
    private final GetUserPages gup;
    private final Task task;
    private final MmStruct mm;
    private final long start;
    private final long nr;
    private final boolean write;
    private final long length;

    Users(final Stage stage, final List<Long> held, final Map<String, String> notes, final long start, final long nr) {
        this.stage = stage;
        this.held = held;
        this.notes = notes;
        this.gup = stage.gup();
        this.task = stage.task();
        this.mm = stage.mm();
        this.start = start;
        this.nr = nr;
        this.write = stage.recorded().flags().contains("WRITE");
        this.length = bytes();
    }

    /** Bytes that a system call is given. Two of the odd arguments have a length of their own in the recording. */
    private long bytes() {
        return switch (stage.recorded().setup()) {
            case "arg_nr_minus1" -> 0;
            case "arg_nr_intmin" -> 4 * PAGE;
            case "arg_unaligned_last" -> 1;
            default -> nr * PAGE;
        };
    }

    long make() {
        return switch (stage.recorded().call()) {
            case "gup_benchmark:GUP_FAST_BENCHMARK" ->
                benchmark((at, pages, pfns) -> gup.getUserPagesFast(task, mm, at, pages, writeFlag(), pfns));
            case "gup_benchmark:GUP_LONGTERM_BENCHMARK" ->
                benchmark((at, pages, pfns) -> slow(at, pages, writeFlag() | FOLL_LONGTERM, pfns, null));
            case "gup_benchmark:GUP_BENCHMARK" ->
                benchmark((at, pages, pfns) -> slow(at, pages, writeFlag(), pfns, null));
            case "io_uring_register_buffers" -> registerBuffers();
            case "vmsplice" -> vmsplice();
            case "process_vm_readv" -> processVm(0);
            case "process_vm_writev" -> processVm(FOLL_WRITE);
            case "proc_self_mem_read" -> processMemory(FOLL_FORCE);
            case "proc_self_mem_write" -> processMemory(FOLL_FORCE | FOLL_WRITE);
            case "o_direct_write_from_buf" -> directIo(0);
            case "o_direct_read_into_buf" -> directIo(FOLL_WRITE);
            case "mlock" -> new MmPopulate(gup).mlock(task, mm, start & -PAGE, lockedBytes());
            case "mlock2_onfault" -> new MmPopulate(gup).mlockOnFault(task, mm, start & -PAGE, lockedBytes());
            default ->
                throw new IllegalArgumentException(
                        "no such call: " + stage.recorded().call());
        };
    }

    private int writeFlag() {
        return write ? FOLL_WRITE : 0;
    }

    /** The recording's driver locked whole pages. */
    private long lockedBytes() {
        return stage.recorded().setup().equals("arg_nr_minus1") ? 0 : nr * PAGE;
    }

    @FunctionalInterface
    private interface Getting {
        long get(long at, int pages, long[] pfns);
    }

    private long slow(
            final long at,
            final int pages,
            final int flags,
            final long[] pfns,
            final @Nullable VmArea @Nullable [] vmas) {
        mm.mmapReadLock(task);
        try {
            return gup.getUserPages(task, mm, at, pages, flags, pfns, vmas);
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    /** One call for the whole range; the size that comes back is how far the loop has got. */
    private long benchmark(final Getting getting) {
        final int pages = Math.toIntExact(nr);
        final long[] pfns = new long[Math.max(0, pages)];
        final long got = pages <= 0 ? 0 : getting.get(start, pages, pfns);
        if (got > 0) {
            gup.putPages(task, pfns, (int) got);
        }
        notes.put("size_out", String.valueOf(got > 0 ? nr * PAGE : 0));
        return 0;
    }

    private long registerBuffers() {
        final long bytes = Math.min(nr * PAGE, LARGEST_BUFFER);
        if (nr <= 0) {
            return -EFAULT;
        }
        final int pages = (int) ((start + bytes + PAGE - 1) / PAGE - start / PAGE);
        final long[] pfns = new long[pages];
        final @Nullable VmArea[] vmas = new VmArea[pages];
        final long got = slow(start, pages, FOLL_WRITE | FOLL_LONGTERM, pfns, vmas);
        long result = got == pages ? 0 : got < 0 ? got : -EFAULT;
        if (got == pages && Arrays.stream(vmas).anyMatch(Users::isRefused)) {
            result = -EOPNOTSUPP;
        }
        if (result == 0) {
            Arrays.stream(pfns).forEach(held::add);
        } else if (got > 0) {
            gup.putPages(task, pfns, (int) got);
        }
        return result;
    }

    private static boolean isRefused(final @Nullable VmArea vma) {
        return vma != null && vma.file() != null && !(vma.file() instanceof HugetlbFile);
    }

    private long vmsplice() {
        long done = 0;
        while (done < length) {
            final long at = start + done;
            final long left = Math.min(length - done, SPLICE_BATCH * PAGE - at % PAGE);
            final int pages = (int) ((at % PAGE + left + PAGE - 1) / PAGE);
            final long[] pfns = new long[pages];
            final int got = gup.getUserPagesFast(task, mm, at, pages, 0, pfns);
            if (got <= 0) {
                return done > 0 ? done : got;
            }
            if (held.size() + got > PIPE_PAGES) {
                // The pipe is full, which the kernel learns when it adds pages to it.
                gup.putPages(task, pfns, got);
                return done;
            }
            Arrays.stream(pfns).limit(got).forEach(held::add);
            done += got == pages ? left : got * PAGE - at % PAGE;
            if (got < pages) {
                return done;
            }
        }
        return done;
    }

    private long processVm(final int flags) {
        final long wanted = Math.min(length, LOCAL_PAGES * PAGE);
        long done = 0;
        while (done < wanted) {
            final long at = start + done;
            final long left = length - done;
            final int pages = (int) Math.min(PROCESS_VM_BATCH, (at % PAGE + left + PAGE - 1) / PAGE);
            final long[] pfns = new long[pages];
            final int[] locked = {1};
            mm.mmapReadLock(task);
            final long got = gup.getUserPagesRemote(task, mm, at, pages, flags, pfns, null, locked);
            if (locked[0] == 1) {
                mm.mmapReadUnlock(task);
            }
            if (got <= 0) {
                return done > 0 ? done : -EFAULT;
            }
            final long copied = Math.min(Math.min(got * PAGE - at % PAGE, left), wanted - done);
            give(pfns, (int) got, flags != 0 ? (int) ((at % PAGE + copied + PAGE - 1) / PAGE) : 0);
            done += copied;
        }
        return done;
    }

    /** Marks some pages dirty and gives all back. */
    private void give(final long[] pfns, final int pages, final int dirty) {
        for (int i = 0; i < pages; i++) {
            if (i < dirty) {
                setDirty(pfns[i]);
            }
            gup.putPage(task, pfns[i]);
        }
    }

    /** Models {@code set_page_dirty()}, of which a device's pages know nothing. */
    private void setDirty(final long pfn) {
        final MemMap memMap = stage.memory().memMap();
        if (memMap.pageblocks().zone(pfn) == Zone.DEVICE) {
            return;
        }
        PageDescriptor.setFlags(memMap.head(memMap.page(pfn)), PageDescriptor.PG_DIRTY);
    }

    private long processMemory(final int flags) {
        if (length == 0) {
            return 0;
        }
        if (start < 0) {
            return -EINVAL;
        }
        final long wanted = Math.min(length, LOCAL_PAGES * PAGE);
        long done = 0;
        while (done < wanted) {
            final long at = start + done;
            final long[] pfns = new long[1];
            mm.mmapReadLock(task);
            final long got = gup.getUserPagesRemote(task, mm, at, 1, flags, pfns, null, null);
            mm.mmapReadUnlock(task);
            if (got <= 0) {
                return done > 0 ? done : -EIO;
            }
            give(pfns, 1, (flags & FOLL_WRITE) != 0 ? 1 : 0);
            done += Math.min(PAGE - at % PAGE, wanted - done);
        }
        return done;
    }

    /** Direct I/O of whole sectors; what is read into pages makes base pages dirty. */
    private long directIo(final int flags) {
        if ((start | length) % SECTOR != 0) {
            return -EINVAL;
        }
        final long wanted = Math.min(length, DIRECT_PAGES * PAGE);
        long done = 0;
        while (done < wanted) {
            final int pages = (int) Math.min(DIRECT_BATCH, (wanted - done) / PAGE);
            final long[] pfns = new long[pages];
            final int got = gup.getUserPagesFast(task, mm, start + done, pages, flags, pfns);
            if (got <= 0) {
                return flags != 0 && done > 0 ? done : got;
            }
            for (int i = 0; i < got; i++) {
                if (flags != 0 && !isCompound(pfns[i])) {
                    setDirty(pfns[i]);
                }
                gup.putPage(task, pfns[i]);
            }
            done += got * PAGE;
        }
        return done;
    }

    private boolean isCompound(final long pfn) {
        final MemMap memMap = stage.memory().memMap();
        return memMap.compoundOrder(memMap.pfn(memMap.head(memMap.page(pfn)))) > 0;
    }
}
