package org.gup;

import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.gup.fast.LeafGuard;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/** A small real machine: one address space, one task. Closing it checks that every page and table came back. */
public final class TestMachine implements AutoCloseable {
    public static final int RW = PROT_READ | PROT_WRITE;
    public static final long PAGE = 4096;
    /** Where tests map; also the start of a 2 MiB range. */
    public static final long BASE = 0x7000_0000_0000L;

    public final PhysicalMemory memory;
    public final Task task;
    public final MmStruct mm;
    public final GetUserPages gup;

    private final long freeAtStart;

    public TestMachine(final PhysicalMemory.Builder builder, final int levels, final LeafGuard guard) {
        this(builder, levels, calls -> calls.guard(guard));
    }

    public TestMachine(
            final PhysicalMemory.Builder builder, final int levels, final Consumer<GetUserPagesBuilder> kernel) {
        memory = builder.build();
        freeAtStart = memory.freePages();
        task = memory.newTask(0);
        mm = new MmStruct(memory, PageTableGeometry.ofLevels(levels));
        final GetUserPagesBuilder calls = GetUserPages.builder(memory);
        kernel.accept(calls);
        gup = calls.build();
    }

    /** With a contiguous memory area of 4096 pages. */
    public static TestMachine withCma(final Consumer<GetUserPagesBuilder> kernel) {
        return new TestMachine(PhysicalMemory.builder().cma("area", 4096), 4, kernel);
    }

    /**
     * Lets what is faulted in from now on come from contiguous memory: every other movable block that is free becomes an
     * unmovable one, so that a movable request finds CMA pageblocks first, and any other request still has room.
     */
    public void lendCma() {
        final List<Long> blocks = new ArrayList<>();
        for (long pfn = memory.allocPages(task, 0, 10); pfn >= 0; pfn = memory.allocPages(task, 0, 10)) {
            blocks.add(pfn);
        }
        final List<Long> pages = new ArrayList<>();
        for (long pfn = memory.allocPages(task, 0, 0); pfn >= 0; pfn = memory.allocPages(task, 0, 0)) {
            pages.add(pfn);
        }
        blocks.forEach(pfn -> putBlock(pfn, 1 << 10));
        pages.forEach(pfn -> putBlock(pfn, 1));
    }

    private void putBlock(final long pfn, final int pages) {
        for (long at = pfn; at < pfn + pages; at++) {
            memory.memMap().put(task, memory.memMap().page(at), 1);
        }
    }

    public boolean isCma(final long pfn) {
        return memory.isCma(pfn);
    }

    public long count(final Counter counter) {
        return task.counters().get(counter);
    }

    public static TestMachine small() {
        return new TestMachine(PhysicalMemory.builder(), 4, LeafGuard.fused());
    }

    public static TestMachine of(final int levels, final LeafGuard guard) {
        return new TestMachine(PhysicalMemory.builder(), levels, guard);
    }

    /** Maps private anonymous memory. */
    public void map(final long address, final long pages, final int prot) {
        assertEquals(address, mm.mmap(task, address, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED));
    }

    /** Maps memory for transparent huge pages. */
    public void mapHuge(final long address, final long pages, final int prot) {
        map(address, pages, prot);
        assertEquals(0, mm.madvise(task, address, pages * PAGE, Mman.MADV_HUGEPAGE));
    }

    /** Writes the page's own address into each page. */
    public void populate(final long address, final long pages) {
        for (long i = 0; i < pages; i++) {
            UserAccess.store(task, mm, address + i * PAGE, address + i * PAGE);
        }
        memory.lruvec().drainAll(task);
    }

    public int refcount(final long pfn) {
        return PageRef.countVolatile(memory.memMap().head(memory.memMap().page(pfn)));
    }

    /** Address of the entry of a level for a virtual address; every upper table is there. */
    public long entryAddress(final long address, final int level) {
        long table = mm.walkRoot().topTable();
        for (int at = mm.walkRoot().geometry().levels(); at > level; at--) {
            table = memory.tables().child(TablePages.entryAcquire(TablePages.entryAddress(table, address, at)));
        }
        return TablePages.entryAddress(table, address, level);
    }

    public long entry(final long address, final int level) {
        return TablePages.entryAcquire(entryAddress(address, level));
    }

    /** get_user_pages with mmap_sem taken around it. */
    public long getUserPages(final long start, final long nrPages, final int flags, final long[] pages) {
        mm.mmapReadLock(task);
        try {
            return gup.getUserPages(task, mm, start, nrPages, flags, pages, null);
        } finally {
            mm.mmapReadUnlock(task);
        }
    }

    /** Unmaps everything, drains the pagevecs and checks the books. */
    @Override
    public void close() {
        try {
            mm.close();
            memory.lruvec().drainAll(task);
            assertEquals(0, memory.tables().allocated(), "tables left");
            assertEquals(0, memory.lruvec().isolatedPages(false), "NR_ISOLATED_ANON");
            assertEquals(0, memory.lruvec().isolatedPages(true), "NR_ISOLATED_FILE");
            assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
            assertTrue(
                    freeAtStart - memory.freePages() <= 512, () -> "pages left: " + (freeAtStart - memory.freePages()));
        } finally {
            memory.close();
        }
    }
}
