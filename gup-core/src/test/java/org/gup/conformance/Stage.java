package org.gup.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.gup.GetUserPages;
import org.gup.GetUserPagesBuilder;
import org.gup.kernel.KernelVersion;
import org.gup.migrate.MigrationPhase;
import org.gup.mm.MmStruct;
import org.gup.offheap.Await;
import org.gup.page.PageDescriptor;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * A machine with one process, on which calls are made and what they did is written down by name. {@link #finish} puts
 * everything back and looks at the books.
 *
 * <p>{@link #task} makes the calls under test and nothing else, so that its counters are theirs; {@link #helper} does the rest.
 */
class Stage implements AutoCloseable {

    private final KernelVersion version;
    private final PhysicalMemory memory;
    private final Books books;
    private final Task task;
    private final Task helper;
    private final MmStruct mm;
    private final Thread player = Thread.currentThread();
    private final AtomicReference<Runnable> whenWaiting = new AtomicReference<>();
    private final Map<MigrationPhase, Runnable> atPhase = new EnumMap<>(MigrationPhase.class);
    private final Deque<AutoCloseable> cleanups = new ArrayDeque<>();
    private final Map<String, String> seen = new LinkedHashMap<>();
    private UnaryOperator<GetUserPagesBuilder> options;
    private GetUserPages gup;
    private GupCall current;
    private int calls;
    private boolean pagesMayMove;
    private boolean waited;
    private long lostPages;

    Stage(final KernelVersion version, final Config config) {
        this.version = version;
        this.memory = config.memory()
                .apply(PhysicalMemory.builder().await(this::pause))
                .build();
        this.books = new Books(memory);
        this.task = memory.newTask(0);
        this.helper = memory.newTask(1);
        this.options = config.calls();
        this.mm = newProcess();
    }

    /* ---- the machine ---- */

    KernelVersion version() {
        return version;
    }

    PhysicalMemory memory() {
        return memory;
    }

    Task task() {
        return task;
    }

    Task helper() {
        return helper;
    }

    MmStruct mm() {
        return mm;
    }

    /** The calls. */
    GetUserPages gup() {
        if (gup == null) {
            gup = options.apply(GetUserPages.builder(memory).version(version).migrationListener(this::entersPhase))
                    .build();
        }
        return gup;
    }

    /** Build or boot options of the kernel, for the calls from now on. */
    void option(final UnaryOperator<GetUserPagesBuilder> option) {
        gup = null;
        final UnaryOperator<GetUserPagesBuilder> before = options;
        options = builder -> option.apply(before.apply(builder));
    }

    /** Another process without mappings. */
    MmStruct newProcess() {
        return cleanUp(new MmStruct(memory, PageTableGeometry.FOUR_LEVEL));
    }

    /** A child of the process: what it maps at a place of its parent's. */
    Place fork(final Place place) {
        final MmStruct child = cleanUp(Objects.requireNonNull(mm.fork(helper), "no memory for a child"));
        return new Place(this, child, place.va(), place.pages());
    }

    /** Empties the pagevecs of all CPUs. */
    void drain() {
        memory.lruvec().drainAll(helper);
    }

    /** Something to be closed in the end, after what was added later. */
    <T extends AutoCloseable> T cleanUp(final T thing) {
        cleanups.push(thing);
        return thing;
    }

    /** A file or device, to be closed when no process maps it any more. */
    <T extends AutoCloseable> T closeLast(final T file) {
        cleanups.addLast(file);
        return file;
    }

    static void ok(final long result) {
        assertEquals(0, result, "the scene could not be set");
    }

    /* ---- waits and phases ---- */

    private void pause(final int tries) {
        if (Thread.currentThread() == player) {
            final Runnable job = whenWaiting.getAndSet(null);
            if (job != null) {
                waited = true;
                job.run();
            }
        }
        Await.YIELDING.pause(tries);
    }

    /** Does something once, when the playing thread next has to wait for anybody. */
    void whenWaiting(final Runnable job) {
        whenWaiting.set(job);
    }

    /** Whether what was to be done when the playing thread waits has been done. */
    boolean hasWaited() {
        return waited;
    }

    private void entersPhase(final Task who, final MigrationPhase phase) {
        if (who == task) {
            final Runnable job;
            synchronized (atPhase) {
                job = atPhase.get(phase);
            }
            if (job != null) {
                job.run();
            }
        }
    }

    /** Does something each time a call under test enters a phase of migration. */
    void atPhase(final MigrationPhase phase, final Runnable job) {
        synchronized (atPhase) {
            atPhase.put(phase, job);
        }
    }

    /* ---- calls ---- */

    /** Makes a call, see {@link GupCall}, and writes down what it did; a later call's names end in its number. */
    GupCall call(final String text, final Place place, final long nr) {
        calls++;
        final GupCall call = GupCall.parse(text);
        final Measured measured = new Measured(this, place, nr);
        current = call;
        call.make(gup(), task, place.mm(), place.va(), nr, measured);
        keep(task, call);
        measured.report(call, (name, value) -> see(calls == 1 ? name : name + calls, value));
        if (call.hasPages() && !pagesMayMove) {
            for (int i = 0; i < call.result; i++) {
                assertEquals(place.pfn(i), call.pages[i], "frame of page " + i);
            }
        }
        return call;
    }

    /** The call being made, for what happens in the middle of it. */
    GupCall current() {
        return Objects.requireNonNull(current, "no call yet");
    }

    /** A call that nobody measures: a holder of pages in the scene. */
    GupCall hold(final String text, final Place place, final long nr) {
        final GupCall call = GupCall.parse(text);
        call.make(gup(), helper, place.mm(), place.va(), nr, new Measured(this, place, 0));
        assertEquals(nr, call.result, "the scene's own call");
        keep(helper, call);
        return call;
    }

    private void keep(final Task who, final GupCall call) {
        if (call.held() > 0) {
            final GetUserPages holder = gup();
            cleanUp(() -> holder.putPages(who, call.pages, call.held()));
        }
    }

    /** What the calls return need not be what is mapped when they have returned. */
    void pagesMayMove() {
        pagesMayMove = true;
    }

    /** Runs something of the task under test with mmap_sem held for reading. */
    long held(final MmStruct process, final LongSupplier what) {
        process.mmapReadLock(task);
        try {
            return what.getAsLong();
        } finally {
            process.mmapReadUnlock(task);
        }
    }

    /** Pages that the machine will not get back. */
    void losesPages(final long pages) {
        lostPages += pages;
    }

    /* ---- what there is to see ---- */

    /** Writes something down. */
    void see(final String name, final Object value) {
        final String text;
        if (value instanceof Boolean yes) {
            text = yes ? "yes" : "no";
        } else {
            text = String.valueOf(value);
        }
        assertFalse(seen.containsKey(name), () -> "seen twice: " + name);
        seen.put(name, text);
    }

    Map<String, String> seen() {
        return seen;
    }

    /** References to a page, those to its compound page. */
    int refcount(final long pfn) {
        return PageRef.countVolatile(memory.memMap().head(memory.memMap().page(pfn)));
    }

    /** References to a page beside the one that its CPU's pagevec of new pages holds, where it waits on one. */
    int countedRefs(final long pfn) {
        return refcount(pfn) - (isFlagged(pfn, PageDescriptor.PG_PAGEVEC) ? 1 : 0);
    }

    /** {@code PageDescriptor.PG_*} of a page's head. */
    int flags(final long pfn) {
        return PageDescriptor.flagsVolatile(memory.memMap().head(memory.memMap().page(pfn)));
    }

    boolean isFlagged(final long pfn, final int flag) {
        return (flags(pfn) & flag) != 0;
    }

    /** A page's head. */
    long head(final long pfn) {
        return memory.memMap().pfn(memory.memMap().head(memory.memMap().page(pfn)));
    }

    /** Entries that map a page or the compound page it belongs to. */
    int mappings(final long pfn) {
        final long head = head(pfn);
        final long order = memory.memMap().compoundOrder(head);
        int mappings = order == 0 ? 0 : memory.memMap().compoundMapcount(head);
        for (long at = head; at < head + (1L << order); at++) {
            mappings += memory.memMap().pteMapcount(at);
        }
        return mappings;
    }

    boolean isCma(final long pfn) {
        return memory.isCma(pfn);
    }

    /* ---- the end ---- */

    /** Puts and closes everything, then looks at the books. */
    void finish() throws Exception {
        assertFalse(mm.isMmapLocked(), "mmap_sem is still held");
        while (!cleanups.isEmpty()) {
            cleanups.pop().close();
        }
        books.check(helper, lostPages);
    }

    /** Frees the machine. */
    @Override
    public void close() {
        memory.close();
    }
}
