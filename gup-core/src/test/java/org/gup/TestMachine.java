package org.gup;

import static org.gup.mm.Mman.MAP_ANONYMOUS;
import static org.gup.mm.Mman.MAP_FIXED;
import static org.gup.mm.Mman.MAP_PRIVATE;
import static org.gup.mm.Mman.PROT_READ;
import static org.gup.mm.Mman.PROT_WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.gup.fast.LeafGuard;
import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.page.PageRef;
import org.gup.pgtable.PageTableGeometry;
import org.gup.pgtable.TablePages;
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
        memory = builder.build();
        freeAtStart = memory.freePages();
        task = memory.newTask(0);
        mm = new MmStruct(memory, PageTableGeometry.ofLevels(levels));
        gup = new GetUserPages(memory, guard);
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
            assertTrue(memory.audit().balanced(), () -> memory.audit().toString());
            assertTrue(
                    freeAtStart - memory.freePages() <= 512, () -> "pages left: " + (freeAtStart - memory.freePages()));
        } finally {
            memory.close();
        }
    }
}
