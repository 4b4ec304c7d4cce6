package org.gup.bench.migration;

import java.util.ArrayList;
import java.util.List;
import org.gup.GetUserPages;
import org.gup.bench.layout.CmaSteering;
import org.gup.file.PageCacheFile;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.Migratetype;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/** The pages of one sample: mapped, put where the scenario wants them, and taken away again. */
final class ScenePages {
    static final long BASE = 0x10_0000_0000L;

    private static final long PAGE_SIZE = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private final PhysicalMemory memory;
    private final Task task;
    private final Task holder;
    private final MmStruct mm;
    private final GetUserPages gup;
    private final CmaSteering steering;
    private final long[] held;
    private final List<Long> cmaBlocks = new ArrayList<>();
    private @Nullable PageCacheFile file;

    ScenePages(final PhysicalMemory memory, final Task task, final Task holder, final int mostPages) {
        this.memory = memory;
        this.task = task;
        this.holder = holder;
        this.mm = new MmStruct(memory, PageTableGeometry.FOUR_LEVEL);
        this.gup = new GetUserPages(memory);
        this.steering = new CmaSteering(memory, task);
        this.held = new long[mostPages];
    }

    MmStruct mm() {
        return mm;
    }

    /** The file of the pages, while there is one. */
    PageCacheFile file() {
        if (file == null) {
            throw new IllegalStateException("these pages belong to no file");
        }
        return file;
    }

    static long address(final int page) {
        return BASE + page * PAGE_SIZE;
    }

    /** Maps the pages of a scenario and puts them where it wants them. */
    void prepare(final Scenario scenario) {
        map(scenario);
        switch (scenario.kind()) {
            case BASE, FILE -> populateBase(scenario);
            case SWAP_CACHE -> populateFromSwap(scenario);
            case HUGE, HUGE_BY_ENTRIES -> populateHuge(scenario);
            case HUGETLB -> populateHugetlb(scenario);
        }
        if (!scenario.inPagevecs()) {
            memory.lruvec().drainAll(task);
        }
        for (int page = 0; page < scenario.pages(); page++) {
            held[page] = scenario.isHeld(page) ? hold(page) : -1;
        }
    }

    private void map(final Scenario scenario) {
        final long length = scenario.pages() * PAGE_SIZE;
        if (scenario.kind() == Scenario.Kind.FILE) {
            final PageCacheFile own = new PageCacheFile(memory, "scene", length);
            file = own;
            expect("mmap", BASE, mm.mmapFile(task, BASE, length, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, own, 0));
            return;
        }
        final int huge = scenario.kind() == Scenario.Kind.HUGETLB ? Mman.MAP_HUGETLB : 0;
        final int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED | huge;
        expect("mmap", BASE, mm.mmap(task, BASE, length, RW, flags));
    }

    private void populateBase(final Scenario scenario) {
        if (scenario.call() == Scenario.Call.FAST_UNTOUCHED) {
            steering.on();
            return;
        }
        touch(scenario, false);
        memory.lruvec().drainAll(task);
        steering.on();
        touch(scenario, true);
    }

    /** Written to swap, and read back into CMA: each page is in the swap cache then, and mapped for reading. */
    private void populateFromSwap(final Scenario scenario) {
        touch(scenario, true);
        memory.lruvec().drainAll(task);
        expect("pages swapped out", scenario.pages(), mm.swapOut(task, BASE, scenario.pages()));
        steering.on();
        for (int page = 0; page < scenario.pages(); page++) {
            expect("contents of page " + page, address(page), UserAccess.load(task, mm, address(page)));
        }
    }

    private void populateHuge(final Scenario scenario) {
        final long length = scenario.pages() * PAGE_SIZE;
        expect("madvise", 0, mm.madvise(task, BASE, length, Mman.MADV_HUGEPAGE));
        steering.on();
        touch(scenario, true);
        if (scenario.kind() == Scenario.Kind.HUGE_BY_ENTRIES) {
            // Another protection of one of its pages splits the entry, not the page.
            expect("mprotect", 0, mm.mprotect(task, BASE, PAGE_SIZE, Mman.PROT_READ));
            expect("mprotect", 0, mm.mprotect(task, BASE, PAGE_SIZE, RW));
            touch(scenario, true);
        }
    }

    private void populateHugetlb(final Scenario scenario) {
        touch(scenario, true);
        final long[] got = new long[1];
        for (int page = 0; page < scenario.pages(); page += scenario.kind().unit()) {
            expect("hugetlb pages", 1, gup.getUserPagesFastOnly(task, mm, address(page), 1, true, got));
            gup.putPages(task, got, 1);
            final int type = memory.memMap().pageblocks().migratetype(got[0]);
            if (!steering.retype(got[0], type, Migratetype.CMA)) {
                throw new IllegalStateException("the pageblock of a hugetlb page cannot be made CMA: " + got[0]);
            }
            cmaBlocks.add(got[0]);
        }
    }

    private void touch(final Scenario scenario, final boolean inCma) {
        for (int page = 0; page < scenario.pages(); page++) {
            if (scenario.isInCma(page) == inCma) {
                UserAccess.store(task, mm, address(page), address(page));
            }
        }
    }

    private long hold(final int page) {
        final long[] got = new long[1];
        expect("pages held", 1, gup.getUserPagesFastOnly(holder, mm, address(page), 1, true, got));
        return got[0];
    }

    /** Whether the pages have the contents that {@link #prepare} gave them. */
    void check(final Scenario scenario) {
        if (scenario.call() == Scenario.Call.FAST_UNTOUCHED) {
            return;
        }
        for (int page = 0; page < scenario.pages(); page++) {
            expect(
                    scenario.id() + ": contents of page " + page,
                    address(page),
                    UserAccess.load(task, mm, address(page)));
        }
    }

    /** Takes the pages of a scenario away. */
    void release(final Scenario scenario) {
        for (int page = 0; page < scenario.pages(); page++) {
            if (held[page] >= 0) {
                gup.putPages(holder, new long[] {held[page]}, 1);
            }
        }
        expect("munmap", 0, mm.munmap(task, BASE, scenario.pages() * PAGE_SIZE));
        memory.lruvec().drainAll(task);
        if (file != null) {
            file.close();
            file = null;
        }
        steering.off();
        for (final long block : cmaBlocks) {
            if (!steering.retype(block, Migratetype.CMA, Migratetype.MOVABLE)) {
                throw new IllegalStateException("a pageblock cannot be made movable again: " + block);
            }
        }
        cmaBlocks.clear();
    }

    static void expect(final String what, final long expected, final long found) {
        if (expected != found) {
            throw new IllegalStateException(what + ": expected " + expected + ", found " + found);
        }
    }
}
