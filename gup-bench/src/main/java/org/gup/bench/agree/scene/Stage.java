package org.gup.bench.agree.scene;

import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.MAP_SHARED;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.gup.GetUserPages;
import org.gup.bench.agree.truth.FrameState;
import org.gup.bench.agree.truth.PageState;
import org.gup.bench.agree.truth.RecordedCall;
import org.gup.file.MappedFile;
import org.gup.flags.FollFlags;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.mm.VmArea;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * Where a scene is set: a machine, the process that will call, and whatever must be given back afterwards. Sizes are in
 * pages. What a scene does must succeed; an {@link IllegalStateException} says what did not.
 */
public final class Stage implements AutoCloseable {
    /** Where scenes of base pages map. */
    public static final long BASE = 0x100_0000_0000L;
    /** Where scenes of huge pages map. */
    public static final long HUGE_BASE = 0x200_0000_0000L;
    /** A base page, in bytes. */
    public static final long PAGE = 4096;
    /** Base pages of a huge page. */
    public static final int HUGE = 512;
    /** Read and write. */
    public static final int RW = PROT_READ | PROT_WRITE;
    /** Private memory at an address. */
    public static final int PRIVATE = MAP_PRIVATE | MAP_FIXED;
    /** Shared memory at an address. */
    public static final int SHARED = MAP_SHARED | MAP_FIXED;

    private final Machine machine;
    private final RecordedCall recorded;
    private final List<Proc> processes = new ArrayList<>();
    private final List<Long> held = new ArrayList<>();
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final List<Runnable> afterCall = new ArrayList<>();
    private boolean drains = true;
    private boolean wornOut;
    private Proc caller;

    /**
     * A stage with one empty process.
     *
     * @param machine the machine
     * @param recorded the call that will be made
     */
    public Stage(final Machine machine, final RecordedCall recorded) {
        this.machine = machine;
        this.recorded = recorded;
        this.caller = added(new MmStruct(machine.memory(), PageTableGeometry.ofLevels(4)));
        if (machine.boot() == Boot.NO_PKU) {
            caller.mm().setPku(false);
        }
        if (machine.boot() == Boot.CMA) {
            machine.leaveOnlyCma();
            placePool();
        }
    }

    private Proc added(final MmStruct mm) {
        final Proc process = new Proc(machine.memory().newTask(0), mm);
        processes.add(process);
        return process;
    }

    /** The recorded pool's pages left CMA one by one, for good, so each row says itself where they were. */
    private void placePool() {
        final boolean isMapped = recorded.before().stream().anyMatch(run -> isHugetlb(run.state()));
        final boolean migrates = !recorded.notes().getOrDefault("mig_ok", "0").equals("0");
        final boolean others = recorded.after().stream()
                .filter(run -> isHugetlb(run.state()))
                .anyMatch(run -> isInCma(run.state()) || migrates);
        final boolean first = isMapped
                ? recorded.before().stream().anyMatch(run -> isHugetlb(run.state()) && isInCma(run.state()))
                : others;
        if (first || others) {
            machine.movePoolToCma(first, others);
            wornOut = true;
        }
    }

    private static boolean isHugetlb(final PageState state) {
        final FrameState frame = state.frame();
        return frame != null && (frame.flags() & FrameState.HUGETLB) != 0;
    }

    private static boolean isInCma(final PageState state) {
        final FrameState frame = state.frame();
        return frame != null && frame.place() == FrameState.Place.CMA;
    }

    /**
     * The machine.
     *
     * @return it
     */
    public Machine machine() {
        return machine;
    }

    /**
     * The call to be made.
     *
     * @return as it was recorded
     */
    public RecordedCall recorded() {
        return recorded;
    }

    /**
     * Who calls.
     *
     * @return the process
     */
    public Proc caller() {
        return caller;
    }

    /**
     * The memory.
     *
     * @return the machine's
     */
    public PhysicalMemory memory() {
        return machine.memory();
    }

    /**
     * The calls.
     *
     * @return the machine's
     */
    public GetUserPages gup() {
        return machine.gup();
    }

    /**
     * The thread that calls.
     *
     * @return its task
     */
    public Task task() {
        return caller.task();
    }

    /**
     * The address space of who calls.
     *
     * @return it
     */
    public MmStruct mm() {
        return caller.mm();
    }

    /** Maps private anonymous memory. */
    void map(final long at, final int pages, final int prot) {
        map(at, pages, prot, PRIVATE);
    }

    /** Maps private memory and writes every page. */
    void mapWritten(final long at, final int pages) {
        map(at, pages, RW);
        write(at, pages);
    }

    /** Maps anonymous memory. */
    void map(final long at, final int pages, final int prot, final int flags) {
        check(at, mm().mmap(task(), at, pages * PAGE, prot, flags | MAP_ANONYMOUS), "mmap");
    }

    /** Maps a file from its start. */
    void mapFile(final long at, final int pages, final int prot, final int flags, final MappedFile file) {
        check(at, mm().mmapFile(task(), at, pages * PAGE, prot, flags, file, 0), "mmap of " + file.name());
    }

    /** Maps memory for huge pages. */
    void mapHuge(final long at, final int pages, final int prot) {
        map(at, pages, prot);
        advise(at, pages, Mman.MADV_HUGEPAGE);
    }

    /** Writes to every page. */
    void write(final long at, final int pages) {
        for (int i = 0; i < pages; i++) {
            UserAccess.store(task(), mm(), at + i * PAGE, at + i);
        }
    }

    /** Reads from every page. */
    void read(final long at, final int pages) {
        for (int i = 0; i < pages; i++) {
            UserAccess.load(task(), mm(), at + i * PAGE);
        }
    }

    void protect(final long at, final int pages, final int prot) {
        check(0, mm().mprotect(task(), at, pages * PAGE, prot), "mprotect");
    }

    void unmap(final long at, final int pages) {
        check(0, mm().munmap(task(), at, pages * PAGE), "munmap");
    }

    void advise(final long at, final int pages, final int advice) {
        check(0, mm().madvise(task(), at, pages * PAGE, advice), "madvise");
    }

    /** A child of who calls. */
    Proc fork() {
        return added(Objects.requireNonNull(mm().fork(task()), "fork"));
    }

    /** Lets another process make the call. */
    void callFrom(final Proc process) {
        caller = process;
    }

    /** A thread of somebody else's. */
    Task newTask() {
        final Task task = memory().newTask(0);
        own(() -> memory().exitTask(task));
        return task;
    }

    /** Allocates from ordinary memory even on a machine whose movable memory is all in CMA. */
    void beforeCma(final Runnable allocating) {
        if (machine.boot() != Boot.CMA) {
            allocating.run();
            return;
        }
        machine.leaveTwoBlocks();
        allocating.run();
        machine.leaveOnlyCma();
    }

    /** Ends a process. */
    void exit(final Proc process) {
        processes.remove(process);
        process.mm().close(process.task());
        memory().exitTask(process.task());
    }

    /** Holds pages got by the fast call until the end. */
    void holdFast(final long at, final int pages, final int follFlags) {
        final long[] pfns = new long[pages];
        hold(pfns, gup().getUserPagesFast(task(), mm(), at, pages, follFlags, pfns));
    }

    /** Holds pages got by the slow call, longterm, until the end. */
    void holdLongterm(final long at, final int pages, final int follFlags) {
        final long[] pfns = new long[pages];
        hold(pfns, longterm(at, pages, follFlags, pfns));
    }

    /** Gets pages longterm and gives them back. */
    void getLongterm(final long at, final int pages, final int follFlags) {
        final long[] pfns = new long[pages];
        check(pages, longterm(at, pages, follFlags, pfns), "get_user_pages");
        gup().putPages(task(), pfns, pages);
    }

    private long longterm(final long at, final int pages, final int follFlags, final long[] pfns) {
        mm().mmapReadLock(task());
        try {
            return gup().getUserPages(task(), mm(), at, pages, follFlags | FollFlags.FOLL_LONGTERM, pfns, null);
        } finally {
            mm().mmapReadUnlock(task());
        }
    }

    private void hold(final long[] pfns, final long got) {
        check(pfns.length, got, "the earlier get");
        for (final long pfn : pfns) {
            held.add(pfn);
        }
    }

    /** A reference of somebody else's on a page, until the end. */
    void hold(final long pfn) {
        PageRef.get(head(pfn), 1);
        held.add(pfn);
    }

    /** Something that ends with the scene. */
    <T extends AutoCloseable> T own(final T thing) {
        owned.push(thing);
        return thing;
    }

    /** Leaves the pagevecs as they are before the call. */
    void keepPagevecs() {
        drains = false;
    }

    /**
     * Whether every pagevec is drained before the call.
     *
     * @return true unless the scene is about what waits there
     */
    public boolean drains() {
        return drains;
    }

    /** Sets a page's count of references for the time of the call. */
    void forceReferences(final long pfn, final int references) {
        final long head = head(pfn);
        final int count = PageRef.countVolatile(head);
        PageRef.init(head, references);
        afterCall.add(() -> PageRef.init(head, count));
    }

    /** Undoes what a scene has forced for the time of the call. */
    public void endCall() {
        afterCall.forEach(Runnable::run);
        afterCall.clear();
    }

    /** Marks a mapped page accessed. */
    void touch(final long address) {
        memory().lruvec().markAccessed(task(), memory().memMap().pfn(head(pfn(address))));
    }

    private long head(final long pfn) {
        return memory().memMap().head(memory().memMap().page(pfn));
    }

    /** Some pages are gone for good with this scene, and the machine with them. */
    void wearsMachineOut() {
        wornOut = true;
    }

    /**
     * Whether the machine cannot serve another scene.
     *
     * @return true if pages are lost on purpose
     */
    public boolean isMachineWornOut() {
        return wornOut;
    }

    /** The frame that a present entry maps at an address. */
    long pfn(final long address) {
        long table = mm().walkRoot().topTable();
        for (int level = 4; ; level--) {
            final long entry = TablePages.entryAcquire(TablePages.entryAddress(table, address, level));
            if (!Pte.isHardwarePresent(entry)) {
                throw new IllegalStateException("nothing is mapped at 0x" + Long.toHexString(address));
            }
            if (level == 1) {
                return Pte.pfn(entry);
            }
            if (level == 2 && Pte.isHuge(entry)) {
                return Pte.hugePfn(entry, level) + (address / PAGE) % HUGE;
            }
            table = memory().tables().child(entry);
        }
    }

    /** The mapping around an address. */
    VmArea vma(final long address) {
        final VmArea vma = mm().findVma(address);
        if (vma == null || !vma.contains(address)) {
            throw new IllegalStateException("no mapping at 0x" + Long.toHexString(address));
        }
        return vma;
    }

    static void check(final long expected, final long got, final String what) {
        if (got != expected) {
            throw new IllegalStateException(what + " answered " + got + ", expected " + expected);
        }
    }

    /** Ends every process and gives back what is held. */
    @Override
    public void close() {
        endCall();
        for (final long pfn : held) {
            gup().putPage(task(), pfn);
        }
        processes.forEach(process -> process.mm().close(process.task()));
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (final RuntimeException failed) {
                throw failed;
            } catch (final Exception failed) {
                throw new IllegalStateException(failed);
            }
        }
        processes.forEach(process -> memory().exitTask(process.task()));
    }
}
