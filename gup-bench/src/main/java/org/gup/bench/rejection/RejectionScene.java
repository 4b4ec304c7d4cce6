package org.gup.bench.rejection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.gup.GetUserPages;
import org.gup.bench.layout.Books;
import org.gup.bench.rejection.Refusal.Kernel;
import org.gup.bench.rejection.Refusal.Mapping;
import org.gup.file.DaxFile;
import org.gup.mm.AddressSpaceBuilder;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.DevPagemap;
import org.gup.page.MemMap;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * A machine with two files of a DAX file system, each mapped behind 2 MiB of ordinary memory: one by base pages, one by a huge
 * entry. Everything is written to beforehand, so that no call faults, and a call leaves everything as it was once its pages are
 * given back. Results, pages and references are checked after each slice of calls.
 */
final class RejectionScene implements AutoCloseable {
    /** Most calls of a slice. */
    static final int MAX_CALLS = 1024;

    private static final long PAGE_SIZE = 4096;
    private static final int PAGES = Refusal.PAGES;
    private static final long START = 0x10_0000_0000L;
    private static final long HUGE_START = START + 0x4000_0000L;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    /** No huge page begins there. */
    private static final int UNALIGNED = 36;

    private final PhysicalMemory memory;
    private final long freeAtStart;
    private final Task task;
    private final MmStruct mm;
    private final DaxFile small;
    private final DaxFile huge;
    private final GetUserPages plain;
    private final Map<Kernel, PinLoop> loops = new EnumMap<>(Kernel.class);
    private final Map<Kernel, Task> tasks = new EnumMap<>(Kernel.class);
    private final long[] smallPfns;
    private final long[] hugePfns;
    private final long[][] pages = new long[MAX_CALLS][PAGES];
    private final long[] results = new long[MAX_CALLS];

    RejectionScene() {
        memory = PhysicalMemory.builder()
                .normalPages(8L * PAGES)
                .device(DevPagemap.Type.FS_DAX, 4L * PAGES)
                .build();
        freeAtStart = memory.freePages();
        task = memory.newTask(0);
        plain = new GetUserPages(memory);
        for (final Kernel kernel : Kernel.values()) {
            loops.put(kernel, KernelCopy.of(memory, kernel.check()));
            tasks.put(kernel, memory.newTask(0));
        }
        mm = AddressSpaceBuilder.on(memory, task)
                .anonymous(START, PAGES, RW)
                .populate()
                .anonymous(HUGE_START, PAGES, RW)
                .populate()
                .build();
        final DevPagemap device = memory.devices().get(0);
        final long aligned = (device.startPfn() + PAGES - 1) / PAGES * PAGES;
        small = map("small pages", device, aligned + UNALIGNED, START);
        huge = map("huge pages", device, aligned + 2L * PAGES, HUGE_START);
        if (small.allowsHugeEntry(0) || !huge.allowsHugeEntry(0)) {
            throw new IllegalStateException(
                    "the files are not mapped as they should be: small pages " + small + ", huge pages " + huge);
        }
        memory.lruvec().drainAll(task);
        smallPfns = pfns(START);
        hugePfns = pfns(HUGE_START);
        checkReferences();
    }

    /** Maps a file behind the ordinary memory that begins at an address. */
    private DaxFile map(final String name, final DevPagemap device, final long firstPfn, final long start) {
        final DaxFile file = new DaxFile(memory, name, device, firstPfn, PAGES * PAGE_SIZE);
        file.allocate(task, 0, PAGES);
        final long address = start + PAGES * PAGE_SIZE;
        expect(
                "mmap",
                address,
                mm.mmapFile(task, address, PAGES * PAGE_SIZE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, file, 0));
        for (int page = 0; page < PAGES; page++) {
            UserAccess.store(task, mm, address + page * PAGE_SIZE, page);
        }
        return file;
    }

    /** The pages of ordinary memory and of the file behind it. */
    private long[] pfns(final long start) {
        final long[] pfns = new long[2 * PAGES];
        expect("pages mapped", pfns.length, plain.getUserPagesFastOnly(task, mm, start, pfns.length, true, pfns));
        plain.putPages(task, pfns, pfns.length);
        return pfns;
    }

    /**
     * Times a slice of calls, checks it, and gives the pages back.
     *
     * @param refusal what
     * @param calls how many, at most {@link #MAX_CALLS}
     * @return nanoseconds per call
     */
    double sample(final Refusal refusal, final int calls) {
        final PinLoop loop = loop(refusal);
        final Task caller = caller(refusal);
        final long start = start(refusal);
        final long took;
        if (refusal.isFast()) {
            took = loop.fast(caller, mm, start, refusal.pages(), pages, results, calls);
        } else {
            mm.mmapReadLock(caller);
            took = loop.slow(caller, mm, start, refusal.pages(), pages, results, calls);
            mm.mmapReadUnlock(caller);
        }
        final int kept = Math.max(0, refusal.result());
        final long[] expected = refusal.mapping() == Mapping.PMD ? hugePfns : smallPfns;
        final int first = PAGES - refusal.position();
        for (int call = 0; call < calls; call++) {
            expect(refusal.id() + ": result of call " + call, refusal.result(), results[call]);
            if (!Arrays.equals(pages[call], 0, kept, expected, first, first + kept)) {
                throw new IllegalStateException(refusal.id() + ": other pages than are mapped there: call " + call);
            }
            plain.putPages(task, pages[call], kept);
        }
        checkReferences();
        return (double) took / calls;
    }

    /** Counts what a call does in vain: in its slow leg, if it has a fast one. */
    int thrownAway(final Refusal refusal) {
        final int fast = refusal.isFast() ? refusal.position() : 0;
        mm.mmapReadLock(caller(refusal));
        final int pages = loop(refusal)
                .thrownAway(caller(refusal), mm, start(refusal) + fast * PAGE_SIZE, refusal.pages() - fast);
        mm.mmapReadUnlock(caller(refusal));
        expect(refusal.id() + ": pages pinned and given back", refusal.thrownAway(), pages);
        checkReferences();
        return pages;
    }

    private PinLoop loop(final Refusal refusal) {
        final PinLoop loop = loops.get(refusal.kernel());
        if (loop == null) {
            throw new IllegalStateException("no such kernel: " + refusal.kernel());
        }
        return loop;
    }

    private Task caller(final Refusal refusal) {
        return tasks.getOrDefault(refusal.kernel(), task);
    }

    /** The position is that of the first page of the file. */
    private static long start(final Refusal refusal) {
        final long area = refusal.mapping() == Mapping.PMD ? HUGE_START : START;
        return area + (PAGES - refusal.position()) * PAGE_SIZE;
    }

    /** One for the mapping of an anonymous page, and one for an idle page of the device: no call has left any. */
    private void checkReferences() {
        final MemMap memMap = memory.memMap();
        for (int page = 0; page < 2 * PAGES; page++) {
            final int ofSmall = PageRef.countVolatile(memMap.head(memMap.page(smallPfns[page])));
            final int ofHuge = PageRef.countVolatile(memMap.head(memMap.page(hugePfns[page])));
            if (ofSmall != 1 || ofHuge != 1) {
                throw new IllegalStateException("references of page " + page + ": expected 1, found " + ofSmall
                        + " before and in small pages, " + ofHuge + " before and in huge pages");
            }
        }
    }

    private static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(what + ": expected " + expected + ", found " + found);
        }
    }

    @Override
    public void close() {
        mm.close(task);
        small.close();
        huge.close();
        memory.lruvec().drainAll(task);
        final long left = freeAtStart - memory.freePages();
        final List<Task> all = new ArrayList<>(tasks.values());
        all.add(task);
        Books.close(memory, all, "the refused calls");
        expect("pages left", 0, left);
    }
}
