package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_KILLABLE;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_ERROR;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.flags.VmFlags.VM_SHARED;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HWPOISON;

import org.gup.file.CachedFile;
import org.gup.file.PageCacheFile;
import org.gup.page.MemMap;
import org.gup.page.PageDescriptor;
import org.gup.page.PageLock;
import org.gup.pgtable.Pte;
import org.gup.pgtable.TablePages;
import org.gup.stat.Counter;
import org.gup.task.Task;
import org.jspecify.annotations.Nullable;

/**
 * Faults on mappings of files with a page cache. Models {@code do_read_fault()}, {@code do_cow_fault()},
 * {@code do_shared_fault()} and {@code wp_page_shared()}, mm/memory.c, with {@code filemap_fault()}, mm/filemap.c, and
 * {@code shmem_fault()}, mm/shmem.c, v5.2.
 *
 * <p>A page that is on disk is a major fault. One that may be retried ends then with VM_FAULT_RETRY: with mmap_sem given back
 * and the page read; or, if it may not wait, with mmap_sem held and the read begun. Without readahead a fault that may not
 * wait reads all the same, as in the kernel. A page is mapped while it is locked and in its file.
 *
 * <p>Differs: a fault that may not wait finds the page read at its next try, since reads take no time.
 *
 * <p>Threading: mmap_sem held for read. One object serves all mappings of a kind of file.
 */
final class FileFault implements VmOperations {
    /** madvise(MADV_RANDOM): no readahead. */
    private static final long VM_RAND_READ = 0x10000;
    /** Set in what {@link #find} answers if the page had to be read. */
    private static final long MAJOR = 1L << 62;

    private static final long PFN = MAJOR - 1;

    private final boolean hearsOfWrites;

    /** Operations of a file system with or without {@code page_mkwrite}. */
    FileFault(final boolean hearsOfWrites) {
        this.hearsOfWrites = hearsOfWrites;
    }

    /** The file of a mapping that has these operations. */
    static CachedFile file(final VmArea vma) {
        final @Nullable Object file = vma.file();
        if (file instanceof CachedFile cached) {
            return cached;
        }
        throw new IllegalStateException("not a mapping of a cached file: " + vma);
    }

    @Override
    public int fault(final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final boolean write = (faultFlags & FAULT_FLAG_WRITE) != 0;
        final boolean shared = (vma.flags() & VM_SHARED) != 0;
        if (!write && FileMapping.mapAround(task, mm, vma, address)) {
            return 0;
        }
        final CachedFile file = file(vma);
        final long found = find(task, mm, vma, file, vma.pageIndex(address), faultFlags);
        if (found < 0) {
            return (int) -found;
        }
        final long pfn = found & PFN;
        final int major = (found & MAJOR) != 0 ? VM_FAULT_MAJOR : 0;
        final MemMap memMap = mm.memory().memMap();
        final long head = memMap.head(memMap.page(pfn));
        final int result;
        if (write && !shared) {
            result = mm.anonFault().cowFromPage(task, vma, address, pfn);
            task.counters().add(Counter.COW_COPIES, (result & VM_FAULT_ERROR) == 0 ? 1 : 0);
        } else {
            result = mapFound(task, mm, vma, address, file, pfn, write);
        }
        PageLock.unlock(head);
        memMap.put(task, head, 1);
        return result | major;
    }

    /** The rest of a fault that maps the file's own page, which is locked. */
    private int mapFound(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final long address,
            final CachedFile file,
            final long pfn,
            final boolean write) {
        if (write && hearsOfWrites) {
            file.prepareWrite(task, pfn);
        }
        final int result = FileMapping.map(task, mm, vma, address, pfn, write);
        if (write && (result & VM_FAULT_ERROR) == 0) {
            setDirty(mm, pfn);
        }
        return result;
    }

    /** Models {@code set_page_dirty()}. */
    private static void setDirty(final MmStruct mm, final long pfn) {
        final MemMap memMap = mm.memory().memMap();
        PageDescriptor.setFlags(memMap.head(memMap.page(pfn)), PG_DIRTY);
    }

    /**
     * The page of an index, locked and with a reference, or a negated result. Models {@code filemap_fault()}.
     */
    private static long find(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final CachedFile file,
            final long index,
            final int faultFlags) {
        final MemMap memMap = mm.memory().memMap();
        long major = 0;
        while (true) {
            if (index >= file.pages()) {
                return -VM_FAULT_SIGBUS;
            }
            long pfn = file.lookup(index);
            if (pfn < 0) {
                if (file.needsRead(index)) {
                    task.counters().add(Counter.PGMAJFAULT, major == 0 ? 1 : 0);
                    major = MAJOR;
                    if (file instanceof PageCacheFile disk && !readNow(task, mm, vma, disk, index, faultFlags)) {
                        return -(VM_FAULT_MAJOR | VM_FAULT_RETRY);
                    }
                }
                pfn = file.fill(task, index);
                if (pfn < 0) {
                    return -VM_FAULT_OOM;
                }
            }
            final long head = memMap.head(memMap.page(pfn));
            if (!lockOrDrop(task, mm, head, faultFlags)) {
                return -((major != 0 ? VM_FAULT_MAJOR : 0) | VM_FAULT_RETRY);
            }
            if (file.isCached(index, pfn)) {
                if ((PageDescriptor.flagsVolatile(head) & PG_HWPOISON) == 0) {
                    return pfn | major;
                }
                PageLock.unlock(head);
                memMap.put(task, head, 1);
                return -VM_FAULT_HWPOISON;
            }
            PageLock.unlock(head);
            memMap.put(task, head, 1);
        }
    }

    /**
     * A page must be read from disk. True if the caller is to do so with mmap_sem held; false if it was read, and the fault is
     * to be tried again: mmap_sem has been given back then, unless the fault may not wait. Models
     * {@code do_sync_mmap_readahead()} and {@code maybe_unlock_mmap_for_io()}.
     */
    private static boolean readNow(
            final Task task,
            final MmStruct mm,
            final VmArea vma,
            final PageCacheFile disk,
            final long index,
            final int faultFlags) {
        final boolean ahead = disk.hasReadahead() && (vma.flags() & VM_RAND_READ) == 0;
        final boolean mayRetry = (faultFlags & FAULT_FLAG_ALLOW_RETRY) != 0;
        final boolean mayWait = (faultFlags & FAULT_FLAG_RETRY_NOWAIT) == 0;
        if (mayRetry && mayWait) {
            // The memory stays open although mmap_sem is given back.
            mm.memory().epoch().enterCall(task);
            mm.mmapReadUnlock(task);
            try {
                read(task, mm, disk, index, ahead);
            } finally {
                mm.memory().epoch().exitCall(task);
            }
            return false;
        }
        if (ahead) {
            read(task, mm, disk, index, true);
        }
        return mayWait || !ahead;
    }

    private static void read(
            final Task task, final MmStruct mm, final PageCacheFile disk, final long index, final boolean ahead) {
        final long pfn = disk.fill(task, index);
        if (pfn >= 0) {
            mm.memory().memMap().put(task, mm.memory().memMap().page(pfn), 1);
            if (ahead) {
                disk.readAround(task, index);
            }
        }
    }

    /**
     * Takes the lock of a page that the caller has a reference to. False if the fault is to be tried again: the reference is
     * gone, and so is mmap_sem, unless the fault may not wait. Models {@code lock_page_or_retry()}.
     */
    private static boolean lockOrDrop(final Task task, final MmStruct mm, final long head, final int faultFlags) {
        if (PageLock.tryLock(head)) {
            return true;
        }
        final MemMap memMap = mm.memory().memMap();
        if ((faultFlags & FAULT_FLAG_ALLOW_RETRY) == 0) {
            PageLock.lock(head, mm.memory().await());
            return true;
        }
        if ((faultFlags & FAULT_FLAG_RETRY_NOWAIT) != 0) {
            memMap.put(task, head, 1);
            return false;
        }
        mm.memory().epoch().enterCall(task);
        mm.mmapReadUnlock(task);
        final boolean killable = (faultFlags & FAULT_FLAG_KILLABLE) != 0;
        boolean locked = false;
        for (int tries = 0; !locked && !(killable && task.fatalSignalPending()); tries++) {
            locked = PageLock.tryLock(head);
            if (!locked) {
                mm.memory().await().pause(tries);
            }
        }
        if (locked) {
            PageLock.unlock(head);
        }
        memMap.put(task, head, 1);
        mm.memory().epoch().exitCall(task);
        return false;
    }

    /** {@inheritDoc} Models {@code wp_page_shared()}. */
    @Override
    public int writeProtected(
            final Task task, final MmStruct mm, final VmArea vma, final long address, final int faultFlags) {
        final PageTables pageTables = mm.pageTables();
        final long pteAddress = FileMapping.pteAddress(mm, address);
        if (pteAddress == 0) {
            return 0;
        }
        final MemMap memMap = mm.memory().memMap();
        pageTables.lock(pteAddress);
        final long pte = TablePages.entryAcquire(pteAddress);
        final long pfn = Pte.isPresent(pte) ? mm.anonPages().normalPfn(pte) : -1;
        if (pfn < 0 || Pte.isWritable(pte)) {
            pageTables.unlock(pteAddress);
            return 0;
        }
        mm.anonPages().get(pfn);
        pageTables.unlock(pteAddress);
        final long head = memMap.head(memMap.page(pfn));
        PageLock.lock(head, mm.memory().await());
        final CachedFile file = file(vma);
        final boolean current = file.isCached(vma.pageIndex(address), pfn);
        boolean made = false;
        if (current) {
            if (hearsOfWrites) {
                file.prepareWrite(task, pfn);
            }
            made = FileMapping.makeWritable(mm, vma, pteAddress, pte);
            if (made) {
                setDirty(mm, pfn);
            }
        }
        PageLock.unlock(head);
        memMap.put(task, head, 1);
        return made ? VM_FAULT_WRITE : 0;
    }
}
