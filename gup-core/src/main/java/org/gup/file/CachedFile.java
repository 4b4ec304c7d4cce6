package org.gup.file;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HUGETLB;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_SWAPBACKED;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.gup.page.PageDescriptor.PRIVATE_OFFSET;

import org.gup.page.FrameStore;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.page.PageRef;
import org.gup.page.PageSlots;
import org.gup.task.Task;
import org.gup.zone.PhysicalMemory;

/**
 * A file whose pages are kept in a cache, by index. Models {@code struct address_space}, mm/filemap.c, v5.2.
 *
 * <p>Threading: any thread. A slot changes only under the file's monitor; a page that is found has a reference taken under it,
 * so that it cannot be free. Who maps a page has it locked and has looked again that it is in its slot.
 */
public abstract class CachedFile implements MappedFile, PageSlots, AutoCloseable {
    static final int EMPTY = 0;

    private final PhysicalMemory memory;
    private final MemMap memMap;
    private final String name;
    private final long pages;
    private final long owner;
    /** By index: 0, the pfn of a cached page, or what a subclass keeps there as a negative number. */
    private final int[] slots;

    private long cached;
    private final MappingCount mappings = new MappingCount();
    private boolean closed;

    CachedFile(final PhysicalMemory memory, final String name, final long sizeBytes, final int roundUpTo) {
        this.memory = memory;
        this.memMap = memory.memMap();
        this.name = name;
        this.pages = (sizeBytes + FrameStore.FRAME_BYTES - 1) / FrameStore.FRAME_BYTES;
        this.slots = new int[Math.toIntExact((pages + roundUpTo - 1) / roundUpTo * roundUpTo)];
        this.owner = memory.rmap().newOwner(this);
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean isDax() {
        return false;
    }

    @Override
    public final boolean isCharDevice() {
        return false;
    }

    @Override
    public final long owner() {
        return owner;
    }

    /**
     * The file's size. Models {@code i_size_read()}, rounded up.
     *
     * @return pages, a last one that is not full included
     */
    public final long pages() {
        return pages;
    }

    /**
     * Pages in the cache.
     *
     * @return base pages
     */
    public final synchronized long cachedPages() {
        return cached;
    }

    /**
     * The page cached at an index. Models {@code find_get_page()}.
     *
     * @param index in pages
     * @return its pfn, with one reference to it or to the head of the huge page it is part of; -1 if none is cached
     */
    public final synchronized long lookup(final long index) {
        final int slot = index >= 0 && index < slots.length ? slots[(int) index] : EMPTY;
        if (slot <= EMPTY) {
            return -1;
        }
        PageRef.get(memMap.head(memMap.page(slot)), 1);
        return slot;
    }

    /**
     * Whether a page is the one cached at an index, which stays so while it is locked. Models the test of
     * {@code page->mapping}.
     *
     * @param index in pages
     * @param pfn a page
     * @return true if it is
     */
    public final synchronized boolean isCached(final long index, final long pfn) {
        return slots[(int) index] == pfn;
    }

    /**
     * Brings the page at an index into the cache, up to date, unless it is there. Models {@code read_cache_page()},
     * {@code shmem_getpage()}.
     *
     * @param task who wants it
     * @param index in pages, below {@link #pages}
     * @return its pfn, with one reference as {@link #lookup} gives it; -1 without memory
     */
    public final long fill(final Task task, final long index) {
        if (index < 0 || index >= pages) {
            throw new IllegalArgumentException("beyond the end of " + name + ": index=" + index + ", pages=" + pages);
        }
        while (true) {
            final long found = lookup(index);
            if (found >= 0) {
                return found;
            }
            final long pfn = fillMissing(task, index);
            if (pfn != AGAIN) {
                return pfn;
            }
        }
    }

    /** What {@link #fillMissing} answers if another page came first. */
    static final long AGAIN = -2;

    /** Allocates and fills a page for an empty slot: its pfn with a reference, -1 without memory, or {@link #AGAIN}. */
    abstract long fillMissing(Task task, long index);

    /**
     * Whether bringing in the page at an index needs I/O: a major fault.
     *
     * @param index in pages
     * @return true if its contents are on disk, or in swap
     */
    public abstract boolean needsRead(long index);

    /**
     * The file hears of the first write to a page through a mapping. Models {@code page_mkwrite}.
     *
     * @param task who writes
     * @param pfn a cached page, locked by the caller
     */
    public abstract void prepareWrite(Task task, long pfn);

    /**
     * Writes eight bytes at the start of a page. Models {@code write(2)}.
     *
     * @param task who writes
     * @param index the page, below {@link #pages}
     * @param value the bytes, little endian
     * @throws IllegalStateException without memory for the page
     */
    public final void write(final Task task, final long index, final long value) {
        write(task, index, 0, value);
    }

    /**
     * Writes eight bytes. Models {@code write(2)}: the page is dirty, and used as the file system says.
     *
     * @param task who writes
     * @param index the page, below {@link #pages}
     * @param offset within the page, a multiple of 8
     * @param value the bytes, little endian
     * @throws IllegalStateException without memory for the page
     */
    public final void write(final Task task, final long index, final int offset, final long value) {
        final long pfn = lockFilled(task, index);
        final long head = memMap.head(memMap.page(pfn));
        memory.frames().putLong(pfn, offset, value);
        prepareWrite(task, pfn);
        written(task, memMap.pfn(head));
        PageDescriptor.setFlags(head, PG_DIRTY);
        PageLock.unlock(head);
        memMap.put(task, head, 1);
    }

    /** A locked page was written to by write(2). */
    void written(final Task task, final long headPfn) {}

    /**
     * Reads eight bytes at the start of a page, which is brought in. Models {@code read(2)}, but for the page's use.
     *
     * @param task who reads
     * @param index the page, below {@link #pages}
     * @return the bytes, little endian
     * @throws IllegalStateException without memory for the page
     */
    public final long read(final Task task, final long index) {
        final long pfn = lockFilled(task, index);
        final long head = memMap.head(memMap.page(pfn));
        final long value = memory.frames().getLong(pfn, 0);
        PageLock.unlock(head);
        memMap.put(task, head, 1);
        return value;
    }

    /** The page at an index, brought in, locked, with a reference. Models {@code find_lock_page()}. */
    final long lockFilled(final Task task, final long index) {
        while (true) {
            final long pfn = fill(task, index);
            if (pfn < 0) {
                throw new IllegalStateException("no memory for a page of " + name + ": index=" + index);
            }
            final long head = memMap.head(memMap.page(pfn));
            PageLock.lock(head, memory.await());
            if (isCached(index, pfn)) {
                return pfn;
            }
            PageLock.unlock(head);
            memMap.put(task, head, 1);
        }
    }

    final PhysicalMemory memory() {
        return memory;
    }

    final MemMap memMap() {
        return memMap;
    }

    /** What is in a slot. */
    final synchronized int slot(final long index) {
        return slots[(int) index];
    }

    /**
     * Puts a fresh page, with the caller's references, into slots that hold what is expected: it gets the cache's references.
     * False, nothing done, if one differs. Models {@code add_to_page_cache_locked()}.
     */
    final synchronized boolean insert(final long firstIndex, final int nr, final long headPfn, final int expected) {
        for (int i = 0; i < nr; i++) {
            if (slots[(int) firstIndex + i] != expected) {
                return false;
            }
        }
        final long cold = memMap.cold(headPfn);
        PageDescriptor.coldLong(cold, MAPPING_OFFSET, owner);
        PageDescriptor.coldLong(cold, INDEX_OFFSET, firstIndex);
        PageRef.get(memMap.page(headPfn), nr);
        for (int i = 0; i < nr; i++) {
            slots[(int) firstIndex + i] = (int) headPfn + i;
        }
        cached += nr;
        return true;
    }

    /**
     * Takes a base page out of its slot if it has exactly the references expected, the cache's among them; what is left there
     * is the subclass's. The caller has it locked, and keeps its own reference. Models {@code __remove_mapping()}.
     */
    final boolean remove(
            final Task task, final long index, final long pfn, final int expectedReferences, final int replacement) {
        final long page = memMap.page(pfn);
        synchronized (this) {
            if (slots[(int) index] != pfn || !PageRef.freeze(page, expectedReferences)) {
                return false;
            }
            slots[(int) index] = replacement;
            cached--;
            final int held = dropPrivate(page) ? 2 : 1;
            PageDescriptor.coldLong(memMap.cold(pfn), MAPPING_OFFSET, 0);
            PageRef.unfreeze(page, expectedReferences - held);
        }
        return true;
    }

    private static boolean dropPrivate(final long page) {
        return (PageDescriptor.clearFlags(page, PG_PRIVATE) & PG_PRIVATE) != 0;
    }

    /**
     * References of the cache to a page. Models {@code expected_page_refs()} less mappings.
     *
     * @param headPfn a cached page
     * @return one for each base page, and one for PG_private
     */
    final int cacheReferences(final long headPfn) {
        return (1 << memMap.compoundOrder(headPfn))
                + ((PageDescriptor.flagsVolatile(memMap.page(headPfn)) & PG_PRIVATE) == 0 ? 0 : 1);
    }

    /** {@inheritDoc} PG_private and its reference move too, and so do {@code mapping}, {@code index} and PG_dirty. */
    @Override
    public final synchronized boolean replace(
            final Task task, final long index, final long oldPfn, final long newPfn, final int expectedReferences) {
        final long oldPage = memMap.page(oldPfn);
        final int nr = 1 << memMap.compoundOrder(oldPfn);
        if (slots[(int) index] != oldPfn || !PageRef.freeze(oldPage, expectedReferences)) {
            return false;
        }
        final long newPage = memMap.page(newPfn);
        final int held = cacheReferences(oldPfn);
        moveIdentity(memMap, oldPfn, newPfn);
        PageRef.get(newPage, held);
        for (int i = 0; i < nr; i++) {
            slots[(int) index + i] = (int) newPfn + i;
        }
        PageRef.unfreeze(oldPage, expectedReferences - held);
        return true;
    }

    /** Gives a page that takes another's place what says whose it is. Both are locked, the old one is frozen. */
    static void moveIdentity(final MemMap memMap, final long oldPfn, final long newPfn) {
        final int moved = PG_PRIVATE | PG_DIRTY;
        final int copied = PG_SWAPBACKED | PG_UPTODATE | PG_HUGETLB;
        final int flags = PageDescriptor.clearFlags(memMap.page(oldPfn), moved);
        PageDescriptor.setFlags(memMap.page(newPfn), flags & (moved | copied));
        final long oldCold = memMap.cold(oldPfn);
        final long newCold = memMap.cold(newPfn);
        PageDescriptor.coldLong(newCold, MAPPING_OFFSET, PageDescriptor.coldLong(oldCold, MAPPING_OFFSET));
        PageDescriptor.coldLong(newCold, INDEX_OFFSET, PageDescriptor.coldLong(oldCold, INDEX_OFFSET));
        PageDescriptor.coldLong(newCold, PRIVATE_OFFSET, PageDescriptor.coldLong(oldCold, PRIVATE_OFFSET));
    }

    /** The file goes with its last mapping: nothing else refers to it. */
    public final void closeWithLastMapping() {
        mappings.closeWithLast();
    }

    /** One mapping more. */
    public final void countMapping() {
        mappings.add();
    }

    /**
     * One mapping less.
     *
     * @return whether the caller has to close the file now
     */
    public final boolean uncountMapping() {
        return mappings.remove();
    }

    /**
     * Drops every page from the cache. Pages that somebody else has references to stay until those are given back, without a
     * file. Nothing maps the file any more. Closing again does nothing. Models {@code truncate_inode_pages_final()}.
     *
     * @param task who closes
     * @throws IllegalStateException if a page is still mapped; then nothing has changed
     */
    public final void close(final Task task) {
        synchronized (this) {
            if (closed) {
                return;
            }
            checkUnmapped();
            closed = true;
        }
        for (int index = 0; index < slots.length; index++) {
            final int slot;
            synchronized (this) {
                slot = slots[index];
                slots[index] = EMPTY;
            }
            if (slot > EMPTY) {
                drop(task, memMap.head(memMap.page(slot)));
            } else if (slot < EMPTY) {
                dropOther(task, slot);
            }
        }
    }

    private void drop(final Task task, final long head) {
        PageLock.lock(head, memory.await());
        final boolean hadPrivate = dropPrivate(head);
        PageDescriptor.clearFlags(head, PG_DIRTY);
        PageDescriptor.coldLong(memMap.cold(memMap.pfn(head)), MAPPING_OFFSET, 0);
        PageLock.unlock(head);
        synchronized (this) {
            cached--;
        }
        memMap.put(task, head, hadPrivate ? 2 : 1);
    }

    /** A slot with what a subclass keeps there has been emptied. */
    void dropOther(final Task task, final int slot) {}

    private void checkUnmapped() {
        for (final int slot : slots) {
            if (slot > EMPTY
                    && (memMap.pteMapcount(slot) != 0
                            || memMap.compoundMapcount(memMap.pfn(memMap.head(memMap.page(slot)))) != 0)) {
                throw new IllegalStateException("still mapped: " + name + ", pfn=" + slot);
            }
        }
    }

    /** As {@link #close(Task)}, for a task that is made for it. */
    @Override
    public final void close() {
        final Task reaper = memory.newTask(0);
        try {
            close(reaper);
        } finally {
            memory.exitTask(reaper);
        }
    }

    @Override
    public final String toString() {
        return name + "[" + pages + " pages]";
    }
}
