package org.gup.rmap;

import static org.gup.page.PageDescriptor.INDEX_OFFSET;
import static org.gup.page.PageDescriptor.MAPPING_OFFSET;
import static org.gup.pgtable.PageTableGeometry.PAGE_SHIFT;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.collections.Long2ObjectHashMap;
import org.gup.offheap.Await;
import org.gup.offheap.Region;
import org.gup.offheap.RwSem;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageSlots;
import org.gup.pgtable.TablePages;
import org.gup.task.Task;
import org.gup.tlb.TlbSync;
import org.gup.tlb.WalkerEpoch;
import org.jspecify.annotations.Nullable;

/**
 * Which entries map a page. Models mm/rmap.c, v5.2: {@code rmap_walk()} and what is done to each entry found.
 *
 * <p>A page says who owns it ({@code mapping}) and at which index; the owner says which address spaces may map it; each of
 * these ({@link RmapTarget}) says where. An owner is anonymous memory that was one mapping once, or a file.
 *
 * <p>Locks, in the order they are taken: mmap_sem, page lock, the rmap lock, page-table locks. One rmap lock stands for
 * {@code i_mmap_rwsem} and {@code anon_vma->rwsem} of all. Walks here take it for read; {@link #lockWrite} is for who changes
 * what a target answers, moves entries, or frees tables. So while a walk is under way every table that it can reach stays;
 * entries change under their own locks, and are looked at again there.
 *
 * <p>Order: an entry is cleared by an atomic exchange, flushed, and only then is its mapping's reference dropped; whoever
 * compares the page's count afterwards sees every fast walk that took a reference by the entry.
 *
 * <p>Progress: blocking. The walks allocate nothing.
 */
public final class Rmap implements AutoCloseable {
    private static final int WORDS_LENGTH = 128;

    private final MemMap memMap;
    private final Await await;
    private final Region words;
    private final long sem;
    private final RmapEntries entries;
    private final AtomicLong lastOwner = new AtomicLong();
    /** Changed under the lock for write, read under it for read. */
    private final Long2ObjectHashMap<Owner> owners = new Long2ObjectHashMap<>();
    /** One that nobody is, for the next: a mapping's first page, after another mapping has gone, allocates nothing. */
    private @Nullable Owner spare;

    /** Who owns pages, and the address spaces that may map them, the oldest first. */
    private static final class Owner {
        final @Nullable PageSlots slots;

        @Nullable
        RmapTarget[] targets = new @Nullable RmapTarget[2];

        int count;

        Owner(final @Nullable PageSlots slots) {
            this.slots = slots;
        }

        int indexOf(final RmapTarget target) {
            for (int i = 0; i < count; i++) {
                if (targets[i] == target) {
                    return i;
                }
            }
            return -1;
        }

        void add(final RmapTarget target) {
            if (count == targets.length) {
                targets = Arrays.copyOf(targets, 2 * count);
            }
            targets[count++] = target;
        }

        void removeAt(final int index) {
            System.arraycopy(targets, index + 1, targets, index, count - index - 1);
            targets[--count] = null;
        }
    }

    /**
     * Nothing is mapped yet.
     *
     * @param memMap where the pages are
     * @param tables where the page tables are
     * @param epoch the walkers that a flush may have to wait for
     * @param await what waits do
     * @param sync which flushes wait
     * @param zeroPfn the zero page, which has no owner
     */
    public Rmap(
            final MemMap memMap,
            final TablePages tables,
            final WalkerEpoch epoch,
            final Await await,
            final TlbSync sync,
            final long zeroPfn) {
        this.memMap = memMap;
        this.await = await;
        this.words = Region.allocate("rmap lock", WORDS_LENGTH);
        this.sem = words.address();
        this.entries = new RmapEntries(memMap, tables, epoch, await, sync, zeroPfn);
    }

    /**
     * A new owner of pages.
     *
     * @param slots where a file's pages are found by index; null for anonymous memory
     * @return its id, positive: what {@code mapping} of its pages says
     */
    public long newOwner(final @Nullable PageSlots slots) {
        final long id = lastOwner.incrementAndGet();
        if (slots != null) {
            lockWrite();
            try {
                owners.put(id, new Owner(slots));
            } finally {
                unlockWrite();
            }
        }
        return id;
    }

    /**
     * Where a file's pages are found.
     *
     * @param owner what {@code mapping} of a page says, or 0
     * @return the file's slots; null for anonymous memory, or for none
     */
    public @Nullable PageSlots slots(final long owner) {
        lockRead();
        try {
            final Owner found = owners.get(owner);
            return found == null ? null : found.slots;
        } finally {
            unlockRead();
        }
    }

    /**
     * An address space may map an owner's pages from now on. It comes after those that are there, so a child of fork after its
     * parent. Waits for walks under way. Does nothing if it is there already.
     *
     * @param task who attaches it
     * @param owner the owner
     * @param target the address space
     */
    public void attach(final Task task, final long owner, final RmapTarget target) {
        lockWrite();
        try {
            Owner found = owners.get(owner);
            if (found == null) {
                found = spare != null ? spare : new Owner(null);
                spare = null;
                owners.put(owner, found);
            }
            if (found.indexOf(target) < 0) {
                found.add(target);
            }
        } finally {
            unlockWrite();
        }
    }

    /**
     * An address space maps no page of an owner any more. Waits for walks under way.
     *
     * @param task who detaches it
     * @param owner the owner
     * @param target the address space
     */
    public void detach(final Task task, final long owner, final RmapTarget target) {
        lockWrite();
        try {
            final Owner found = owners.get(owner);
            final int index = found == null ? -1 : found.indexOf(target);
            if (found != null && index >= 0) {
                found.removeAt(index);
                if (found.count == 0 && found.slots == null) {
                    owners.remove(owner);
                    spare = found;
                }
            }
        } finally {
            unlockWrite();
        }
    }

    /** Keeps what targets answer, and their tables, as they are. After mmap_sem and page locks. Does not nest. */
    public void lockRead() {
        RwSem.downRead(sem, await);
    }

    /** Ends {@link #lockRead}. */
    public void unlockRead() {
        RwSem.upRead(sem);
    }

    /**
     * Taken by who changes what {@link RmapTarget} answers, moves entries to other addresses, or frees tables. After mmap_sem
     * and page locks, before page-table locks. Does not nest.
     */
    public void lockWrite() {
        RwSem.downWrite(sem, await);
    }

    /** Ends {@link #lockWrite}. */
    public void unlockWrite() {
        RwSem.upWrite(sem);
    }

    /**
     * Replaces every mapping of a page by a migration entry. Models {@code try_to_unmap()} with {@code TTU_MIGRATION},
     * {@code TTU_IGNORE_MLOCK} and {@code TTU_IGNORE_ACCESS}.
     *
     * <p>For each: the entry is cleared and flushed, its dirty bit goes to the page, a migration entry takes its place (for
     * writing if it was writable), the map count and the reference go down by one. Works for base pages, huge pages mapped by
     * PMDs or PTEs, and hugetlb pages.
     *
     * @param task who migrates
     * @param headPfn a base page, or a head; locked by the caller, who has a reference
     * @return true if nothing maps it now
     */
    public boolean tryToUnmapForMigration(final Task task, final long headPfn) {
        walk(task, RmapEntries.MIGRATE, headPfn, headPfn, 0);
        return memMap.totalMapcount(headPfn) == 0;
    }

    /**
     * Replaces every mapping of a page by an entry of another kind. Models {@code try_to_unmap()} for reclaim and for memory
     * failure. Mappings that lock their pages into memory are spared, unless the entry is for poisoned memory.
     *
     * @param task who unmaps
     * @param pfn a base page or the head of a hugetlb page; locked by the caller, who has a reference
     * @param entry in swap format; 0 to leave nothing behind, as reclaim does with file pages
     * @return true if nothing maps it now
     */
    public boolean tryToUnmapTo(final Task task, final long pfn, final long entry) {
        walk(task, RmapEntries.REPLACE, pfn, pfn, entry);
        return memMap.totalMapcount(pfn) == 0;
    }

    /**
     * Replaces a page's migration entries by mappings: of the page it was moved to, or of itself. Models
     * {@code remove_migration_ptes()}.
     *
     * <p>Each mapping is one reference and one map count more for the new page. It is writable if the migration entry was for
     * writing and the mapping still permits it; neither used nor dirty, as in 5.2: the page is, if it was.
     *
     * @param task who migrates
     * @param oldHeadPfn the page that the entries name; locked by the caller
     * @param newHeadPfn the page to be mapped, which has the old one's {@code mapping} and {@code index}; locked by the caller
     */
    public void removeMigrationPtes(final Task task, final long oldHeadPfn, final long newHeadPfn) {
        walk(task, RmapEntries.RESTORE, newHeadPfn, oldHeadPfn, newHeadPfn);
    }

    /**
     * Turns the migration entries that name a whole huge page into tables of entries that name its base pages. Nothing maps the
     * page. Models the part of {@code __split_huge_pmd()} that does so.
     *
     * @param task who splits
     * @param headPfn a transparent huge page; locked by the caller
     */
    public void splitMigrationPmds(final Task task, final long headPfn) {
        walk(task, RmapEntries.SPLIT, headPfn, headPfn, 0);
    }

    /**
     * Whether a mapping that locks its pages into memory maps a page. Models {@code try_to_munlock()}.
     *
     * @param task who asks
     * @param pfn a base page; locked by the caller
     * @return true if one does
     */
    public boolean isMappedLocked(final Task task, final long pfn) {
        return walk(task, RmapEntries.FIND_LOCKED, pfn, pfn, 0);
    }

    /**
     * Does something to every entry that may map a page.
     *
     * @param identityPfn the page whose {@code mapping} and {@code index} say where to look
     * @param pfn the page that entries name
     * @return true if the walk was ended early, having found what it was for
     */
    private boolean walk(
            final Task task, final int operation, final long identityPfn, final long pfn, final long argument) {
        final long cold = memMap.cold(identityPfn);
        final long id = PageDescriptor.coldLong(cold, MAPPING_OFFSET);
        final long index = PageDescriptor.coldLong(cold, INDEX_OFFSET);
        final long nrPages = 1L << memMap.compoundOrder(identityPfn);
        lockRead();
        try {
            final Owner owner = owners.get(id);
            if (owner == null) {
                return false;
            }
            for (int i = 0; i < owner.count; i++) {
                final RmapTarget target = Objects.requireNonNull(owner.targets[i]);
                long from = 0;
                for (long address = target.firstMapped(id, index, nrPages, from);
                        address >= 0;
                        address = target.firstMapped(id, index, nrPages, from)) {
                    final long pagesLeft = index + nrPages - target.mappedIndex(id, address);
                    final long end = Math.min(target.mappedEnd(address), address + (pagesLeft << PAGE_SHIFT));
                    if (entries.forRange(task, operation, target, address, end, pfn, nrPages, argument)) {
                        return true;
                    }
                    from = end;
                }
            }
            return false;
        } finally {
            unlockRead();
        }
    }

    /** Gives the lock's memory back. */
    @Override
    public void close() {
        words.close();
    }
}
