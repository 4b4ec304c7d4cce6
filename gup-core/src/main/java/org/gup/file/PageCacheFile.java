package org.gup.file;

import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_PAGEVEC;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.page.PageDescriptor.PG_WRITEBACK;

import org.gup.page.FrameStore;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.task.Task;
import org.gup.zone.Gfp;
import org.gup.zone.PhysicalMemory;

/**
 * A file of a file system on a disk, much as ext4: its pages are read when first used, a shared mapping announces its first
 * write to each, and a page that was written to has PG_private and one reference for its buffers.
 *
 * <p>Threading: any thread.
 */
public final class PageCacheFile extends CachedFile {
    /** Pages that one miss reads, half of them before it. Models {@code VM_READAHEAD_PAGES}. */
    private static final int READAHEAD_PAGES = 32;

    private final FrameStore disk;
    private volatile boolean readahead = true;

    /**
     * A file full of zeroes, none of it cached.
     *
     * @param memory where its pages come from
     * @param name for messages
     * @param sizeBytes its size, positive
     */
    public PageCacheFile(final PhysicalMemory memory, final String name, final long sizeBytes) {
        super(memory, name, sizeBytes, 1);
        this.disk = new FrameStore(pages());
    }

    @Override
    public boolean wantsWriteNotify() {
        return true;
    }

    /**
     * Whether a miss reads the pages around it too, as it does unless the file is advised to be read at random.
     *
     * @param on the default is true
     */
    public void readahead(final boolean on) {
        readahead = on;
    }

    /**
     * Whether a miss reads the pages around it too.
     *
     * @return as it was set
     */
    public boolean hasReadahead() {
        return readahead;
    }

    /**
     * Reads the pages around an index that are not cached, as far as there is memory. Models {@code ra_submit()}.
     *
     * @param task who missed one
     * @param index in pages
     */
    public void readAround(final Task task, final long index) {
        final long start = Math.max(0, index - READAHEAD_PAGES / 2);
        final long end = Math.min(pages(), start + READAHEAD_PAGES);
        for (long at = start; at < end; at++) {
            final long pfn = fill(task, at);
            if (pfn < 0) {
                return;
            }
            memMap().put(task, memMap().page(pfn), 1);
        }
    }

    @Override
    public boolean needsRead(final long index) {
        return slot(index) == EMPTY;
    }

    @Override
    long fillMissing(final Task task, final long index) {
        final long pfn = memory().allocPages(task, Gfp.GFP_MOVABLE, 0);
        if (pfn < 0) {
            return -1;
        }
        final long page = memMap().page(pfn);
        memory().frames().copy(pfn, disk, index);
        PageDescriptor.setFlags(page, PG_UPTODATE);
        if (!insert(index, 1, pfn, EMPTY)) {
            memMap().put(task, page, 1);
            return AGAIN;
        }
        memory().lruvec().add(task, pfn, false);
        return pfn;
    }

    /** {@inheritDoc} Gives it buffers. Models {@code ext4_page_mkwrite()}, {@code block_page_mkwrite()}. */
    @Override
    public void prepareWrite(final Task task, final long pfn) {
        final long page = memMap().page(pfn);
        if ((PageDescriptor.setFlags(page, PG_PRIVATE) & PG_PRIVATE) == 0) {
            PageRef.get(page, 1);
        }
    }

    /**
     * What is on the disk.
     *
     * @param index the page
     * @return the first eight bytes, little endian
     */
    public long readDisk(final long index) {
        return disk.getLong(index, 0);
    }

    /**
     * Drops a cached page that nobody maps or holds, written back first if it is dirty. Models
     * {@code posix_fadvise(POSIX_FADV_DONTNEED)} after {@code fsync()}.
     *
     * @param task who asks
     * @param index the page
     * @return whether the page is not cached now
     */
    public boolean makeCold(final Task task, final long index) {
        while (true) {
            final long pfn = lookup(index);
            if (pfn < 0) {
                return true;
            }
            final long page = memMap().page(pfn);
            if ((PageDescriptor.flagsVolatile(page) & PG_PAGEVEC) != 0) {
                memory().lruvec().drainAll(task);
            }
            PageLock.lock(page, memory().await());
            final boolean current = isCached(index, pfn);
            final boolean removed = current && removeLocked(task, index, pfn);
            PageLock.unlock(page);
            memMap().put(task, page, 1);
            if (current) {
                return removed;
            }
        }
    }

    private boolean removeLocked(final Task task, final long index, final long pfn) {
        final long page = memMap().page(pfn);
        if ((PageDescriptor.flagsVolatile(page) & PG_WRITEBACK) != 0 || memMap().pteMapcount(pfn) != 0) {
            return false;
        }
        if ((PageDescriptor.clearFlags(page, PG_DIRTY) & PG_DIRTY) != 0) {
            disk.copy(index, memory().frames(), pfn);
        }
        return remove(task, index, pfn, cacheReferences(pfn) + 1, EMPTY);
    }

    /**
     * Begins to write a page to disk: it is clean, and has PG_writeback until {@link #endWriteback}. Does nothing if it is not
     * cached or not dirty. Models {@code clear_page_dirty_for_io()} and {@code set_page_writeback()}.
     *
     * @param task who writes
     * @param index the page
     */
    public void startWriteback(final Task task, final long index) {
        if (slot(index) == EMPTY) {
            return;
        }
        final long pfn = lockFilled(task, index);
        final long page = memMap().page(pfn);
        if ((PageDescriptor.clearFlags(page, PG_DIRTY) & PG_DIRTY) != 0) {
            disk.copy(index, memory().frames(), pfn);
            PageDescriptor.setFlags(page, PG_WRITEBACK);
        }
        PageLock.unlock(page);
        memMap().put(task, page, 1);
    }

    /**
     * Ends the writing of a page. Takes no lock: somebody may wait for it with the page locked. Models
     * {@code end_page_writeback()}.
     *
     * @param task who wrote
     * @param index the page
     */
    public void endWriteback(final Task task, final long index) {
        final long pfn = lookup(index);
        if (pfn >= 0) {
            PageDescriptor.clearFlags(memMap().page(pfn), PG_WRITEBACK);
            memMap().put(task, memMap().page(pfn), 1);
        }
    }

    /**
     * Writes every dirty page to disk. Models {@code fsync()}.
     *
     * @param task who asks
     */
    public void sync(final Task task) {
        for (long index = 0; index < pages(); index++) {
            startWriteback(task, index);
            endWriteback(task, index);
        }
    }
}
