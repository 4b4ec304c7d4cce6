package org.gup.mm;

import static org.gup.flags.VmFault.FAULT_FLAG_ALLOW_RETRY;
import static org.gup.flags.VmFault.FAULT_FLAG_KILLABLE;
import static org.gup.flags.VmFault.FAULT_FLAG_RETRY_NOWAIT;
import static org.gup.flags.VmFault.FAULT_FLAG_WRITE;
import static org.gup.flags.VmFault.VM_FAULT_HWPOISON;
import static org.gup.flags.VmFault.VM_FAULT_MAJOR;
import static org.gup.flags.VmFault.VM_FAULT_OOM;
import static org.gup.flags.VmFault.VM_FAULT_RETRY;
import static org.gup.flags.VmFault.VM_FAULT_SIGBUS;
import static org.gup.flags.VmFault.VM_FAULT_WRITE;
import static org.gup.mm.FileMachine.BASE;
import static org.gup.mm.FileMachine.HUGE;
import static org.gup.mm.FileMachine.PAGE;
import static org.gup.mm.FileMachine.PRIVATE;
import static org.gup.mm.FileMachine.R;
import static org.gup.mm.FileMachine.RW;
import static org.gup.mm.FileMachine.SHARED;
import static org.gup.page.PageDescriptor.PG_DIRTY;
import static org.gup.page.PageDescriptor.PG_HWPOISON;
import static org.gup.page.PageDescriptor.PG_LRU;
import static org.gup.page.PageDescriptor.PG_PRIVATE;
import static org.gup.page.PageDescriptor.PG_UPTODATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.gup.file.PageCacheFile;
import org.gup.page.PageDescriptor;
import org.gup.stat.Counter;
import org.junit.jupiter.api.Test;

/** Mappings of files on a disk; entries, counts and flags as a 5.2 kernel showed them for ext4. */
class FileFaultTest {
    private static final long READ_ONLY = 0x8000000000000025L;
    private static final long WRITTEN = 0x8000000000000067L;
    private static final int CLEAN = PG_UPTODATE | PG_LRU;
    private static final int BUFFERED = CLEAN | PG_PRIVATE;

    private static PageCacheFile file(final FileMachine m, final long pages) {
        return m.own(new PageCacheFile(m.memory, "file", pages * PAGE));
    }

    /** A file whose pages were written by write(2) and are on disk. */
    private static PageCacheFile writtenFile(final FileMachine m, final long pages) {
        final PageCacheFile file = file(m, pages);
        for (long index = 0; index < pages; index++) {
            file.write(m.task, index, 100 + index);
        }
        file.sync(m.task);
        m.drain();
        return file;
    }

    @Test
    void readFaultMapsTheCachedPagesAroundReadOnly() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 24);
            m.map(BASE, 24, RW, SHARED, file);
            assertEquals(0, m.read(BASE + 3 * PAGE));
            for (int i = 0; i < 16; i++) {
                assertEquals(READ_ONLY, m.pteBits(BASE + i * PAGE), "page " + i);
                m.assertPage(BASE + i * PAGE, 3, 1, BUFFERED);
                assertEquals(100 + i, m.machine.load(BASE + i * PAGE));
            }
            assertEquals(0, m.pte(BASE + 16 * PAGE), "not of the same 64 KiB");
            assertEquals(1, m.machine.count(Counter.PGFAULT));
            assertEquals(0xfb, m.machine.vma(BASE).flags());
        }
    }

    @Test
    void faultAroundStaysInsideTheMappingAndTheFile() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 6);
            assertEquals(
                    BASE + 5 * PAGE,
                    m.mm.mmapFile(m.task, BASE + 5 * PAGE, 8 * PAGE, R, SHARED | Mman.MAP_FIXED, file, 2));
            assertEquals(0, m.read(BASE + 6 * PAGE));
            assertEquals(102, m.machine.load(BASE + 5 * PAGE));
            assertEquals(105, m.machine.load(BASE + 8 * PAGE));
            assertEquals(0, m.pte(BASE + 9 * PAGE), "beyond the file");
            assertEquals(0, m.pte(BASE + 4 * PAGE), "before the mapping");
            assertEquals(VM_FAULT_SIGBUS, m.read(BASE + 9 * PAGE));
            assertEquals(4, file.cachedPages() - 2);
        }
    }

    @Test
    void sharedWriteAnnouncesItself() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 4);
            m.map(BASE, 4, RW, SHARED, file);
            assertEquals(0, m.write(BASE));
            assertEquals(WRITTEN, m.pteBits(BASE));
            m.assertPage(BASE, 3, 1, BUFFERED | PG_DIRTY);
            m.read(BASE + PAGE);
            assertEquals(READ_ONLY, m.pteBits(BASE + PAGE));
            assertEquals(VM_FAULT_WRITE, m.write(BASE + PAGE));
            assertEquals(WRITTEN, m.pteBits(BASE + PAGE));
            m.assertPage(BASE + PAGE, 3, 1, BUFFERED | PG_DIRTY);
            m.machine.store(BASE + PAGE, 4711);
            assertEquals(4711, file.read(m.task, 1));
            assertEquals(101, file.readDisk(1));
            file.sync(m.task);
            assertEquals(4711, file.readDisk(1));
            m.assertPage(BASE + PAGE, 3, 1, BUFFERED);
        }
    }

    @Test
    void pageThatWasOnlyReadGetsBuffersWithItsFirstWrite() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = file(m, 4);
            m.map(BASE, 4, RW, SHARED, file);
            assertEquals(VM_FAULT_MAJOR, m.read(BASE));
            m.drain();
            m.assertPage(BASE, 2, 1, CLEAN);
            assertEquals(VM_FAULT_WRITE, m.write(BASE));
            m.assertPage(BASE, 3, 1, BUFFERED | PG_DIRTY);
        }
    }

    @Test
    void privateWriteCopiesAndLeavesTheFileAlone() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 4);
            m.map(BASE, 4, RW, PRIVATE, file);
            assertEquals(0x100073, m.machine.vma(BASE).flags());
            assertEquals(0, m.write(BASE));
            m.read(BASE + PAGE);
            assertEquals(READ_ONLY, m.pteBits(BASE + PAGE));
            final long shared = m.pfn(BASE + PAGE);
            assertEquals(VM_FAULT_WRITE, m.write(BASE + PAGE));
            m.drain();
            for (int i = 0; i < 2; i++) {
                assertEquals(WRITTEN, m.pteBits(BASE + i * PAGE));
                m.assertPage(
                        BASE + i * PAGE,
                        1,
                        1,
                        PageDescriptor.PG_ANON
                                | PageDescriptor.PG_SWAPBACKED
                                | PageDescriptor.PG_ACTIVE
                                | PG_UPTODATE
                                | PG_LRU);
                assertEquals(100 + i, m.machine.load(BASE + i * PAGE));
            }
            assertNotEquals(shared, m.pfn(BASE + PAGE));
            assertEquals(0, m.machine.mapcount(shared));
            assertEquals(2, m.machine.refcount(shared), "cache and buffers");
            m.machine.store(BASE, 9);
            assertEquals(100, file.read(m.task, 0));
        }
    }

    @Test
    void coldPageIsAMajorFault() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 8);
            file.readahead(false);
            assertTrue(file.makeCold(m.task, 3));
            assertEquals(7, file.cachedPages());
            m.map(BASE, 8, RW, SHARED, file);
            m.read(BASE);
            assertEquals(0, m.pte(BASE + 3 * PAGE));
            assertEquals(0, m.machine.count(Counter.PGMAJFAULT));
            assertEquals(VM_FAULT_MAJOR, m.read(BASE + 3 * PAGE));
            assertEquals(1, m.machine.count(Counter.PGMAJFAULT));
            assertEquals(103, m.machine.load(BASE + 3 * PAGE));
            m.drain();
            m.assertPage(BASE + 3 * PAGE, 2, 1, CLEAN);
        }
    }

    @Test
    void coldPageWithRetryGivesTheSemaphoreBack() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 4);
            assertTrue(file.makeCold(m.task, 2));
            m.map(BASE, 4, RW, SHARED, file);
            m.mm.mmapReadLock(m.task);
            final int result = m.mm.handleMmFault(m.task, m.machine.vma(BASE), BASE + 2 * PAGE, FAULT_FLAG_ALLOW_RETRY);
            assertEquals(VM_FAULT_MAJOR | VM_FAULT_RETRY, result);
            assertFalse(m.mm.isMmapLocked());
            assertEquals(0, m.pte(BASE + 2 * PAGE));
            assertEquals(0, m.read(BASE + 2 * PAGE), "in the cache by now");
            assertEquals(1, m.machine.count(Counter.PGMAJFAULT));
        }
    }

    @Test
    void coldPageWithoutWaitingKeepsTheSemaphore() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 4);
            assertTrue(file.makeCold(m.task, 2));
            m.map(BASE, 4, RW, SHARED, file);
            assertEquals(
                    VM_FAULT_MAJOR | VM_FAULT_RETRY,
                    m.machine.fault(BASE + 2 * PAGE, FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT));
            file.readahead(false);
            m.unmap(BASE, 4);
            m.map(BASE, 4, RW, SHARED, file);
            assertTrue(file.makeCold(m.task, 3));
            assertEquals(
                    VM_FAULT_MAJOR,
                    m.machine.fault(BASE + 3 * PAGE, FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT),
                    "without readahead it is read all the same");
        }
    }

    @Test
    void readaheadBringsTheNeighboursIn() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = file(m, 64);
            m.map(BASE, 64, R, SHARED, file);
            m.mm.mmapReadLock(m.task);
            assertEquals(
                    VM_FAULT_MAJOR | VM_FAULT_RETRY,
                    m.mm.handleMmFault(m.task, m.machine.vma(BASE), BASE + 40 * PAGE, FAULT_FLAG_ALLOW_RETRY));
            assertEquals(32, file.cachedPages());
            assertEquals(-1, file.lookup(23));
            assertTrue(file.fill(m.task, 24) >= 0);
            assertEquals(32, file.cachedPages(), "24 was there");
            m.machine.put(file.lookup(24));
            m.machine.put(file.lookup(24));
            final long pfn = file.lookup(24);
            m.machine.put(pfn);
            m.machine.put(pfn);
        }
    }

    @Test
    void lockedPageIsWaitedForOnlyIfThatIsAllowed() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 1);
            m.map(BASE, 1, RW, SHARED, file);
            final long pfn = file.lookup(0);
            m.lockPage(pfn);
            assertEquals(VM_FAULT_RETRY, m.machine.fault(BASE, FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_RETRY_NOWAIT));
            m.task.sendSigkill();
            m.mm.mmapReadLock(m.task);
            assertEquals(
                    VM_FAULT_RETRY,
                    m.mm.handleMmFault(
                            m.task,
                            m.machine.vma(BASE),
                            BASE,
                            FAULT_FLAG_WRITE | FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE));
            assertFalse(m.mm.isMmapLocked());
            m.task.clearSignals();
            assertEquals(3, m.machine.refcount(pfn), "cache, buffers, this test");
            m.unlockPage(pfn);
            m.machine.put(pfn);
            assertEquals(0, m.read(BASE));
        }
    }

    @Test
    void poisonedPageIsNotMapped() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 2);
            m.map(BASE, 2, RW, SHARED, file);
            final long pfn = file.lookup(1);
            PageDescriptor.setFlags(m.memory.memMap().page(pfn), PG_HWPOISON);
            assertEquals(0, m.read(BASE));
            assertEquals(0, m.pte(BASE + PAGE));
            assertEquals(VM_FAULT_HWPOISON, m.read(BASE + PAGE));
            assertEquals(VM_FAULT_HWPOISON, m.write(BASE + PAGE));
            PageDescriptor.clearFlags(m.memory.memMap().page(pfn), PG_HWPOISON);
            m.machine.put(pfn);
        }
    }

    @Test
    void withoutMemoryTheFaultSaysSo() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = file(m, 2);
            m.map(BASE, 2, RW, SHARED, file);
            final List<Long> taken = m.machine.takeAllMemory();
            assertEquals(VM_FAULT_OOM, m.read(BASE));
            for (final long pfn : taken) {
                m.machine.put(pfn);
            }
            assertEquals(VM_FAULT_MAJOR, m.read(BASE));
        }
    }

    @Test
    void pageUnderWritebackStaysCachedAndIsCleanAfterwards() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = file(m, 1);
            file.write(m.task, 0, 5);
            file.startWriteback(m.task, 0);
            m.drain();
            final long pfn = file.lookup(0);
            m.machine.put(pfn);
            assertEquals(BUFFERED | PageDescriptor.PG_WRITEBACK, m.machine.flags(pfn));
            assertFalse(file.makeCold(m.task, 0));
            file.endWriteback(m.task, 0);
            assertEquals(BUFFERED, m.machine.flags(pfn));
            assertEquals(5, file.readDisk(0));
            assertTrue(file.makeCold(m.task, 0));
            assertEquals(0, m.machine.refcount(pfn));
            assertEquals(5, file.read(m.task, 0));
        }
    }

    @Test
    void mappedOrHeldPageIsNotDropped() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 2);
            m.map(BASE, 1, R, SHARED, file);
            m.read(BASE);
            assertFalse(file.makeCold(m.task, 0), "mapped");
            assertThrows(IllegalStateException.class, () -> file.close(m.task));
            final long pfn = file.lookup(1);
            assertFalse(file.makeCold(m.task, 1), "held");
            m.machine.put(pfn);
            assertTrue(file.makeCold(m.task, 1));
        }
    }

    @Test
    void heldPageOutlivesItsFile() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 1);
            final long pfn = file.lookup(0);
            file.close(m.task);
            assertEquals(1, m.machine.refcount(pfn));
            assertEquals(100, m.memory.frames().getLong(pfn, 0));
            assertEquals(0, PageDescriptor.coldLong(m.memory.memMap().cold(pfn), PageDescriptor.MAPPING_OFFSET));
            m.machine.put(pfn);
        }
    }

    @Test
    void replaceMovesThePageWithItsBuffersAtTheExpectedCountOnly() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = file(m, 1);
            file.write(m.task, 0, 5);
            m.drain();
            final long oldPfn = file.lookup(0);
            final long newPfn = m.memory.allocPages(m.task, 1, 0);
            assertFalse(file.replace(m.task, 0, oldPfn, newPfn, 2));
            assertEquals(3, m.machine.refcount(oldPfn));
            assertTrue(file.replace(m.task, 0, oldPfn, newPfn, 3));
            assertEquals(1, m.machine.refcount(oldPfn));
            assertEquals(3, m.machine.refcount(newPfn), "allocation, cache, buffers");
            assertEquals(PG_PRIVATE | PG_DIRTY | PG_UPTODATE, m.machine.flags(newPfn));
            assertEquals(0, m.machine.flags(oldPfn) & (PG_PRIVATE | PG_DIRTY));
            assertEquals(newPfn, file.lookup(0));
            m.machine.put(newPfn);
            m.machine.put(newPfn);
            m.machine.put(oldPfn);
        }
    }

    @Test
    void unmappingMovesDirtyFromTheEntryToThePage() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 1);
            m.map(BASE, 1, RW, SHARED, file);
            m.write(BASE);
            file.sync(m.task);
            m.machine.store(BASE, 77);
            m.unmap(BASE, 1);
            final long pfn = file.lookup(0);
            assertEquals(PG_DIRTY, m.machine.flags(pfn) & PG_DIRTY);
            assertEquals(3, m.machine.refcount(pfn));
            m.machine.put(pfn);
            assertEquals(0, m.machine.mapcount(pfn));
            assertTrue(file.makeCold(m.task, 0));
            assertEquals(77, file.readDisk(0));
        }
    }

    @Test
    void twoAddressSpacesSeeOnePage() {
        try (FileMachine m = FileMachine.small()) {
            final PageCacheFile file = writtenFile(m, 1);
            m.map(BASE, 1, RW, SHARED, file);
            m.map(BASE + HUGE, 1, RW, SHARED, file);
            m.write(BASE);
            m.read(BASE + HUGE);
            assertEquals(m.pfn(BASE), m.pfn(BASE + HUGE));
            m.assertPage(BASE, 4, 2, BUFFERED | PG_DIRTY);
            m.machine.store(BASE, 3);
            assertEquals(3, m.machine.load(BASE + HUGE));
        }
    }
}
