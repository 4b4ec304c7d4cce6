package org.gup.bench.mutate;

import org.gup.mm.MmStruct;
import org.gup.mm.Mman;
import org.gup.mm.UserAccess;
import org.gup.pgtable.PageTableGeometry;
import org.gup.task.Task;

/**
 * An address space with a window of anonymous pages. The first word of each page is its stamp, made of its address: a page that
 * holds the stamp of another address is the wrong page.
 */
public final class SharedSpace {
    /** Bytes of a page. */
    public static final long PAGE_SIZE = 4096;
    /** What the window may be used for when nobody restricts it. */
    public static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;

    private static final long START = 0x10_0000_0000L;
    private static final int MAP_FLAGS = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED;

    private final SharedMachine machine;
    private final MmStruct mm;
    private final int pages;

    /**
     * A new address space; every page of its window is written.
     *
     * @param machine where
     * @param task who makes it
     * @param pages pages of the window
     */
    public SharedSpace(final SharedMachine machine, final Task task, final int pages) {
        this.machine = machine;
        this.mm = new MmStruct(machine.memory(), PageTableGeometry.FOUR_LEVEL);
        this.pages = pages;
        map(task, 0, pages);
        for (int page = 0; page < pages; page++) {
            stamp(task, page);
        }
        machine.memory().lruvec().drainAll(task);
    }

    /**
     * Where it lives.
     *
     * @return the machine
     */
    public SharedMachine machine() {
        return machine;
    }

    /**
     * The address space.
     *
     * @return it
     */
    public MmStruct mm() {
        return mm;
    }

    /**
     * Size of the window.
     *
     * @return pages
     */
    public int pages() {
        return pages;
    }

    /**
     * Address of a page.
     *
     * @param page of the window, from 0
     * @return its first byte
     */
    public long address(final int page) {
        return START + page * PAGE_SIZE;
    }

    /**
     * What the first word of a page holds.
     *
     * @param page of the window, from 0
     * @return never 0, the same for no other page
     */
    public long stampOf(final int page) {
        return address(page) | 1;
    }

    /** Maps part of the window anew, over whatever is there. */
    void map(final Task task, final int first, final int count) {
        final long mapped = mm.mmap(task, address(first), count * PAGE_SIZE, RW, MAP_FLAGS);
        if (mapped != address(first)) {
            throw new IllegalStateException("mmap: expected " + address(first) + ", found " + mapped);
        }
    }

    /** Writes a page's stamp, as the process would. */
    void stamp(final Task task, final int page) {
        UserAccess.store(task, mm, address(page), stampOf(page));
    }

    /**
     * Unmaps everything.
     *
     * @param task who does it
     */
    public void close(final Task task) {
        mm.close(task);
    }
}
